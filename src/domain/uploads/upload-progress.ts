import type { UploadCounts, UploadProgress, UploadState } from './upload.ts'

/**
 * The rate of a delivery is measured between two moments. At `fromAt`, `fromRows` rows were
 * settled. At `lastAt`, the last row was settled. Times are ISO 8601 UTC, by the database's clock.
 */
export type ProgressMarks = {
  fromRows: number
  fromAt: string
  lastAt: string
}

/**
 * After the first minute, the rate is measured over 60 to 120 seconds, or longer if batches are
 * further apart. This span is short enough for the rate to follow the pace, and long enough for a
 * steady rate.
 */
export const RATE_SPAN_SECONDS = 60
/**
 * After this time without a settled row (during a hold, a pause or an outage), the earlier rate no
 * longer predicts anything.
 */
export const RATE_STALE_SECONDS = 600

const UNDER_WAY: readonly UploadState[] = ['delivering', 'awaiting_completion']

const round = (value: number, digits: number): number => Number(value.toFixed(digits))

/**
 * Percent, rate and expected end of an upload that is being delivered. null: the upload is not
 * being delivered, or has no accepted row. The result is computed only from stored times, and not
 * from a clock. Every instance therefore gives the same answer, and the answer changes only with
 * the upload's version. The rate is measured, so it includes the effects of the pace and of other
 * lanes.
 */
export const progressOf = (upload: {
  state: UploadState
  counts: UploadCounts
  marks: ProgressMarks | null
}): UploadProgress | null => {
  const { state, counts, marks } = upload
  if (!UNDER_WAY.includes(state) || counts.accepted === 0) return null
  const settled = counts.delivered + counts.unchanged + counts.failed + counts.unprocessed
  const percent = round((settled / counts.accepted) * 100, 2)
  if (marks === null) return { percent, rowsPerSecond: null, etaAt: null }
  const lastMs = Date.parse(marks.lastAt)
  const tookMs = lastMs - Date.parse(marks.fromAt)
  const rows = settled - marks.fromRows
  if (tookMs <= 0 || rows <= 0) return { percent, rowsPerSecond: null, etaAt: null }
  const leftMs = ((counts.accepted - settled) * tookMs) / rows
  return {
    percent,
    rowsPerSecond: round((rows * 1000) / tookMs, 1),
    etaAt: new Date(lastMs + leftMs).toISOString(),
  }
}
