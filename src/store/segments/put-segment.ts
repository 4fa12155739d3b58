import { sql } from 'kysely'

import {
  FIRST_PROGRESS,
  type CampaignSegment,
  type SegmentProgress,
} from '../../domain/segments/campaign-segment.ts'
import type {
  ExpectedVersions,
  NewSegment,
  SegmentStore,
} from '../../workflows/ports/segments/segments.ts'
import { appendAudit } from '../audit/audit-store.ts'
import type { Outbox } from '../endpoints/outbox.ts'
import { inTransaction, type Database, type Tx } from '../homes/database.ts'
import type { Seals } from '../homes/seals.ts'
import { answerClaim } from '../uploads/stored-answer.ts'
import {
  SEGMENT_COLUMNS,
  toSegment,
  type SegmentRow,
  type SegmentRulesAtRest,
} from './segment-row.ts'

/** Thrown to undo everything that was written. */
class Undone extends Error {
  readonly kind: 'other-version' | 'claim-lost'
  constructor(kind: Undone['kind']) {
    super(kind)
    this.kind = kind
  }
}

type PutDeps = { database: Database; outbox: Outbox; seals: Seals }

type Raised = { version: number; revision: string }

const NEWEST_WORK = sql`latest_version = segment_campaign.latest_version + 1,
  revision = segment_campaign.revision + 1, ready_at = clock_timestamp(), woken = true`

/**
 * Compares and raises the version in one statement. If two callers have seen the same version, the
 * second caller waits for the commit of the first, and then finds another version. undefined: the
 * campaign has no version, or its version is not one of `expected`.
 */
const raiseVersion = async (
  tx: Tx,
  campaignId: string,
  expected: ExpectedVersions,
): Promise<Raised | undefined> => {
  const returning = sql`returning latest_version as version, revision`
  if (expected === null) {
    const { rows } = await sql<Raised>`insert into segment_campaign
        (campaign_id, latest_version, revision, ready_at, woken) values (${campaignId}, 1, 1, clock_timestamp(), true)
      on conflict (campaign_id) do update set ${NEWEST_WORK} ${returning}`.execute(tx)
    return rows[0]
  }
  const seen = expected === 'any' ? null : [...expected]
  const { rows } = await sql<Raised>`update segment_campaign set ${NEWEST_WORK}
    where campaign_id = ${campaignId} and (${seen}::int[] is null or latest_version = any(${seen}::int[]))
    ${returning}`.execute(tx)
  return rows[0]
}

/**
 * Ends the earlier versions that have not ended. A version that was sent without a failure (it only
 * waits for its index) ends as `applied`, and stays in force until the new version is in force.
 * Every other version ends as `failed`. Endpoints get an event in both cases. Returns these
 * versions.
 */
const endEarlier = async (
  tx: Tx,
  { outbox, seals }: Pick<PutDeps, 'outbox' | 'seals'>,
  campaignId: string,
  { version, revision }: Raised,
): Promise<CampaignSegment[]> => {
  const problem = JSON.stringify({
    code: 'segment-superseded',
    detail: `The newer version ${version} was accepted before this version was applied.`,
  })
  const { rows } = await sql<SegmentRow>`update segment_version set
      state = case when progress ->> 'step' = 'sent' and progress -> 'failure' = 'null' then 'applied' else 'failed' end,
      problem = case when progress ->> 'step' = 'sent' and progress -> 'failure' = 'null' then problem else ${problem}::jsonb end,
      hold_reason = null, held_since = null, waiting_for = null, updated_at = clock_timestamp(), revision = ${revision}::bigint
    where campaign_id = ${campaignId} and version < ${version} and state in ('applying', 'index_pending', 'held')
    returning ${SEGMENT_COLUMNS}`.execute(tx)
  const ended = rows.map((row) => toSegment(seals, row))
  await outbox.tell(
    tx,
    ended.map((segment) => ({
      type: segment.state === 'applied' ? 'segment.applied' : 'segment.failed',
      segment,
    })),
  )
  return ended
}

const insertVersion = async (
  tx: Tx,
  seals: Seals,
  segment: NewSegment,
  { version, revision }: Raised,
  progress: SegmentProgress,
): Promise<SegmentRow> => {
  const { campaignId, sent, definition, house, compiled, analysis } = segment
  const rules: SegmentRulesAtRest = { sent, definition, house, compiled, analysis }
  const sealed = seals.sealSegment({ campaignId, version }, JSON.stringify(rules))
  const { rows } = await sql<SegmentRow>`insert into segment_version
      (campaign_id, version, tenant_id, state, sealed, progress, actor, request_id, revision)
    values (${campaignId}, ${version}, ${segment.tenantId}, 'applying',
      ${sealed}, ${JSON.stringify(progress)}::jsonb, ${segment.actor}, ${segment.requestId}, ${revision}::bigint)
    returning ${SEGMENT_COLUMNS}`.execute(tx)
  return rows[0] as SegmentRow
}

/**
 * Implements `SegmentStore.put`. For `other-version` and `claim-lost`, everything that was written
 * is undone.
 */
export const createPutSegment =
  ({ database, ...deps }: PutDeps): SegmentStore['put'] =>
  async (segment, { expected, kept, audit, auditOfEnd }) => {
    const { seals } = deps
    try {
      return await inTransaction(database, async (tx) => {
        const raised = await raiseVersion(tx, segment.campaignId, expected)
        if (raised === undefined) throw new Undone('other-version')
        const ended = await endEarlier(tx, deps, segment.campaignId, raised)
        const stopped = ended.map(({ progress }) => progress.stopped).find((one) => one !== null)
        const progress = { ...FIRST_PROGRESS, stopped: stopped ?? null }
        const made = toSegment(seals, await insertVersion(tx, seals, segment, raised, progress))
        const answer = kept.answerOf(made)
        // Only the call that still has the claim may write. A call whose claim was taken over must
        // not make a second version for the key.
        if (!(await answerClaim(tx, seals, kept.scope, answer))) throw new Undone('claim-lost')
        await appendAudit(tx, [...ended.map(auditOfEnd), audit(made.version)])
        return { kind: 'made', segment: made, answer }
      })
    } catch (error) {
      if (error instanceof Undone) return { kind: error.kind }
      throw error
    }
  }
