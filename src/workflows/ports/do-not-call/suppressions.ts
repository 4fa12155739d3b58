import type { EditionInForce } from '../../../domain/do-not-call/registries/registry.ts'
import type { Suppression, SuppressionEpochs } from '../../../domain/do-not-call/suppression.ts'

/**
 * It is unknown whether a person is suppressed. This never counts as "not suppressed": what was to
 * be sent is not sent. `missing`: the digests of the rows of this upload, which `fillSubjects`
 * makes.
 */
export class SuppressionUnknown extends Error {
  override readonly name: string = 'SuppressionUnknown'
  readonly missing: string | null
  constructor(message: string, missing: string | null = null, cause?: unknown) {
    super(message, { cause })
    this.missing = missing
  }
}

/** A registry is too old to call these countries by, or they need one that has no edition. */
export class RegistryStale extends SuppressionUnknown {
  override readonly name = 'RegistryStale'
  /** ISO 3166-1 alpha-2, sorted. */
  readonly countries: readonly string[]
  constructor(countries: readonly string[]) {
    super(`The registries of ${countries.join()} are too old, or there is none`)
    this.countries = countries
  }
}

/** Who is suppressed for a contact list: by the entries of every tenant that is granted it. */
export type SuppressionPort = {
  /**
   * The epochs now of every tenant whose entries concern the list; empty: there are none, and
   * nobody is suppressed.
   */
  epochsOf(contactListId: string): Promise<SuppressionEpochs>
  /**
   * Which of these subjects are suppressed. `digests`: 16 bytes each, in any order, also twice. The
   * keys of the answer are digests in `latin1`. Fails rather than leaving anybody out.
   */
  suppressedAmong(contactListId: string, digests: Buffer): Promise<ReadonlyMap<string, Suppression>>
  /** Whether uploads have to say of which countries their phones are, whoever uses a registry. */
  readonly asksCountries: boolean
  /** The editions in force of the registries that a tenant uses who is granted the list. */
  editionsOf(contactListId: string): Promise<EditionInForce[]>
  /**
   * Of each of these numbers (E.164 as whole numbers, ascending) 0 where no edition has it, else
   * the place of the first one that does, counted from 1. Throws `SuppressionUnknown` where that
   * cannot be told.
   */
  numbersAmong(editions: readonly EditionInForce[], numbers: Float64Array): Promise<Uint8Array>
  /**
   * Looks the rows of a staged upload up in editions that came into force since they were looked
   * up. Throws `SuppressionUnknown`, and `RegistryStale` where they may not be called by what there
   * is.
   */
  lookAgain(uploadId: string): Promise<void>
  /**
   * Which rows of a chunk of a staged upload, not left out, entries suppress that were added since
   * the rows were looked up.
   */
  suppressedIn(uploadId: string, seq: number): Promise<ReadonlySet<number>>
  /**
   * How many rows of a staged upload, not left out, entries suppress that were added since the rows
   * were looked up.
   */
  suppressedSince(uploadId: string): Promise<number>
  /** Makes the digests of an upload's rows that were staged by a version before. */
  fillSubjects(uploadId: string): Promise<void>
}
