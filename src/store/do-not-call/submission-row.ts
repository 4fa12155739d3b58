import { sql } from 'kysely'

import type {
  DncHoldReason,
  DncKind,
  DncSource,
  DncState,
  DncSubmission,
} from '../../domain/do-not-call/dnc-submission.ts'

const COUNT_COLUMNS = [
  'read',
  'accepted',
  'rejected',
  'quarantined',
  'duplicates',
  'blank',
  'created',
  'existing',
  'updated',
  'removed',
  'not_found',
  'failed',
] as const

export type SubmissionRow = Record<(typeof COUNT_COLUMNS)[number], number> & {
  number: string
  id: string
  tenant_id: string
  dnc_list_id: string
  kind: DncKind
  state: DncState
  hold_reason: DncHoldReason | null
  held_since: Date | null
  version: number
  rejections: Record<string, number>
  notes: string[]
  source: DncSource
  columns: string[]
  created_at: Date
  updated_at: Date
  applied_at: Date | null
  problem: DncSubmission['problem']
}

export const SUBMISSION_COLUMNS = sql.raw(
  `number, id, tenant_id, dnc_list_id, kind, state, hold_reason, held_since, version, ${COUNT_COLUMNS.join(', ')},
  rejections, notes, source, columns, created_at, updated_at, applied_at, problem`,
)

/** How many accepted entries have no outcome yet. */
const pendingOf = (row: SubmissionRow): number =>
  row.accepted -
  (row.created + row.existing + row.updated + row.removed + row.not_found + row.failed)

/**
 * Makes a submission from a row. Computes `counts.pending`, which no column stores. Times become
 * ISO 8601 UTC.
 */
export const toSubmission = (row: SubmissionRow): DncSubmission => ({
  id: row.id,
  number: row.number,
  tenantId: row.tenant_id,
  dncListId: row.dnc_list_id,
  kind: row.kind,
  state: row.state,
  hold:
    row.hold_reason === null
      ? null
      : { reason: row.hold_reason, since: row.held_since!.toISOString() },
  version: row.version,
  counts: {
    ...{ read: row.read, accepted: row.accepted, rejected: row.rejected },
    ...{ quarantined: row.quarantined, duplicates: row.duplicates, blank: row.blank },
    ...{ created: row.created, existing: row.existing, updated: row.updated },
    ...{ removed: row.removed, notFound: row.not_found, failed: row.failed },
    pending: pendingOf(row),
  },
  rejections: row.rejections,
  notes: row.notes,
  source: row.source,
  columns: row.columns,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
  appliedAt: row.applied_at?.toISOString() ?? null,
  problem: row.problem,
})
