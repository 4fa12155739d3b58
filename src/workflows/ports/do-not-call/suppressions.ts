import type { EditionInForce } from '../../../domain/do-not-call/registries/registry.ts'
import type { Standing, Suppression } from '../../../domain/do-not-call/suppression.ts'

/**
 * Thrown if it is not known whether a person is suppressed. Never treat this as "not suppressed":
 * do not send the rows. `missing`: the id of an upload whose rows have no digests yet. Call
 * `fillSubjects` for it and try again. null: another cause.
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
 * Thrown if nobody in these countries may be called, because the registry of each country is
 * missing or older than allowed.
 */
export class RegistryStale extends SuppressionUnknown {
  override readonly name = 'RegistryStale'
  /** ISO 3166-1 alpha-2, sorted. */
  readonly countries: readonly string[]
  constructor(countries: readonly string[]) {
    super(`The registries of ${countries.join()} are missing or too old`)
    this.countries = countries
  }
}

/**
 * Answers who is suppressed for a contact list. The entries of every tenant with a grant for the
 * list count.
 */
export type SuppressionPort = {
  /**
   * What to check the list's people against. Only tenants with a grant for the list count. The
   * result has the current epochs of the tenants that have entries or registries, and the editions
   * in force of the registries that these tenants use. If there are no epochs, no entry suppresses
   * anybody. Takes one round trip.
   */
  standingOf(contactListId: string): Promise<Standing>
  /**
   * Which of these people are suppressed by entries. `digests`: 16 bytes each, in any order,
   * possibly repeated. The keys of the answer are digests in `latin1`. Throws if it cannot check
   * every person. `standing`: what `standingOf` returned for the list. With it, the answer is
   * faster, often without a round trip, but may lack entries that were accepted after that reading.
   */
  suppressedAmong(
    contactListId: string,
    digests: Buffer,
    standing?: Standing,
  ): Promise<ReadonlyMap<string, Suppression>>
  /**
   * Whether the configuration requires registries. If it does, uploads must record the countries of
   * their phones even if no registry is in use.
   */
  readonly asksCountries: boolean
  /**
   * For each of these numbers (E.164 as whole numbers, ascending): 0 if no edition has the number.
   * Otherwise, the place in `editions` (from 1) of the first edition that has the number. Throws
   * `SuppressionUnknown` if the editions cannot be read.
   */
  numbersAmong(editions: readonly EditionInForce[], numbers: Float64Array): Promise<Uint8Array>
  /**
   * Looks up the rows of a staged upload in the editions that came into force since the last
   * look-up. Throws `RegistryStale` if the editions do not allow the calls, and
   * `SuppressionUnknown` if that cannot be determined.
   */
  lookAgain(uploadId: string): Promise<void>
  /**
   * The rows of a staged upload's chunk that are still to be sent, but are now suppressed. The
   * entry or edition that suppresses them is newer than their look-up. The result has their indexes
   * in the chunk.
   */
  suppressedIn(uploadId: string, seq: number): Promise<ReadonlySet<number>>
  /**
   * How many rows of a staged upload are still to be sent, but are now suppressed. The entry or
   * edition that suppresses them is newer than their look-up.
   */
  suppressedSince(uploadId: string): Promise<number>
  /** Makes the digests for rows that an earlier version of the gateway staged without them. */
  fillSubjects(uploadId: string): Promise<void>
}
