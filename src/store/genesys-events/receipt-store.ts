import { sql } from 'kysely'

import type {
  NoticeStatus,
  UploadWebhookRoute,
} from '../../domain/genesys-events/genesys-webhook.ts'
import { createGatherer } from '../../lib/waiting/gather.ts'
import type { JobEnd } from '../../workflows/ports/delivery/delivery.ts'
import type {
  NewReceipt,
  OpenReceipt,
  ReceiptStore,
} from '../../workflows/ports/genesys-events/webhooks.ts'
import type { JobQueue } from '../../workflows/ports/jobs/jobs.ts'
import { appendAudit } from '../audit/audit-store.ts'
import { CERTAIN_NOW } from '../clock/steady-time.ts'
import { tellOfNudge } from '../delivery/told-nudges.ts'
import { executorOf, inTransaction, type Database, type Tx } from '../homes/database.ts'
import { FINAL_STATES_SQL } from '../uploads/upload-row.ts'

type OpenRow = {
  id: string
  route: UploadWebhookRoute
  job_id: string
  status: NoticeStatus | null
  body_digest: Buffer
  checks: number
  since_ms: number
  upload_id: string | null
  tenant_id: string
  lane_key: string
  request_id: string
  pending: boolean
  ended: JobEnd | null
}

/**
 * How many webhooks one statement stores at most. Those that arrive while a statement is running
 * are stored together by the next one.
 */
const RECORDED_AT_ONCE = 100
/** How many receipts one round of the sweep checks at most, and how many it deletes. */
const SWEPT_AT_ONCE = 500

const seconds = (ms: number) => sql`make_interval(secs => ${ms / 1000}::float8)`

const toOpen = (row: OpenRow): OpenReceipt => ({
  id: row.id,
  route: row.route,
  jobId: row.job_id,
  status: row.status,
  bodyDigest: row.body_digest,
  checks: row.checks,
  sinceReceivedMs: row.since_ms,
  subject:
    row.upload_id === null
      ? null
      : {
          uploadId: row.upload_id,
          tenantId: row.tenant_id,
          laneKey: row.lane_key,
          requestId: row.request_id,
          pending: row.pending,
          ended: row.ended,
        },
})

/** The batches of a shipment, one for each of its uploads, with how each ended. */
const BATCHES = sql`batch b on b.shipment_id = s.id and b.state <> 'split'`

/**
 * A receipt with the upload that it is about. With a token: the upload of the token's part, if the
 * part has no job, or has the job of the receipt. Without a token: the newest upload that was sent
 * as the job of the receipt. There is no upload if the receipt names another list than the upload,
 * or if the upload has ended and its part has no job.
 */
const openReceipt = (receiptId: string) => sql<OpenRow>`
  select r.id, r.route, r.job_id, r.status, r.body_digest, r.checks,
    (extract(epoch from clock_timestamp() - r.received_at) * 1000)::float8 as since_ms,
    u.id as upload_id, u.tenant_id, u.lane_key, u.request_id,
    u.state not in (${FINAL_STATES_SQL}) and sent.open as pending, sent.ended
  from webhook_receipt r
  left join lateral (
    select b.upload_id, s.state in ('intended', 'sent') as open, s.job_id, b.ended from shipment s join ${BATCHES}
      where s.id = r.part_id and (s.job_id is null or s.job_id = r.job_id)
    union all select b.upload_id, s.state in ('intended', 'sent'), s.job_id, b.ended from shipment s join ${BATCHES}
      where r.part_id is null and s.job_id = r.job_id
    order by upload_id desc, open desc, ended desc nulls last limit 1) sent on true
  left join upload u on u.id = sent.upload_id and (r.list_id is null or r.list_id = u.contact_list_id)
    and (u.state not in (${FINAL_STATES_SQL}) or sent.job_id is not null)
  where r.id = ${receiptId} and r.state = 'received'`

/**
 * Makes the commit not wait for the disk. If the machine crashes, a receipt may be lost. A webhook
 * may also be lost in the network. In both cases, the poll finds the result later. On the embedded
 * home, each wait would delay everything that is being received.
 */
const WITHOUT_WAITING = sql`(select set_config('synchronous_commit', 'off', true)) as without_waiting`

/** Stores receipts, and returns the ids of those that are new. */
const insertReceipts = async (tx: Tx, receipts: readonly NewReceipt[]): Promise<Set<string>> => {
  const given = receipts.map(({ key, bodyDigest, audit: _audit, ...receipt }) => ({
    ...receipt,
    key: key.toString('hex'),
    bodyDigest: bodyDigest.toString('hex'),
  }))
  const { rows } = await sql<{
    id: string
  }>`insert into webhook_receipt (id, route, key, part_id, job_id, list_id,
      status, processed, failed, body_digest, state, reason, check_at, settled_at)
    select r."id", r."route", decode(r."key", 'hex'), r."partId", r."jobId", r."listId", r."status", r."processed",
      r."failed", decode(r."bodyDigest", 'hex'), case when r."ignored" is null then 'received' else 'ignored' end,
      r."ignored", case when r."ignored" is null then clock_timestamp() end,
      case when r."ignored" is not null then clock_timestamp() end
    from ${WITHOUT_WAITING},
      jsonb_to_recordset(${JSON.stringify(given)}::jsonb) as r ("id" text, "route" text, "key" text, "partId" text,
        "jobId" text, "listId" text, "status" text, "processed" int, "failed" int, "bodyDigest" text, "ignored" text)
    order by r."key" on conflict (key) do nothing returning id`.execute(tx)
  return new Set(rows.map(({ id }) => id))
}

