import type { EditionInForce } from '../../../domain/do-not-call/registries/registry.ts'
import type { Standing, Suppression } from '../../../domain/do-not-call/suppression.ts'

/**
 * It is unknown whether a person is suppressed. This never counts as "not suppressed": the rows are
 * not sent. `missing`: the rows of this upload have no digests yet, and `fillSubjects` makes them.
 */
export class SuppressionUnknown extends Error {
  override readonly name: string = 'SuppressionUnknown'
  readonly missing: string | null
  constructor(message: string, missing: string | null = null, cause?: unknown) {
    super(message, { cause })
    this.missing = missing
  }
}

/**
 * A registry is too old to call these countries by, or a registry that they need has no edition.
 */
export class RegistryStale extends SuppressionUnknown {
  override readonly name = 'RegistryStale'
  /** ISO 3166-1 alpha-2, sorted. */
  readonly countries: readonly string[]
  constructor(countries: readonly string[]) {
    super(`The registries of ${countries.join()} are too old, or there is none`)
    this.countries = countries
  }
}

/**
 * Answers who is suppressed for a contact list by the entries of every tenant that is granted the
 * list.
 */
export type SuppressionPort = {
  /**
   * The present epochs of every tenant whose entries concern the list, and the editions in force of
   * the registries that such a tenant uses. If there are no epochs, no entry suppresses anybody.
   * Takes one round trip.
   */
  standingOf(contactListId: string): Promise<Standing>
  /**
   * Which of these subjects are suppressed. `digests`: 16 bytes each, in any order, possibly
   * repeated. The keys of the answer are digests in `latin1`. Fails rather than leaving out a
   * person. With `standing` of the list, entries beyond its epochs may not count, and the answer
   * often needs no round trip.
   */
  suppressedAmong(
    contactListId: string,
    digests: Buffer,
    standing?: Standing,
  ): Promise<ReadonlyMap<string, Suppression>>
  /**
   * Whether uploads must record the countries of their phones, whether or not anyone uses a
   * registry.
   */
  readonly asksCountries: boolean
  /**
   * For each of these numbers (E.164 as whole numbers, ascending): 0 if no edition has it,
   * otherwise the place of the first edition that does, counted from 1. Throws `SuppressionUnknown`
   * if that cannot be answered.
   */
  numbersAmong(editions: readonly EditionInForce[], numbers: Float64Array): Promise<Uint8Array>
  /**
   * Looks the rows of a staged upload up in editions that came into force since the last look-up.
   * Throws `SuppressionUnknown`. Throws `RegistryStale` if the editions at hand do not allow the
   * calls.
   */
  lookAgain(uploadId: string): Promise<void>
  /**
   * The rows of a chunk of a staged upload that are still included and that entries added since the
   * look-up suppress.
   */
  suppressedIn(uploadId: string, seq: number): Promise<ReadonlySet<number>>
  /**
   * How many rows of a staged upload are still included although entries added since the look-up
   * suppress them.
   */
  suppressedSince(uploadId: string): Promise<number>
  /** Makes the digests of rows that an earlier version of the gateway staged. */
  fillSubjects(uploadId: string): Promise<void>
}
