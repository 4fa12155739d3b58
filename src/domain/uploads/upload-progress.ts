import type { UploadCounts, UploadProgress, UploadState } from './upload.ts'

/**
 * The rows settled by two instants, the later one that of the last settlement. Times in ISO 8601
 * UTC, by the database's clock.
 */
export type ProgressMarks = {
  fromRows: number
  fromAt: string
  lastAt: string
}

/**
 * The rate spans one to two of these: short enough to follow the pace, long enough to be steady.
 */
export const RATE_SPAN_SECONDS = 60
/**
 * After this long without a settlement (a hold, a pause, an outage) the rate before is meaningless.
 */
export const RATE_STALE_SECONDS = 600

const UNDER_WAY: readonly UploadState[] = ['delivering', 'awaiting_completion']

const round = (value: number, digits: number): number => Number(value.toFixed(digits))

/**
 * Percent, rate and expected end of a running upload, or null. Computed from stored times and no
 * clock, so that every instance gives the same answer and an upload's version shows whether it
 * changed. The rate is measured, so it includes the pace in force and the share of other lanes.
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
