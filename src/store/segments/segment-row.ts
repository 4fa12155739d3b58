import { sql } from 'kysely'

import type { CampaignSegment } from '../../domain/segments/campaign-segment.ts'
import type { Seals } from '../homes/seals.ts'

/**
 * The parts of a version that are sealed: the definition as it was sent and as it was read, the
 * exclusions of the configuration (`house`), the compiled rules, and the findings, which quote
 * values from the definition.
 */
export type SegmentRulesAtRest = Pick<
  CampaignSegment,
  'sent' | 'definition' | 'house' | 'compiled' | 'analysis'
>

export type SegmentRow = {
  campaign_id: string
  version: number
  tenant_id: string
  state: CampaignSegment['state']
  hold_reason: NonNullable<CampaignSegment['hold']>['reason'] | null
  held_since: Date | null
  waiting_for: CampaignSegment['waitingFor']
  sealed: Buffer | null
  /**
   * Unsealed rules of a version that was stored before rules were sealed. Each start seals such
   * rules.
   */
  content: Omit<SegmentRulesAtRest, 'analysis'> | null
  analysis: CampaignSegment['analysis'] | null
  progress: CampaignSegment['progress']
  problem: CampaignSegment['problem']
  index_status: CampaignSegment['indexStatus']
  latency_ms: number | null
  actor: string
  request_id: string
  revision: string
  created_at: Date
  updated_at: Date
  applied_at: Date | null
}

export const SEGMENT_COLUMNS = sql.raw(`campaign_id, version, tenant_id, state, hold_reason,
  held_since, waiting_for, sealed, content, analysis, progress, problem, index_status, latency_ms, actor,
  request_id, revision, created_at, updated_at, applied_at`)

const rulesOf = (seals: Seals, row: SegmentRow): SegmentRulesAtRest => {
  const { campaign_id: campaignId, version, sealed } = row
  if (sealed !== null) {
    return JSON.parse(seals.openSegment({ campaignId, version }, sealed)) as SegmentRulesAtRest
  }
  return { ...row.content, analysis: row.analysis } as SegmentRulesAtRest
}

/**
 * Makes a version from a row, and opens its sealed rules. Throws if they were sealed for another
 * version or with another key.
 */
export const toSegment = (seals: Seals, row: SegmentRow): CampaignSegment => ({
  tenantId: row.tenant_id,
  campaignId: row.campaign_id,
  version: row.version,
  state: row.state,
  hold:
    row.hold_reason === null || row.held_since === null
      ? null
      : { reason: row.hold_reason, since: row.held_since.toISOString() },
  waitingFor: row.waiting_for,
  ...rulesOf(seals, row),
  progress: row.progress,
  problem: row.problem,
  indexStatus: row.index_status,
  latencyMs: row.latency_ms,
  actor: row.actor,
  requestId: row.request_id,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
  appliedAt: row.applied_at?.toISOString() ?? null,
  revision: Number(row.revision),
})
