import { sql } from 'kysely'

import {
  progressOf,
  RATE_SPAN_SECONDS,
  RATE_STALE_SECONDS,
} from '../../domain/uploads/upload-progress.ts'
import type { UploadCounts, UploadProgress, UploadState } from '../../domain/uploads/upload.ts'

/** The columns of an upload from which its rate is computed. */
type MarkColumns = {
  mark_rows: number | null
  mark_at: Date | null
  next_mark_rows: number | null
  next_mark_at: Date | null
  settled_at: Date | null
}

const rowsAfter = (settledNow: number) =>
  sql`rows_delivered + rows_unchanged + rows_failed + rows_unprocessed + ${settledNow}::int`

/** The assignments by which the settlement of `settledNow` rows keeps the rate current. */
export const moveMarks = (settledNow: number) => {
  const stale = sql`settled_at is null or settled_at < clock_timestamp() - make_interval(secs => ${RATE_STALE_SECONDS})`
  const due = sql`next_mark_at < clock_timestamp() - make_interval(secs => ${RATE_SPAN_SECONDS})`
  const rows = rowsAfter(settledNow)
  return sql`
    mark_rows = case when ${stale} then ${rows} when ${due} then next_mark_rows else mark_rows end,
    mark_at = case when ${stale} then clock_timestamp() when ${due} then next_mark_at else mark_at end,
    next_mark_rows = case when ${stale} or ${due} then ${rows} else next_mark_rows end,
    next_mark_at = case when ${stale} or ${due} then clock_timestamp() else next_mark_at end,
    settled_at = clock_timestamp()`
}

/**
 * The progress by the marks of a row. null: the upload is not being delivered, or has no accepted
 * row (`progressOf`).
 */
export const progressOfRow = (
  row: MarkColumns & { state: UploadState },
  counts: UploadCounts,
): UploadProgress | null =>
  progressOf({
    state: row.state,
    counts,
    marks:
      row.mark_rows !== null && row.mark_at !== null && row.settled_at !== null
        ? {
            fromRows: row.mark_rows,
            fromAt: row.mark_at.toISOString(),
            lastAt: row.settled_at.toISOString(),
          }
        : null,
  })
