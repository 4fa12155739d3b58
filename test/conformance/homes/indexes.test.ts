import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, it } from 'node:test'

import pg from 'pg'

import { SUBSCRIPTIONS } from '../../../src/domain/genesys-events/genesys-webhook.ts'
import type { RetentionRuleName } from '../../../src/domain/retention/retention-rules.ts'
import type { Upload } from '../../../src/domain/uploads/upload.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import type { LaneClaim } from '../../../src/workflows/ports/delivery/delivery.ts'
import type { UploadFilter } from '../../../src/workflows/ports/uploads/uploads.ts'
import { openTestStore, serverHome } from '../../support/databases/database.ts'
import { FILL } from '../../support/databases/filled-database.ts'
import { audit, ids, stageUpload } from '../../support/stages/store-uploads.ts'

const home = serverHome()

type Scans = Map<string, number>

/**
 * What statements read, by the server's own counters: scans of each index, entries read of it, and
 * rows read by scans of whole tables.
 */
const openCounters = async (url: string) => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const read = async (text: string): Promise<Scans> => {
    const { rows } = await client.query<{ name: string; n: string }>(text)
    return new Map(rows.map(({ name, n }) => [name, Number(n)]))
  }
  return {
    indexes: () => read('select indexrelname as name, idx_scan as n from pg_stat_user_indexes'),
    entries: () => read('select indexrelname as name, idx_tup_read as n from pg_stat_user_indexes'),
    wholeTables: () => read('select relname as name, seq_tup_read as n from pg_stat_user_tables'),
    close: () => client.end(),
  }
}

type Counters = Awaited<ReturnType<typeof openCounters>>

const grown = (before: Scans, now: Scans, by = 1): string[] =>
  [...now].filter(([name, n]) => n - (before.get(name) ?? 0) >= by).map(([name]) => name)

/** Larger than what is small by nature: a scan of it as a whole reads at least so many rows. */
const WHOLE = 1_000

type Stage = { store: Store; claim: LaneClaim; upload: Upload; batchId: string; receiptId: string }

const newReceipt = (about: { partId?: string; jobId: string }) => ({
  id: ids.newId('rcp'),
  route: 'event' as const,
  key: Buffer.from(ids.newUuid().padEnd(32).slice(0, 32)),
  partId: null,
  listId: null,
  status: 'success' as const,
  processed: 1,
  failed: 0,
  bodyDigest: Buffer.alloc(32),
  ignored: null,
  ...about,
})

/** `t1` has half of all uploads, `t8` a two-hundredth. */
const listed = (store: Store, tenantId: string, filter: UploadFilter = {}) =>
  store.uploads.list(tenantId, { limit: 10, cursor: null, ...filter })

const TARGET = { eventType: SUBSCRIPTIONS.event.eventType, digest: Buffer.alloc(32) }
const DNC_TARGET = { eventType: SUBSCRIPTIONS.dnc.eventType, digest: Buffer.alloc(32) }

/** What evidence about a person finds. */
const evidence = ({ store }: Stage) =>
  store.evidence.decisions({
    ...{ tenantId: 't1', subject: { kind: 'phone', value: '+14155550101' } },
    ...{ from: '2020-01-01T00:00:00.000Z', to: '2100-01-01T00:00:00.000Z' },
  })

/** What one epoch added is looked for by a step; the next one finds that nothing of it is left. */
const lookBack = async ({ store }: Stage): Promise<void> => {
  await store.lookBack.step()
  await store.lookBack.step()
}

const sweep = async ({ store }: Stage, rule: RetentionRuleName): Promise<void> => {
  await store.upkeep.freeAll()
  const claim = await store.upkeep.claim('me')
  await store.upkeep.retention.sweep(claim!, rule)
}

