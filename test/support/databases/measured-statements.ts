import { createHash } from 'node:crypto'

import type { RetentionRuleName } from '../../../src/domain/retention/retention-rules.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import type { UploadFilter } from '../../../src/workflows/ports/uploads/uploads.ts'
import { audit, stageUpload } from '../stages/store-uploads.ts'
import { DNC_TARGET, type FilledStore, newReceipt, TARGET } from './filled-store.ts'

/** `t1` has half of all uploads, `t8` has 0.5 % of them. */
const listed = (store: Store, tenantId: string, filter: UploadFilter = {}) =>
  store.uploads.list(tenantId, { limit: 10, cursor: null, ...filter })

/** Searches for evidence about a person. */
const evidence = ({ store }: FilledStore) =>
  store.evidence.decisions({
    ...{ tenantId: 't1', subject: { kind: 'phone', value: '+14155550101' } },
    ...{ from: '2020-01-01T00:00:00.000Z', to: '2100-01-01T00:00:00.000Z' },
  })

/**
 * The first step searches for what one epoch added. The second step finds that nothing of that
 * epoch is left.
 */
const lookBack = async ({ store }: FilledStore): Promise<void> => {
  await store.lookBack.step()
  await store.lookBack.step()
}

const sweep = async ({ store }: FilledStore, rule: RetentionRuleName): Promise<void> => {
  await store.upkeep.freeAll()
  const claim = await store.upkeep.claim('me')
  await store.upkeep.retention.sweep(claim!, rule)
}

