import assert from 'node:assert/strict'
import { after, before, beforeEach, it } from 'node:test'

import {
  RETENTION_RULE_NAMES,
  RETENTION_RULES,
  type RetentionRuleName,
} from '../../../src/domain/retention/retention-rules.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { createReadAudit } from '../../../src/workflows/audit/read-audit.ts'
import type { UpkeepClaim } from '../../../src/workflows/ports/retention/retention.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { contactsOf, deliver as settle, send } from '../../support/stages/delivered.ts'
import { audit, claimKey, ids, stageUpload } from '../../support/stages/store-uploads.ts'

const DAY_MS = 24 * 3_600_000

eachHome('Retention', (home) => {
  let store: Store
  let claim: UpkeepClaim
  const run = async <T = Record<string, unknown>>(text: string): Promise<T[]> =>
    (await store.sql.executeSql(text)).rows as T[]
  const count = async (from: string): Promise<number> =>
    (await run<{ n: number }>(`select count(*)::int as n from ${from}`))[0]!.n
  const claimRetention = async (): Promise<UpkeepClaim> => {
    await run(
      `update upkeep set lease_until = null, ready_at = case task when 'retention' then clock_timestamp() else 'infinity' end`,
    )
    return (await store.upkeep.claim('me'))!
  }
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  beforeEach(async () => {
    await run(
      `update database_clock set seen_at = clock_timestamp(), doubted_from = null, off_ms = null`,
    )
    claim = await claimRetention()
  })
  after(() => store.close())

  /**
   * Simulates that this many days have passed: everything that was stored by the database's clock
   * is moved into the past.
   */
  const daysLater = async (days: number): Promise<void> => {
    const times = await run<{
      table_name: string
      column_name: string
    }>(`select table_name, column_name
      from information_schema.columns join information_schema.tables using (table_schema, table_name)
      where table_schema = 'public' and table_type = 'BASE TABLE' and data_type like 'timestamp%'
        and table_name not like 'kysely%' and table_name not in ('upkeep', 'database_clock', 'lane', 'audit_entry')`)
    for (const { table_name: table, column_name: column } of times) {
      await run(`update ${table} set ${column} = ${column} - interval '${days} days'
        where ${column} is not null and isfinite(${column})`)
    }
  }
  /** Writes all entries that wait into the chain. */
  const chain = async (): Promise<void> => {
    await run(`update audit_chain set lease_until = null`)
    while ((await store.auditChain.chainNext('me')) !== null);
  }
  const sweep = async (rule: RetentionRuleName): Promise<number> => {
    let deleted = 0
    for (let more = true; more;) {
      const lot = await store.upkeep.retention.sweep(claim, rule)
      assert.ok(lot !== null)
      if (lot.waits) await chain()
      deleted += lot.deleted
      more = lot.more
    }
    return deleted
  }
  const sweepAll = async (): Promise<Record<string, number>> => {
    const deleted: Record<string, number> = {}
    for (const rule of RETENTION_RULE_NAMES) deleted[rule] = await sweep(rule)
    return deleted
  }
  /** Delivers an upload that was then reconciled with Genesys. */
  const deliver = async (...about: Parameters<typeof settle>) => {
    const upload = await settle(...about)
    await run(`update upload set reconcile_at = null where id = '${upload.id}'`)
    return upload
  }
  const list = () => `list-${ids.newUuid()}`
  const people = (name: string) => contactsOf(store, { [name]: ['+12125550101'] })

  it('shreds the rows of an ended upload after 30 days, and keeps its record until 90', async () => {
    const upload = await deliver(store, list(), people('ada'))
    await daysLater(29)
    assert.equal(await sweep('staged-rows'), 0)
    assert.equal((await store.uploads.readChunk(upload.id, 0)).contactIds[0], 'ada')
    await daysLater(2)
    assert.equal(await sweep('staged-rows'), 1)
    assert.equal(await count(`chunk where upload_id = '${upload.id}'`), 0)
    assert.equal(await count(`upload where id = '${upload.id}' and data_key is null`), 1)
    assert.equal((await store.uploads.staging('default', upload.id))?.rowsKept, false)
    assert.notEqual(await store.uploads.find('default', upload.id), null)
    assert.equal(await sweep('upload-records'), 0)
    await daysLater(60)
    assert.equal(await sweep('upload-records'), 1)
    assert.equal(await store.uploads.find('default', upload.id), null)
    assert.equal(await count(`batch where upload_id = '${upload.id}'`), 0)
    assert.equal(
      await count(`shipment where not exists (select from batch where shipment_id = shipment.id)`),
      0,
    )
    assert.equal(await count(`contact_register where upload_id = '${upload.id}'`), 1)
  })

  it('never touches what is open, held or unsettled, however old it is', async () => {
    const open = await stageUpload(store, { list: list() })
    const sent = await send(store, list(), people('bob'))
    await store.lanes.release(sent.claim, 60_000)
    const held = await stageUpload(store, { list: list() })
    await run(`update upload set state = 'held', held_from = 'staged', hold_reason = 'apply', hold_since = clock_timestamp()
      where id = '${held.id}'`)
    const looked = await settle(store, list(), people('cy'))
    await run(`update upload set reconcile_at = clock_timestamp() where id = '${looked.id}'`)
    await daysLater(400)
    await sweepAll()
    for (const { id } of [open, sent.upload, held, looked]) {
      assert.notEqual((await store.uploads.readChunk(id, 0)).contactIds.length, 0)
    }
    await run(`update upload set reconcile_at = null where id = '${looked.id}'`)
    assert.equal(await sweep('staged-rows'), 1)
  })

  it('forgets answers after 7 days and replays them until then', async () => {
    const upload = await stageUpload(store, { list: list() })
    const key = ids.newUuid()
    await claimKey(store, key)
    const before = await count('idempotency_key')
    await daysLater(6)
    await sweep('idempotency-answers')
    assert.equal(await count('idempotency_key'), before)
    await daysLater(2)
    assert.ok((await sweep('idempotency-answers')) >= 1)
    assert.equal(await count('idempotency_key'), 0)
    assert.notEqual(await store.uploads.find('default', upload.id), null)
  })

  it('deletes nothing while a jump of the clock is unconfirmed', async () => {
    const upload = await deliver(store, list(), people('dee'))
    await daysLater(31)
    await run(`update database_clock set doubted_from = clock_timestamp() - interval '1 hour'`)
    for (const rule of RETENTION_RULE_NAMES) {
      assert.equal(await store.upkeep.retention.sweep(claim, rule), null)
    }
    assert.equal(await count(`chunk where upload_id = '${upload.id}'`), 1)
    await store.clock.confirm()
    assert.ok((await sweep('staged-rows')) >= 1)
  })

  it('says how far behind it is, and deletes by lots of which one is one transaction', async () => {
    const name = list()
    for (let n = 0; n < 3; n += 1) await deliver(store, name, people(`eve-${n}`))
    await daysLater(40)
    const lot = await store.upkeep.retention.sweep(claim, 'staged-rows')
    assert.ok(lot !== null && lot.deleted >= 3)
    const overdueDays = lot.behindMs / DAY_MS
    const wanted = 40 - RETENTION_RULES['staged-rows'].keptDays
    assert.ok(overdueDays >= wanted - 0.1, `${overdueDays}`)
  })

  it('writes nothing once another instance has the task', async () => {
    const upload = await deliver(store, list(), people('flo'))
    await daysLater(31)
    const other = await claimRetention()
    assert.ok(BigInt(other.fence) > BigInt(claim.fence))
    await assert.rejects(store.upkeep.retention.sweep(claim, 'staged-rows'), { name: 'FenceLost' })
    assert.equal(await count(`chunk where upload_id = '${upload.id}'`), 1)
    claim = other
    assert.ok((await sweep('staged-rows')) >= 1)
  })

  it('deletes deliveries, records of files and versions of segments that are over, and no others', async () => {
    await run(`insert into sync_endpoint (id, tenant_id, name, url, secret, secret_key_id, source)
      values ('whe_1', 'default', 'crm', 'https://crm.example', '', 'test', 'registered')`)
    await run(`insert into sync_delivery (id, tenant_id, endpoint_id, event_type, object, body, state, settled_at) values
      ('dlv_1', 'default', 'whe_1', 'upload.completed', 'upl_1', '{}', 'delivered', clock_timestamp()),
      ('dlv_2', 'default', 'whe_1', 'upload.completed', 'upl_1', '{}', 'dead', clock_timestamp()),
      ('dlv_3', 'default', 'whe_1', 'upload.completed', 'upl_1', '{}', 'pending', null)`)
    const file = (id: string, state: string) =>
      `('${id}', 'default', 'ext', '${state}', '', 'image/png', '{}', 'me', 'req')`
    await run(`insert into guest_file (id, tenant_id, external_contact_id, state, sealed_name, content_type, progress, actor, request_id)
      values ${[file('gf_1', 'stored'), file('gf_2', 'failed'), file('gf_3', 'scanning')].join()}`)
    await run(
      `insert into segment_campaign (campaign_id, latest_version, in_force_version) values ('c', 8, 2)`,
    )
    const version = (n: number, state: string, applied: boolean) =>
      `('c', ${n}, 'default', '${state}', '\\x00', '{}', 'me', 'req', 1, ${applied ? 'clock_timestamp()' : 'null'})`
    await run(`insert into segment_version (campaign_id, version, tenant_id, state, sealed, progress, actor, request_id, revision, applied_at)
      values ${[
        version(1, 'applied', true),
        version(2, 'applied', true),
        version(3, 'failed', false),
        version(4, 'applied', true),
        version(5, 'applied', true),
        version(6, 'applied', true),
        version(7, 'failed', false),
        version(8, 'failed', false),
      ].join()}`)
    await daysLater(89)
    await sweepAll()
    assert.equal(await count('sync_delivery'), 3)
    assert.equal(await count('guest_file'), 3)
    assert.equal(await count('segment_version'), 8)
    await daysLater(2)
    await sweepAll()
    assert.deepEqual(await run('select id from sync_delivery'), [{ id: 'dlv_3' }])
    assert.deepEqual(await run('select id from guest_file'), [{ id: 'gf_3' }])
    assert.deepEqual(
      (await run<{ version: number }>('select version from segment_version order by 1')).map(
        (row) => row.version,
      ),
      [2, 4, 5, 6, 8],
    )
  })

  it('keeps a do-not-call submission while an entry of it holds, and for five years after', async () => {
    const submission = (number: number) =>
      `(select number from dnc_submission where id = 'dnc_${number}')`
    await run(`insert into dnc_submission (id, tenant_id, dnc_list_id, kind, state, epoch, actor, request_id, owner, accepted_at, applied_at)
      select 'dnc_' || n, 'default', 'd', case n when 3 then 'remove' else 'add' end, 'applied', n, 'me', 'req', 'me', clock_timestamp(), clock_timestamp()
      from generate_series(1, 4) as n`)
    const entry = (n: number, column: string, value: string) =>
      run(`insert into dnc_entry (subject, submission, scope, chunk_seq, place, subject_kind, reason, ${column})
        values ('00000000-0000-0000-0000-00000000000${n}', ${submission(n)}, 0, 0, 0, 1, 2, ${value})`)
    // The first is in force, the second was ended by a removal, and the third ends by its expiry.
    await entry(1, 'closed_by', 'null')
    await entry(2, 'closed_by', submission(3))
    await entry(3, 'closed_by', 'null')
    await entry(4, 'expires_at', 'clock_timestamp()')
    await daysLater(5 * 365 - 2)
    assert.equal(await sweep('do-not-call-submissions'), 0)
    await daysLater(3)
    // The removal itself suppresses nobody, so it is not kept longer.
    assert.ok((await sweep('do-not-call-submissions')) >= 2)
    assert.deepEqual(
      await run(`select id from dnc_submission where id like 'dnc\\__' order by id`),
      [{ id: 'dnc_1' }],
    )
    assert.equal(await count('dnc_entry'), 1)
  })

  it('deletes in one run all do-not-call submissions that are due', async () => {
    await run(`insert into dnc_submission (id, tenant_id, dnc_list_id, kind, state, epoch, actor, request_id, owner, accepted_at, applied_at)
      select 'dnc_many_' || n, 'default', 'd', 'add', 'applied', 100 + n, 'me', 'req', 'me', clock_timestamp(), clock_timestamp()
      from generate_series(1, 45) as n`)
    await daysLater(5 * 365 + 1)
    await sweep('do-not-call-submissions')
    assert.equal(await count(`dnc_submission where id like 'dnc_many_%'`), 0)
  })

  it('deletes blocks of the audit after five years, and the chain says how far', async () => {
    const addBlock = async (): Promise<void> => {
      await store.audit.append([audit('key.revoked', ids.newId('key'))])
      await chain()
    }
    await addBlock()
    const { block: first } = await store.auditReader.state()
    await addBlock()
    assert.equal(await sweep('audit-entries'), 0)
    // What a person who owns the database can do: set the clock of five years ago.
    await run(`begin; set local session_replication_role = 'replica';
      update audit_block set at = '2020-01-01T00:00:00.000000Z' where block <= ${first}; commit`)
    assert.equal(await sweep('audit-entries'), 1)
    assert.equal(await sweep('audit-entries'), 0)
    assert.equal(await count(`audit_block where block <= ${first}`), 0)
    const verifier = createReadAudit({ reader: store.auditReader, signingKeys: store.signing })
    const verified = await verifier.verify({ fromBlock: null, blocks: 1_000, head: null })
    assert.deepEqual([verified.ok, verified.faults, verified.firstBlock], [true, [], first + 1])
  })
})