/** Every index beside the primary keys, and the call of the store whose statement it serves. */
const SERVES: Record<string, (stage: Stage) => Promise<unknown>> = {
  api_key_digest_key: ({ store }) => store.access.findKey(Buffer.alloc(32, 9)),
  lane_ready: ({ store }) => store.lanes.claim('me'),
  upload_lane: ({ store, claim }) => store.delivery.next(claim),
  upload_clears_late: ({ store, claim }) => store.delivery.next(claim),
  upload_newest: ({ store }) => listed(store, 't8'),
  upload_ended: ({ store }) => listed(store, 't1', { states: ['failed'] }),
  upload_of_list: ({ store }) => listed(store, 't8', { contactListId: 'list7' }),
  upload_created: ({ store }) =>
    listed(store, 't1', { createdFrom: new Date(Date.now() - 3_600_000) }),
  upload_held: ({ store }) => store.lanes.wakeHeld(),
  upload_open: ({ store }) => store.uploads.sweepReceiving(60_000),
  upload_lane_order: ({ store, upload }) => store.delivery.clearing(upload),
  upload_same_file: async ({ store }) => {
    await stageUpload(store, { list: 'list9' })
    await listed(store, 't1', { sha256: createHash('md5').update('8').digest('hex') })
  },
  upload_file_name: ({ store }) => listed(store, 't1', { fileName: 'Spring.csv' }),
  register_of_list: ({ store }) => store.delivery.registerSize('t3', 'list3'),
  upload_reconcile: ({ store }) => store.reconciliations.overdue(180_000),
  upload_completed: ({ store }) => store.subscriptions.claim(TARGET, 60_000),
  upload_rows_kept: (stage) => sweep(stage, 'staged-rows'),
  idempotency_key_old: (stage) => sweep(stage, 'idempotency-answers'),
  batch_split: ({ store }) =>
    store.sql.executeSql(`delete from batch where upload_id = 'upl_none' and state = 'split'`),
  batch_order: ({ store, upload }) => store.delivery.batches(upload.id),
  shipment_job: ({ store, receiptId }) => store.receipts.load(receiptId),
  batch_shipment: ({ store, claim }) => store.delivery.recordTry(claim, 'open-part'),
  sync_delivery_pending: ({ store }) => store.sync.overdue(20_000),
  sync_delivery_dead: ({ store }) => store.home.gauges(),
  sync_delivery_endpoint: ({ store }) =>
    store.endpoints.deliveries('whe7', { limit: 10, cursor: null, states: [] }),
  sync_endpoint_tenant_id_name_key: ({ store }) =>
    store.endpoints.list('t7', { limit: 10, cursor: null }),
  webhook_receipt_key_key: ({ store }) => store.receipts.record(newReceipt({ jobId: 'job-new' })),
  webhook_receipt_open: ({ store }) =>
    store.receipts.sweep({ keepMs: 7 * 86_400_000, graceMs: 60_000 }),
  webhook_receipt_old: ({ store }) =>
    store.receipts.sweep({ keepMs: 7 * 86_400_000, graceMs: 60_000 }),
  segment_campaign_ready: ({ store }) => store.segments.claim('me'),
  audit_entry_in_order: ({ store }) => store.auditChain.chainNext('me'),
  audit_entry_of_object: ({ store }) =>
    store.auditReader.newest({ viewer: null, object: 'upl_1' }, { before: null, limit: 10 }),
  audit_place_seq_key: ({ store }) =>
    store.auditReader.entries({ viewer: null }, { after: 0, limit: 10 }),
  // As a chunk's key is read.
  dnc_submission_id_key: ({ store }) =>
    store.sql.executeSql(`select data_key from dnc_submission where id = 'dns_00000007'`),
  dnc_submission_newest: ({ store }) =>
    store.dncSubmissions.list('t8', { limit: 10, cursor: null }),
  dnc_submission_open: ({ store }) => store.dncSubmissions.sweepReceiving(60_000),
  dnc_submission_applied: ({ store }) => store.subscriptions.claim(DNC_TARGET, 60_000),
  webhook_receipt_dnc: ({ store }) => store.subscriptions.claim(DNC_TARGET, 60_000),
  dnc_group_renew: ({ store }) => store.dncLane.wakeRenewals(),
  dnc_submission_epoch: ({ store, upload }) => store.suppressions.suppressedSince(upload.id),
  dnc_entry_submission: ({ store }) =>
    store.sql.executeSql('select subject from dnc_entry where submission in (7, 8)'),
  // As the next group is looked for.
  dnc_submission_sending: ({ store }) =>
    store.sql.executeSql(
      `select number from dnc_submission where dnc_list_id = 'dnc7' and state in ('applying', 'held') order by number limit 1`,
    ),
  dnc_submission_closing: ({ store }) =>
    store.sql.executeSql(
      `select number from dnc_submission where dnc_list_id = 'dnc7' and closes_from is not null order by number limit 1`,
    ),
  dnc_group_open: ({ store }) =>
    store.sql.executeSql(
      `select id from dnc_group where submission = 7 and state in ('intended', 'sent') order by created_at, id limit 1`,
    ),
  dnc_entry_pending: ({ store }) =>
    store.sql.executeSql(
      'select chunk_seq from dnc_entry where submission = 7 and outcome is null and not quarantined order by chunk_seq, place limit 1',
    ),
  // As the next file is looked for.
  guest_file_ready: ({ store }) =>
    store.sql.executeSql(
      `select id from guest_file where ready_at <= statement_timestamp() and ready_at < 'infinity' order by ready_at limit 1`,
    ),
  // As the next erasure is looked for.
  erasure_ready: ({ store }) =>
    store.sql.executeSql(
      `select id from erasure where ready_at <= statement_timestamp() and ready_at < 'infinity' order by ready_at limit 1`,
    ),
  // As the files of a tenant are listed; the names of these are not sealed.
  guest_file_newest: ({ store }) =>
    store.sql.executeSql(
      `select id from guest_file where tenant_id = 't8' and state <> 'receiving' order by id desc limit 11`,
    ),
  guest_file_not_stored: ({ store }) =>
    store.guestFiles.list('t8', { limit: 10, cursor: null, state: 'failed' }),
  guest_file_receiving: ({ store }) => store.guestFiles.sweepReceiving(1e12),
  dnc_list_lane_ready: ({ store }) => store.dncLane.claim('me'),
  contact_register_subject_1: lookBack,
  contact_register_subject_2: lookBack,
  contact_register_subject_3: lookBack,
  contact_register_more_subjects: lookBack,
  dnc_look_back_open: ({ store }) => store.lookBack.step(),
  // As retractions are noted.
  dnc_retraction_contact: ({ store }) =>
    store.sql.executeSql(
      `select max(settled_at) from dnc_retraction where contact_list_id = 'list7' and contact_digest = decode(md5('7'), 'hex')`,
    ),
  dnc_retraction_of_subject: evidence,
  erasure_of_subject: evidence,
  audit_entry_released: ({ store }) =>
    store.sql.executeSql(
      `select min(at) from audit_entry where object = 'dns_7' and action = 'dnc.released'`,
    ),
  dnc_retraction_of_submission: ({ store }) =>
    store.retractions.page({ number: '7', tenantId: 't8' }, { after: '9000', limit: 10 }),
  dnc_retraction_of_edition: ({ store }) =>
    store.retractions.page({ editionId: 'rge_7', tenantId: 't8' }, { after: '9000', limit: 10 }),
  dnc_retraction_open: ({ store }) =>
    store.retractions.next({ contactListId: 'list2', owner: 'me', fence: '1', leaseMs: 1 }, 10),
  dnc_retraction_lane_ready: ({ store }) => store.retractions.claim('me'),
  contact_register_unfilled: ({ store }) => store.registerFill.fill(null),
  tenant_name: ({ store }) => store.tenants.list({ limit: 10, cursor: null, name: 't7' }),
  tenant_grant_object: ({ store }) => store.provisioning.taken('t3', ['list7', 'list8']),
}

