import type { CheckedEdition, CheckedList } from '../../../domain/proof/scrub-certificate.ts'

/**
 * How an upload's rows were looked up in do-not-call entries and registries, as recorded. Times are
 * ISO 8601 UTC, by the database's clock.
 */
export type ScrubCheck = {
  /** The time of this reading. */
  readAt: string
  startedAt: string
  endedAt: string
  /** The last try of a request with rows of the upload. null: there was none. */
  lastTriedAt: string | null
  /**
   * Whether a registry with an edition in force is in use, but the rows have not been looked up in
   * any registry yet. If so, no row was sent.
   */
  isOutstanding: boolean
  lists: CheckedList[]
  registries: CheckedEdition[]
  countries: string[]
  /**
   * Rows that were kept out at intake, by cause. Once the rows are past their retention, these
   * numbers are smaller than the upload's counts.
   */
  suppressed: { entries: number; registries: number; withoutConsent: number }
  /** How many accepted rows have another outcome than `delivered`, by code. */
  results: Record<string, number>
  audit: { block: number; hash: string }
}

/** Reads what was recorded when the rows were checked. Does not check the rows again. */
export type ScrubCheckStore = {
  /**
   * Reads the record of an upload in the state `staged` or a later one. Do not call this often: it
   * reads all chunks of the upload, and the submissions of every tenant whose entries count for the
   * list.
   */
  read(uploadId: string): Promise<ScrubCheck>
}