const createOpen = (
  database: Database,
  enqueue: (tx: Tx, receiptId: string, startAfterMs: number) => Promise<void>,
): Pick<ReceiptStore, 'load' | 'nudge' | 'postpone' | 'settle'> => ({
  load: async (receiptId) => {
    const { rows } = await openReceipt(receiptId).execute(database.db)
    return rows[0] ? toOpen(rows[0]) : null
  },
  nudge: ({ laneKey, uploadId }) =>
    inTransaction(database, async (tx) => {
      const { rows } = await sql<{
        nudges: number
      }>`with nudged as (update lane set nudges = nudges + 1 from ${WITHOUT_WAITING}
          where key = ${laneKey} returning key, nudges)
        select nudges ${tellOfNudge(database)} from nudged`.execute(tx)
      // A webhook shows that Genesys works again. So the next round checks a held upload that waits
      // for Genesys.
      await sql`update upload set retry_at = clock_timestamp() where id = ${uploadId} and state = 'held'
        and hold_reason = 'genesys_unavailable' and retry_at > clock_timestamp()`.execute(tx)
      return rows[0]?.nudges ?? null
    }),
  postpone: (receiptId, nextInMs) =>
    inTransaction(database, async (tx) => {
      const { rows } = await sql`update webhook_receipt set checks = checks + 1,
          check_at = clock_timestamp() + ${seconds(nextInMs)} from ${WITHOUT_WAITING}
        where id = ${receiptId} and state = 'received' returning id`.execute(tx)
      if (rows.length === 1) await enqueue(tx, receiptId, nextInMs)
    }),
  settle: (receiptId, end) =>
    inTransaction(database, async (tx) => {
      const [reason, uploadId] = end.state === 'ignored' ? [end.reason, null] : [null, end.uploadId]
      const { rows } =
        await sql`update webhook_receipt set state = ${end.state}, reason = ${reason}, upload_id = ${uploadId},
          check_at = null, settled_at = clock_timestamp()
        where id = ${receiptId} and state = 'received' returning id`.execute(tx)
      if (rows.length === 1 && end.state !== 'ignored') await appendAudit(tx, [end.audit])
    }),
})

/**
 * The SQL store of receipts of Genesys' webhooks. Until a queue is connected, receipts wait for the
 * sweep.
 */
export const createReceiptStore = (deps: {
  database: Database
}): ReceiptStore & { connect(queue: JobQueue): void } => {
  const { database } = deps
  let queue: JobQueue | null = null
  const enqueue = async (tx: Tx, receiptId: string, startAfterMs: number): Promise<void> => {
    await queue?.send('webhook-verify', receiptId, { startAfterMs, sql: executorOf(tx) })
  }
  const record = (receipts: readonly NewReceipt[]): Promise<('recorded' | 'duplicate')[]> =>
    inTransaction(database, async (tx) => {
      const inserted = await insertReceipts(tx, receipts)
      await appendAudit(
        tx,
        receipts.flatMap(({ id, audit }) => (audit && inserted.has(id) ? [audit] : [])),
      )
      for (const { id, ignored } of receipts) {
        if (ignored === null && inserted.has(id)) await enqueue(tx, id, 0)
      }
      return receipts.map(({ id }) => (inserted.has(id) ? 'recorded' : 'duplicate'))
    })
  return {
    ...createOpen(database, enqueue),
    connect: (connected) => {
      queue = connected
    },
    listOfPart: async (partId, deadAfterMs) => {
      const { rows } = await sql<{ list_id: string }>`
        select u.contact_list_id as list_id from batch b join upload u on u.id = b.upload_id
        where b.shipment_id = ${partId} and (u.completed_at is null
          or u.completed_at > clock_timestamp() - ${seconds(deadAfterMs)})
        limit 1`.execute(database.db)
      return rows[0]?.list_id ?? null
    },
    record: createGatherer(record, RECORDED_AT_ONCE),
    sweep: async ({ keepMs, graceMs }) => {
      const { rows } = await sql<{ id: string }>`
        with old as (select id from webhook_receipt where received_at < ${CERTAIN_NOW} - ${seconds(keepMs)}
            order by received_at limit ${SWEPT_AT_ONCE}),
          gone as (delete from webhook_receipt where id in (select id from old))
        select id from webhook_receipt where state = 'received'
          and check_at < statement_timestamp() - ${seconds(graceMs)} and id not in (select id from old)
        order by check_at limit ${SWEPT_AT_ONCE}`.execute(database.db)
      return rows.map(({ id }) => id)
    },
  }
}