/** Beside those: what goes on all the time must not read a table as a whole. */
const FREQUENT: Record<string, (stage: Stage) => Promise<unknown>> = {
  'taking holds that are looked at': ({ store }) => store.holds.takeDue(60_000),
  'renewing leases': ({ store, claim }) => store.lanes.renew(claim),
  'asking whether a lane waits': ({ store }) => store.lanes.anyReady(),
  'repairing lanes': ({ store }) => store.lanes.repair(),
  'reading a chunk': ({ store, upload }) => store.uploads.readChunk(upload.id, 0),
  'listing chunks': ({ store, upload }) => store.delivery.chunkSeqs(upload.id),
  'looking contacts up': ({ store }) => store.delivery.registered('t3', 'list3', ['a', 'c2']),
  'comparing contacts with the register': ({ store }) =>
    store.delivery.compare('t3', 'list3', Buffer.alloc(2500 * 16, 7), Buffer.alloc(2500 * 16)),
  'settling a batch': ({ store, claim, upload, batchId }) =>
    store.delivery.settle(claim, {
      uploadId: upload.id,
      batchId,
      counts: { delivered: 1, unchanged: 0, failed: 1, unprocessed: 0 },
      results: [{ line: 3, chunkSeq: 0, outcome: 'failed', code: 'genesys-refused', column: null }],
      delivered: [{ contactId: 'a', contentHash: Buffer.alloc(16), line: 2, row: 0 }],
      audit: audit('upload.batch.settled', upload.id),
    }),
  'a page of the ledger': ({ store, upload }) =>
    store.uploads.ledger(upload.id, { outcomes: ['failed'], afterLine: 0, limit: 10 }),
  'claiming a key': ({ store }) =>
    store.idempotency.claim({
      tenantId: 'default',
      method: 'POST',
      path: '/x',
      key: 'k7',
      owner: 'me',
      deadAfterMs: 60_000,
    }),
  'loading a delivery': ({ store }) => store.sync.load('msg3'),
  'settling a receipt': ({ store, receiptId }) =>
    store.receipts.settle(receiptId, { state: 'ignored', reason: 'unknown' }),
  'asking for a grant': ({ store }) => store.access.isGranted('t3', 'contact_list', 'list7'),
  'reading one upload': ({ store, upload }) => store.uploads.find('default', upload.id),
}

