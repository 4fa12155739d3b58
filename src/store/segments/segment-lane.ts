import { sql, type RawBuilder } from 'kysely'

import type { CampaignSegment } from '../../domain/segments/campaign-segment.ts'
import { FenceLost } from '../../workflows/ports/delivery/delivery.ts'
import {
  SegmentReplaced,
  type SegmentClaim,
  type SegmentStep,
  type SegmentStore,
} from '../../workflows/ports/segments/segments.ts'
import { appendAudit } from '../audit/audit-store.ts'
import { createObjectLane, freeLeases } from '../delivery/object-lane.ts'
import type { Outbox } from '../endpoints/outbox.ts'
import { inTransaction, type Database, type Tx } from '../homes/database.ts'
import type { Seals } from '../homes/seals.ts'
import { SEGMENT_COLUMNS, toSegment, type SegmentRow } from './segment-row.ts'

type LaneDeps = { database: Database; outbox: Outbox; seals: Seals }

const lane = createObjectLane({
  table: 'segment_campaign',
  column: 'campaign_id',
  member: 'campaignId',
  reads: sql`latest_version`,
})

/**
 * Locks the campaign and raises its revision. No other transaction can write to its versions until
 * this transaction ends. Throws `FenceLost` if the claim has ended, and `SegmentReplaced` if there
 * is a newer version.
 */
const lockFenced = async (tx: Tx, claim: SegmentClaim, version: number): Promise<string> => {
  const { rows } = await sql<{ latest_version: number; revision: string }>`update segment_campaign
    set revision = revision + 1 where ${lane.ours(claim)} returning latest_version, revision`.execute(
    tx,
  )
  const row = rows[0]
  if (row === undefined) throw new FenceLost(`campaign ${claim.campaignId} has another holder`)
  if (row.latest_version !== version) {
    throw new SegmentReplaced(`version ${version} of campaign ${claim.campaignId} was replaced`)
  }
  return row.revision
}

/** The assignments that store a step, one for each column. */
const changesOf = (step: SegmentStep): RawBuilder<unknown>[] => {
  const json = (value: unknown) => (value === null ? null : JSON.stringify(value))
  const { state, hold, waitingFor, progress, problem, indexStatus } = step
  return [
    ...(state === undefined
      ? []
      : [
          sql`state = ${state}`,
          sql`latency_ms = least(2147483647, extract(epoch from clock_timestamp() - created_at) * 1000)::int`,
        ]),
    ...(hold === undefined
      ? []
      : [
          sql`hold_reason = ${hold?.reason ?? null}`,
          // A hold that continues for the same reason keeps the time at which it began.
          sql`held_since = ${
            hold === null
              ? sql`null`
              : sql`case when hold_reason = ${hold.reason} then held_since else clock_timestamp() end`
          }`,
        ]),
    ...(waitingFor === undefined ? [] : [sql`waiting_for = ${waitingFor}`]),
    ...(progress === undefined ? [] : [sql`progress = ${json(progress)}::jsonb`]),
    ...(problem === undefined ? [] : [sql`problem = ${json(problem)}::jsonb`]),
    ...(indexStatus === undefined ? [] : [sql`index_status = ${indexStatus}`]),
    ...(step.inForce ? [sql`applied_at = coalesce(applied_at, clock_timestamp())`] : []),
  ]
}

const createStep =
  ({ database, outbox, seals }: LaneDeps): SegmentStore['step'] =>
  (claim, version, step) =>
    inTransaction(database, async (tx) => {
      const revision = await lockFenced(tx, claim, version)
      if (step.inForce) {
        await sql`update segment_campaign set in_force_version = ${version}
          where campaign_id = ${claim.campaignId}`.execute(tx)
      }
      const changes = [
        ...changesOf(step),
        sql`revision = ${revision}::bigint`,
        sql`updated_at = clock_timestamp()`,
      ]
      const { rows } = await sql<SegmentRow>`update segment_version set ${sql.join(changes)}
        where campaign_id = ${claim.campaignId} and version = ${version}
        returning ${SEGMENT_COLUMNS}`.execute(tx)
      const segment: CampaignSegment = toSegment(seals, rows[0] as SegmentRow)
      await appendAudit(tx, step.audit ?? [])
      if (step.tell) await outbox.tell(tx, [{ type: step.tell, segment }])
      return segment
    })

const createClaim =
  ({ database: { db }, seals }: LaneDeps): SegmentStore['claim'] =>
  async (owner) => {
    const claimed = await lane.claim(db, owner)
    if (claimed === null) return null
    const { claim, row } = claimed
    const { latest_version: version } = row as { latest_version: number }
    const { rows: versions } = await sql<SegmentRow>`select ${SEGMENT_COLUMNS} from segment_version
      where campaign_id = ${claim.campaignId} and version = ${version}`.execute(db)
    return { claim, segment: toSegment(seals, versions[0] as SegmentRow) }
  }

/** The lanes of campaigns. The row of a campaign is its lane, and one worker at a time holds it. */
export const createSegmentLane = (
  deps: LaneDeps,
): Pick<SegmentStore, 'claim' | 'renew' | 'release' | 'step' | 'freeAll'> => {
  const { db } = deps.database
  return {
    claim: createClaim(deps),
    step: createStep(deps),
    renew: (claim) => lane.renew(db, claim),
    release: (claim, readyInMs) => lane.release(db, claim, readyInMs),
    freeAll: () => freeLeases(db, 'segment_campaign'),
  }
}