/** Every index that is not a primary key, with the call of the store whose statement uses it. */
export const SERVES: Record<string, (stage: FilledStore) => Promise<unknown>> = {
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
  // Only an overwrite must know what was delivered later.
  upload_lane_order: async ({ store, upload }) => {
    await store.sql.executeSql(`update upload set mode = 'overwrite' where id = '${upload.id}'`)
    await store.delivery.clearing(upload)
  },
  upload_same_file: async ({ store }) => {
    await stageUpload(store, { list: 'list9' })
    await listed(store, 't1', { sha256: createHash('md5').update('8').digest('hex') })
  },
  upload_file_name: ({ store }) => listed(store, 't1', { fileName: 'Spring.csv' }),
  register_of_list: ({ store }) => store.delivery.registerSize('t3', 'list3'),
  upload_reconcile: ({ store }) => store.reconciliations.overdue(180_000),
  upload_completed: (stage) => sweep(stage, 'upload-records'),
  // As evidence looks for uploads that took long.
  upload_slow: ({ store }) =>
    store.sql.executeSql(
      `select id from upload where completed_at >= now() - interval '1 day' and completed_at - created_at > interval '1 hour'`,
    ),
  upload_rows_kept: async (stage) => {
    await stage.store.subscriptions.claim(TARGET, 60_000)
    await sweep(stage, 'staged-rows')
  },
  idempotency_key_old: (stage) => sweep(stage, 'idempotency-answers'),
  batch_order: ({ store, upload }) => store.delivery.batches(upload.id),
  shipment_job: ({ store, receiptId }) => store.receipts.load(receiptId),
  batch_shipment: ({ store, claim }) => store.delivery.recordTry(claim, 'open-part'),
  sync_delivery_pending: ({ store }) => store.sync.overdue(20_000),
  sync_delivery_dead: ({ store }) => store.home.gauges(),
  sync_delivery_created: (stage) => sweep(stage, 'webhook-deliveries'),
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
  audit_entry_at: ({ store }) =>
    store.auditReader.newest(
      { viewer: null, from: '2026-06-01T00:00:00Z', to: '2026-06-01T01:00:00Z' },
      { before: null, limit: 10 },
    ),
  audit_place_seq_key: ({ store }) =>
    store.auditReader.entries({ viewer: null }, { after: null, limit: 10 }),
  audit_entry_of_actor: ({ store }) =>
    store.auditReader.newest({ viewer: null, actor: 'key_7' }, { before: null, limit: 10 }),
  audit_entry_of_action: ({ store }) =>
    store.auditReader.newest(
      { viewer: null, action: 'tenant.created' },
      { before: null, limit: 10 },
    ),
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
  // Finds the next group, as a lane does.
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
  // As retention deletes a submission.
  dnc_group_of_submission: ({ store }) =>
    store.sql.executeSql(`delete from dnc_submission where id = 'dns_00000010'`),
  dnc_group_predecessor: ({ store }) =>
    store.sql.executeSql(`delete from dnc_submission where id = 'dns_00000011'`),
  dnc_entry_pending: ({ store }) =>
    store.sql.executeSql(
      'select chunk_seq from dnc_entry where submission = 7 and outcome is null and not quarantined order by chunk_seq, place limit 1',
    ),
  // Finds the next file, as a worker does.
  guest_file_ready: ({ store }) =>
    store.sql.executeSql(
      `select id from guest_file where ready_at <= statement_timestamp() and ready_at < 'infinity' order by ready_at limit 1`,
    ),
  // Finds the next erasure, as a worker does.
  erasure_ready: ({ store }) =>
    store.sql.executeSql(
      `select id from erasure where ready_at <= statement_timestamp() and ready_at < 'infinity' order by ready_at limit 1`,
    ),
  // Finds the requests of a tenant that were given up in doubt, as an erasure does.
  shipment_doubtful: ({ store }) =>
    store.sql.executeSql(
      `select b.sent from shipment s join batch b on b.shipment_id = s.id
       where s.tenant_id = 't7' and s.doubtful and s.sent_at > clock_timestamp() - interval '5 minutes'`,
    ),
  // Lists the files of a tenant. The names of these files are not sealed.
  guest_file_newest: ({ store }) =>
    store.sql.executeSql(
      `select id from guest_file where tenant_id = 't8' and state <> 'receiving' order by id desc limit 11`,
    ),
  // As the gauge of held files reads them.
  guest_file_held: ({ store }) =>
    store.sql.executeSql(`select min(held_since) from guest_file where state = 'held'`),
  guest_file_created: (stage) => sweep(stage, 'guest-file-records'),
  guest_file_not_stored: ({ store }) =>
    store.guestFiles.list('t8', { limit: 10, cursor: null, state: 'failed' }),
  guest_file_receiving: ({ store }) => store.guestFiles.sweepReceiving(1e12),
  dnc_list_lane_ready: ({ store }) => store.dncLane.claim('me'),
  contact_register_subject_1: lookBack,
  contact_register_subject_2: lookBack,
  contact_register_subject_3: lookBack,
  contact_register_more_subjects: lookBack,
  dnc_look_back_open: ({ store }) => store.lookBack.step(),
  // Finds retractions, as recording them does.
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
  dnc_retraction_reported: ({ store }) =>
    store.retractions.reported('t8', { days: 30, limit: 10, editions: true }),
  dnc_retraction_open: ({ store }) =>
    store.retractions.next({ contactListId: 'list2', owner: 'me', fence: '1', leaseMs: 1 }, 10),
  dnc_retraction_lane_ready: ({ store }) => store.retractions.claim('me'),
  contact_register_unfilled: ({ store }) => store.registerFill.fill(null),
  tenant_name: ({ store }) => store.tenants.list({ limit: 10, cursor: null, name: 't7' }),
  list_intent_of_list: ({ store }) => store.provisioning.taken('t3', ['making7', 'making8']),
  tenant_grant_object: ({ store }) => store.provisioning.taken('t3', ['list7', 'list8']),
}

/** Other calls that are made all the time, and so must not read a whole table. */
export const FREQUENT: Record<string, (stage: FilledStore) => Promise<unknown>> = {
  'taking holds that are looked at': ({ store }) => store.holds.takeDue(60_000),
  'looking for old do-not-call submissions': (stage) => sweep(stage, 'do-not-call-submissions'),
  'looking for old audit entries': (stage) => sweep(stage, 'audit-entries'),
  'renewing leases': ({ store, claim }) => store.lanes.renew(claim),
  'asking whether a lane waits': ({ store }) => store.lanes.anyReady(),
  'repairing lanes': ({ store }) => store.lanes.repair(),
  'reading a chunk': ({ store, upload }) => store.uploads.readChunk(upload.id, 0),
  'listing chunks': ({ store, upload }) => store.delivery.chunkSeqs(upload.id),
  'looking contacts up': ({ store }) => store.delivery.registered('t3', 'list3', ['a', 'c2']),
  'comparing contacts with the register': ({ store }) =>
    store.delivery.openComparison('t3', 'list3')(
      Buffer.alloc(2500 * 16, 7),
      Buffer.alloc(2500 * 16),
    ),
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