const prepare = async (store: Store): Promise<Stage> => {
  for (const statement of FILL) await store.sql.executeSql(statement)
  const upload = await stageUpload(store, { list: 'mine' })
  await store.sql.executeSql(
    `with granted as (insert into tenant_grant (tenant_id, kind, object_id) values ('t3', 'contact_list', 'mine')),
      raised as (insert into suppression_epoch (tenant_id, epoch) values ('t3', 20000))
    update upload set suppression_epochs = '{"t3": 19000}' where id = $1`,
    [upload.id],
  )
  // Waited longest: the claim takes it.
  await store.sql.executeSql(`update lane set ready_at = '2026-01-01' where key = $1`, [
    upload.laneKey,
  ])
  const claim = await store.lanes.claim('me')
  assert.ok(claim?.key === upload.laneKey)
  const batch = { id: ids.newUuid(), chunkSeq: 0, fromRow: 0, toRow: 2, sent: Buffer.from([3]) }
  const noted = audit('upload.batch.intended', upload.id)
  await store.delivery.move(claim, upload.id, 'delivering')
  await store.delivery.intend(claim, upload.id, batch, noted)
  const ofFile = { ...batch, id: ids.newUuid(), chunkSeq: 1 }
  const part = {
    ...{ id: 'open-part', seq: 1, method: 'file' as const, rows: 1, bytes: 1 },
    batches: [ofFile],
  }
  const ofPart = audit('upload.batch.intended', upload.id)
  await store.delivery.intendPart(claim, upload.id, part, ofPart, [])
  for (const target of [TARGET, DNC_TARGET]) {
    await store.subscriptions.claim(target, 60_000)
    await store.subscriptions.record(target, { state: 'registered', genesysId: 'g' })
  }
  const receipt = newReceipt({ jobId: 'job25000' })
  await store.receipts.record(receipt)
  return { store, claim, upload, batchId: batch.id, receiptId: receipt.id }
}

describe('Indexes, on a filled database', { skip: home.skip }, () => {
  let stage: Stage
  let counters: Counters
  before(async () => {
    const place = await home.fresh()
    assert.ok(place.kind === 'server')
    const store = await openTestStore(place)
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    stage = await prepare(store)
    counters = await openCounters(place.url)
  })
  after(async () => {
    await counters.close()
    await stage.store.close()
    await home.close()
  })

  /**
   * What a call read. Calls one after the other share a connection, whose counters are told at once
   * when asked to.
   */
  const readBy = async (call: (stage: Stage) => Promise<unknown>) => {
    const tell = () => stage.store.sql.executeSql('select pg_stat_force_next_flush()')
    await tell()
    const indexes = await counters.indexes()
    const entries = await counters.entries()
    const tables = await counters.wholeTables()
    await call(stage)
    await tell()
    return {
      indexes: grown(indexes, await counters.indexes()),
      whole: [
        ...grown(tables, await counters.wholeTables(), WHOLE),
        ...grown(entries, await counters.entries(), WHOLE),
      ],
    }
  }

  it('all serve a statement that is named here', async () => {
    const { rows } = await stage.store.sql.executeSql(`select i.relname as name from pg_index x
      join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
      where t.relnamespace = 'public'::regnamespace and not x.indisprimary and t.relname not like 'kysely%'`)
    const names = (rows as { name: string }[]).map(({ name }) => name)
    assert.deepEqual(names.toSorted(), Object.keys(SERVES).toSorted())
  })

  for (const [index, call] of Object.entries(SERVES)) {
    it(`${index} is used by the statement it is for`, async () => {
      const { indexes } = await readBy(call)
      assert.ok(indexes.includes(index), `used instead: ${indexes.join(', ')}`)
    })
  }

  for (const [what, call] of Object.entries({ ...SERVES, ...FREQUENT })) {
    // The gauges count what is open: that they read.
    if (what === 'sync_delivery_dead') continue
    it(`${what}: no large table or index is read as a whole`, async () => {
      assert.deepEqual((await readBy(call)).whole, [])
    })
  }
})
