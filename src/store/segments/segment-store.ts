import { sql, type RawBuilder } from 'kysely'

import { SEGMENT_HOLDS, type CampaignSegment } from '../../domain/segments/campaign-segment.ts'
import type { SegmentStore } from '../../workflows/ports/segments/segments.ts'
import { appendAudit } from '../audit/audit-store.ts'
import type { Outbox } from '../endpoints/outbox.ts'
import { inTransaction, type Database, type Tx } from '../homes/database.ts'
import { idOfCursor, pageOfRows } from '../homes/page-cursor.ts'
import type { Seals } from '../homes/seals.ts'
import { createPutSegment } from './put-segment.ts'
import { createSegmentLane } from './segment-lane.ts'
import { SEGMENT_COLUMNS, toSegment, type SegmentRow } from './segment-row.ts'

/**
 * How many versions keep their filter, among the versions of a campaign that were ever in force:
 * the newest version and the two before it. A campaign can therefore be rolled back immediately.
 */
const KEPT_FILTERS = 3

const RESUMED = Object.entries(SEGMENT_HOLDS)
  .filter(([, ends]) => ends === 'resume')
  .map(([reason]) => reason)

type Deps = { database: Database; outbox: Outbox; seals: Seals }

const readSegments = async (
  { database, seals }: Pick<Deps, 'database' | 'seals'>,
  condition: RawBuilder<unknown>,
): Promise<CampaignSegment[]> => {
  const { rows } = await sql<SegmentRow>`select ${SEGMENT_COLUMNS} from segment_version
    where ${condition}`.execute(database.db)
  return rows.map((row) => toSegment(seals, row))
}

/**
 * Cursors for campaigns. The ids of campaigns come from Genesys and may contain anything that fits
 * into a URL.
 */
const cursorOfCampaign = (campaignId: string): string =>
  Buffer.from(`c${campaignId}`).toString('base64url')
const campaignOfCursor = (cursor: string): string | null => {
  const text = Buffer.from(cursor, 'base64url').toString('utf8')
  return /^c[^\p{Cc}]{1,128}$/u.test(text) ? text.slice(1) : null
}

const createReads = (
  deps: Deps,
): Pick<SegmentStore, 'latest' | 'version' | 'granted' | 'versions' | 'inForce'> => {
  const one = async (condition: RawBuilder<unknown>): Promise<CampaignSegment | null> =>
    (await readSegments(deps, condition))[0] ?? null
  const named = (column: string, campaignId: string) => sql`(campaign_id, version) in (
    select campaign_id, ${sql.ref(column)} from segment_campaign where campaign_id = ${campaignId})`
  return {
    latest: (campaignId) => one(named('latest_version', campaignId)),
    inForce: (campaignId) => one(named('in_force_version', campaignId)),
    version: (campaignId, version) =>
      one(sql`campaign_id = ${campaignId} and version = ${version}`),
    granted: async (tenantId, { cursor, limit }) => {
      const after = cursor === null ? '' : campaignOfCursor(cursor)
      if (after === null) return null
      const found = await readSegments(
        deps,
        sql`(campaign_id, version) in (select campaign_id, latest_version from segment_campaign c
          where campaign_id > ${after} and latest_version > 0 and exists (select 1 from tenant_grant g
            where g.tenant_id = ${tenantId} and g.kind = 'campaign' and g.object_id in ('*', c.campaign_id))
          order by campaign_id limit ${limit + 1}) order by campaign_id`,
      )
      const items = found.slice(0, limit)
      const last = found.length > limit ? items.at(-1) : undefined
      return { items, next: last === undefined ? null : cursorOfCampaign(last.campaignId) }
    },
    versions: async (campaignId, { cursor, limit }) => {
      const before = cursor === null ? null : idOfCursor(cursor)
      if (cursor !== null && !/^\d{1,9}$/.test(before ?? '')) return null
      const segments = await readSegments(
        deps,
        sql`campaign_id = ${campaignId} and (${before}::int is null or version < ${before}::int)
          order by version desc limit ${limit + 1}`,
      )
      const page = pageOfRows(
        segments.map((segment) => ({ id: String(segment.version), segment })),
        limit,
      )
      return { items: page.items.map(({ segment }) => segment), next: page.next }
    },
  }
}

const createFilters = (deps: Deps): Pick<SegmentStore, 'withOldFilters' | 'forgetFilter'> => ({
  withOldFilters: ({ campaignId }) =>
    readSegments(
      deps,
      sql`campaign_id = ${campaignId} and progress ->> 'filterName' is not null
        and not (progress ->> 'filterDeleted')::boolean
        and version < (select latest_version from segment_campaign where campaign_id = ${campaignId})
        and version not in (select version from segment_version where campaign_id = ${campaignId}
          and applied_at is not null order by version desc limit ${KEPT_FILTERS})
        order by version`,
    ),
  forgetFilter: async ({ campaignId }, version) => {
    await sql`update segment_version set progress = jsonb_set(progress, '{filterDeleted}', 'true')
      where campaign_id = ${campaignId} and version = ${version}`.execute(deps.database.db)
  },
})

/**
 * Resumes the newest version if it is held and a resume may end this hold. Locks the campaign
 * first, as every writer of its versions does.
 */
const createResume =
  ({ database, seals }: Deps): SegmentStore['resume'] =>
  (campaignId, audit) =>
    inTransaction(database, async (tx: Tx) => {
      await sql`select from segment_campaign where campaign_id = ${campaignId} for update`.execute(
        tx,
      )
      const { rows } = await sql<SegmentRow>`with resumed as (
          update segment_campaign c set revision = c.revision + 1, ready_at = clock_timestamp(), woken = true
          from segment_version v where c.campaign_id = ${campaignId} and v.campaign_id = c.campaign_id
            and v.version = c.latest_version and v.state = 'held' and v.hold_reason = any(${RESUMED}::text[])
          returning c.latest_version, c.revision)
        update segment_version v set state = 'applying', hold_reason = null, held_since = null, problem = null,
          updated_at = clock_timestamp(), revision = resumed.revision
        from resumed where campaign_id = ${campaignId} and version = latest_version
        returning ${sql.raw(OF_VERSION)}`.execute(tx)
      const row = rows[0]
      if (row === undefined) return null
      await appendAudit(tx, [audit])
      return toSegment(seals, row)
    })

/** The columns of a version in a join with other tables. */
const OF_VERSION = `v.campaign_id, v.version, v.tenant_id, v.state, v.hold_reason, v.held_since,
  v.waiting_for, v.sealed, v.content, v.analysis, v.progress, v.problem, v.index_status, v.latency_ms, v.actor,
  v.request_id, v.revision, v.created_at, v.updated_at, v.applied_at`

/** The SQL store of the segments of campaigns. */
export const createSegmentStore = (deps: Deps): SegmentStore => ({
  put: createPutSegment(deps),
  ...createReads(deps),
  ...createFilters(deps),
  resume: createResume(deps),
  ...createSegmentLane(deps),
})
