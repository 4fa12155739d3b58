import type { CheckedEdition, CheckedList } from '../../../domain/proof/scrub-certificate.ts'

/**
 * The look-up of an upload's rows, as recorded. Times are ISO 8601 UTC, by the database's clock.
 */
export type ScrubCheck = {
  /** Now. */
  readAt: string
  startedAt: string
  endedAt: string
  /** The last try of a request with rows of it. null: there was none. */
  lastTriedAt: string | null
  /** A registry is in use, no look at registries was ever made, and nothing was sent. */
  isOutstanding: boolean
  lists: CheckedList[]
  registries: CheckedEdition[]
  countries: string[]
  /**
   * Rows kept out at intake, by what; fewer than the upload counts once rows are past their
   * retention.
   */
  suppressed: { entries: number; registries: number; withoutConsent: number }
  /** What became of accepted rows, by code. */
  results: Record<string, number>
  audit: { block: number; hash: string }
}

export type ScrubCheckStore = {
  /**
   * Of an upload that is staged; reads the tenants' submissions and the upload's chunks, so it is
   * no call for every second.
   */
  read(uploadId: string): Promise<ScrubCheck>
}
