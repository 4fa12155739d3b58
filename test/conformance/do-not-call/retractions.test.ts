import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { Store } from '../../../src/store/homes/open-store.ts'
import { RowsWithheld } from '../../../src/workflows/ports/delivery/tries.ts'
import type { Retraction } from '../../../src/workflows/ports/do-not-call/retractions.ts'
import { eachHome } from '../../support/databases/database.ts'
import {
  ANN,
  BO,
  CY,
  idsOf,
  look,
  openIn,
  openStore,
  PEOPLE,
} from '../../support/do-not-call/delivered-before.ts'
import { addEntries } from '../../support/do-not-call/dnc-entries.ts'
import { contactsOf, deliver, send, settleSent } from '../../support/stages/delivered.ts'
import { audit, ids } from '../../support/stages/store-uploads.ts'
const settleAs = async (
  store: Store,
  list: string,
  state: 'retracted' | 'gone' | 'reported',
  found: readonly Retraction[],
): Promise<void> => {
  await store.sql.executeSql(
    `update dnc_retraction_lane set ready_at = now() where contact_list_id = $1`,
    [list],
  )
  const claim = await store.retractions.claim('me')
  assert.ok(claim)
  await store.retractions.settle(claim, found, state, [audit('dnc.retracted', 'dns')])
  await store.retractions.release(claim, null)
}

eachHome('Contacts that were delivered before an entry', (home) => {
  let store: Store
  before(async () => {
    store = await openStore(await home.fresh())
  })
  after(() => store.close())

  it('are found by phone and address, however many they have, and nobody else is', async () => {
    await deliver(store, 'found', contactsOf(store, PEOPLE))
    await addEntries(store, [ANN, BO, CY, '+12125550199'])
    assert.equal(await look(store), 3)
    assert.deepEqual(idsOf(await openIn(store, 'found')), ['ann', 'bo', 'cy'])
    assert.equal(await look(store), 0)
    await store.sql.executeSql('delete from dnc_submission')
  })

  it('are found by entries at the edges of steps and in later chunks', async () => {
    await deliver(store, 'edges', contactsOf(store, PEOPLE))
    const values = Array.from({ length: 4_001 }, (_, at) => `+44${7_400_000_000 + at}`)
    for (const [place, value] of [ANN, BO, CY, PEOPLE.dan[0]!].entries()) {
      values[[0, 1_998, 1_999, 4_000][place]!] = value
    }
    await addEntries(store, values, { lists: ['edges'] })
    await store.sql.executeSql('update dnc_entry set chunk_seq = 3 where place > 3000')
    assert.equal(await look(store), 4)
    assert.deepEqual(idsOf(await openIn(store, 'edges')), ['ann', 'bo', 'cy', 'dan'])
    await store.sql.executeSql('delete from dnc_submission')
  })

  it('are found only in lists that the entry is for, and not where the list was cleared since', async () => {
    for (const list of ['scoped', 'not-scoped', 'cleared']) {
      await deliver(store, list, contactsOf(store, PEOPLE))
    }
    await store.sql.executeSql(
      `insert into list_clearing (list_id, cleared_seq) values ('cleared', 1000000)`,
    )
    await addEntries(store, [ANN], { lists: ['scoped', 'cleared'] })
    assert.equal(await look(store), 1)
    assert.deepEqual(idsOf(await openIn(store, 'scoped')), ['ann'])
    await store.sql.executeSql('delete from dnc_submission')
  })

  it('are not found by entries of a tenant that is not granted the list', async () => {
    await store.sql.executeSql(
      `with t as (insert into tenant (id) values ('stranger') returning id)
       insert into tenant_grant (tenant_id, kind, object_id) select id, 'contact_list', 'elsewhere' from t`,
    )
    await deliver(store, 'mine', contactsOf(store, PEOPLE))
    await addEntries(store, [ANN], { tenantId: 'stranger' })
    assert.equal(await look(store), 0)
    // From the grant on, the list's contacts concern the tenant.
    const grants = { contactLists: ['elsewhere', 'mine'] }
    await store.tenants.change({
      ...{ tenantId: 'stranger', version: 1, change: { grants } },
      audit: audit('tenant.changed', 'stranger'),
    })
    assert.equal(await look(store), 1)
    assert.deepEqual(idsOf(await openIn(store, 'mine')), ['ann'])
    await store.sql.executeSql('delete from dnc_submission')
  })

  it('are reported to their tenant, for each submission, if a person must remove them', async () => {
    const about = { days: 30, limit: 10, editions: true }
    await deliver(store, 'by-hand', contactsOf(store, PEOPLE))
    await addEntries(store, [ANN, BO], { lists: ['by-hand'] })
    await look(store)
    const found = await openIn(store, 'by-hand')
    await settleAs(store, 'by-hand', 'retracted', found.slice(0, 1))
    assert.deepEqual(await store.retractions.reported('default', about), [])
    await settleAs(store, 'by-hand', 'reported', found.slice(1))
    const [told, ...more] = await store.retractions.reported('default', about)
    assert.deepEqual([told?.by, told?.contacts], [{ submissionId: found[0]!.submissionId }, 1])
    assert.deepEqual([more, await store.retractions.reported('stranger', about)], [[], []])
    await store.sql.executeSql(
      `update dnc_retraction set settled_at = settled_at - interval '31 days' where state = 'reported'`,
    )
    assert.deepEqual(await store.retractions.reported('default', about), [])
    await store.sql.executeSql('delete from dnc_submission')
  })

  it('are taken back once: again only where they came to Genesys again', async () => {
    await deliver(store, 'once', contactsOf(store, PEOPLE))
    await addEntries(store, [ANN], { lists: ['once'] })
    await look(store)
    const [ann] = await openIn(store, 'once')
    await settleAs(store, 'once', 'retracted', [ann!])
    assert.deepEqual(await openIn(store, 'once'), [])
    await addEntries(store, [ANN], { lists: ['once'] })
    await look(store)
    assert.deepEqual(await openIn(store, 'once'), [])
    await store.sql.executeSql('update dnc_entry set closed_by = 1')
    await deliver(store, 'once', contactsOf(store, PEOPLE))
    await addEntries(store, [ANN], { lists: ['once'] })
    await look(store)
    assert.deepEqual(idsOf(await openIn(store, 'once')), ['ann'])
    await store.sql.executeSql('delete from dnc_submission')
  })

  it('leave their list with nothing to come back for, once all of them are settled', async () => {
    const claim = { contactListId: 'none', owner: 'me', fence: '1', leaseMs: 1 }
    assert.equal(await store.retractions.next(claim, 10), null)
  })

  it('are told in a report, with the upload and the line, and the submission says so', async () => {
    const upload = await deliver(store, 'told', contactsOf(store, PEOPLE))
    await addEntries(store, [BO], { lists: ['told'] })
    await look(store)
    const { rows } = await store.sql.executeSql('select id from dnc_submission')
    const submission = await store.dncSubmissions.find('default', (rows[0] as { id: string }).id)
    assert.ok(submission !== null && submission.notes[0]?.includes('delivered-before'))
    const page = await store.retractions.page(submission, { after: '0', limit: 10 })
    const [found] = page.items
    assert.deepEqual(
      [found?.uploadId, found?.line, found?.contactId, found?.state],
      [upload.id, 3, 'bo', 'open'],
    )
    const { looked, counts } = await store.retractions.summary(submission)
    assert.deepEqual([looked, counts.open, counts.reported], [true, 1, 0])
    await settleAs(store, 'told', 'reported', await openIn(store, 'told'))
    assert.equal((await store.retractions.summary(submission)).counts.reported, 1)
    await store.sql.executeSql('delete from dnc_submission')
  })

  it('were on the way when it came: the settlement finds them', async () => {
    const sent = await send(store, 'on-the-way', contactsOf(store, PEOPLE))
    await addEntries(store, [ANN], { lists: ['on-the-way'] })
    assert.equal(await look(store), 0)
    await settleSent(store, sent)
    assert.deepEqual(idsOf(await openIn(store, 'on-the-way')), ['ann'])
    await store.sql.executeSql('delete from dnc_submission')
  })

  it('are taken back again where an older request settles afterwards', async () => {
    await deliver(store, 'again', contactsOf(store, PEOPLE))
    const sent = await send(store, 'again', contactsOf(store, PEOPLE))
    await addEntries(store, [ANN], { lists: ['again'] })
    await look(store)
    await settleAs(store, 'again', 'retracted', await openIn(store, 'again'))
    assert.deepEqual(await openIn(store, 'again'), [])
    await settleSent(store, sent)
    assert.deepEqual(idsOf(await openIn(store, 'again')), ['ann'])
    await store.sql.executeSql('delete from dnc_submission')
  })

  it('stay open where they were opened again while they were taken back', async () => {
    await deliver(store, 'meanwhile', contactsOf(store, PEOPLE))
    const sent = await send(store, 'meanwhile', contactsOf(store, PEOPLE))
    await addEntries(store, [ANN], { lists: ['meanwhile'] })
    await look(store)
    const before = await openIn(store, 'meanwhile')
    await settleSent(store, sent)
    await settleAs(store, 'meanwhile', 'retracted', before)
    assert.deepEqual(idsOf(await openIn(store, 'meanwhile')), ['ann'])
    await store.sql.executeSql('delete from dnc_submission')
  })

  it('stay due where they were opened again while a try to take them back failed', async () => {
    await deliver(store, 'failed-try', contactsOf(store, PEOPLE))
    const sent = await send(store, 'failed-try', contactsOf(store, PEOPLE))
    await addEntries(store, [ANN], { lists: ['failed-try'] })
    await look(store)
    const [before] = await openIn(store, 'failed-try')
    await settleSent(store, sent)
    const postpone = async (retraction: Retraction): Promise<void> => {
      await store.sql.executeSql(
        `update dnc_retraction_lane set ready_at = now() where contact_list_id = 'failed-try'`,
      )
      const claim = await store.retractions.claim('me')
      assert.ok(claim)
      await store.retractions.postpone(claim, retraction, 'unreachable', 3_600_000)
      await store.retractions.release(claim, null)
    }
    await postpone(before!)
    const [again] = await openIn(store, 'failed-try')
    assert.equal(again?.contactId, 'ann')
    await postpone(again)
    assert.deepEqual(await openIn(store, 'failed-try'), [])
    await store.sql.executeSql('delete from dnc_submission')
  })

  it('went with a try whose next one withheld them: Genesys may hold them', async () => {
    const { claim, upload, batchId, chunk } = await send(
      store,
      'withheld',
      contactsOf(store, PEOPLE),
    )
    await addEntries(store, [ANN], { lists: ['withheld'] })
    await look(store)
    await assert.rejects(store.delivery.recordTry(claim, batchId), RowsWithheld)
    const rest = { id: ids.newUuid(), chunkSeq: 0, fromRow: 0, toRow: 4, sent: Buffer.of(0b1110) }
    await store.delivery.split(claim, batchId, upload.id, [rest], false)
    await store.delivery.recordTry(claim, rest.id)
    const { contactIds, lines } = await store.uploads.readChunk(upload.id, 0)
    const verdict = { outcome: 'unprocessed', code: 'suppressed-since', column: null } as const
    await store.delivery.settle(claim, {
      ...{ uploadId: upload.id, batchId: rest.id, chunk: { contactIds, lines } },
      counts: { delivered: 3, unchanged: 0, failed: 0, unprocessed: 1 },
      results: [{ line: 2, chunkSeq: 0, ...verdict }],
      delivered: [1, 2, 3].map((row) => ({
        ...{ contactId: contactIds[row]!, row, line: chunk.lines[row]! },
        contentHash: Buffer.alloc(16, 1),
      })),
      audit: audit('upload.batch.settled', rest.id),
    })
    await store.lanes.release(claim, 60_000)
    assert.deepEqual(idsOf(await openIn(store, 'withheld')), ['ann'])
    await store.sql.executeSql('delete from dnc_submission')
  })

  it('went with a request whose outcome stays unknown in a cancelled upload: Genesys may hold them', async () => {
    const { claim, upload, batchId } = await send(store, 'cancelled', contactsOf(store, PEOPLE))
    await addEntries(store, [ANN], { lists: ['cancelled'] })
    assert.equal(await look(store), 0)
    await store.sql.executeSql(
      `update upload set cancel_requested_at = now() where contact_list_id = 'cancelled'`,
    )
    const { contactIds, lines } = await store.uploads.readChunk(upload.id, 0)
    const unknown = { outcome: 'failed', code: 'outcome-unknown', column: null } as const
    await store.delivery.settle(claim, {
      ...{ uploadId: upload.id, batchId, chunk: { contactIds, lines }, delivered: [] },
      counts: { delivered: 0, unchanged: 0, failed: lines.length, unprocessed: 0 },
      results: [...lines].map((line) => ({ line, chunkSeq: 0, ...unknown })),
      audit: audit('upload.batch.settled', batchId),
    })
    await store.lanes.release(claim, 60_000)
    assert.deepEqual(idsOf(await openIn(store, 'cancelled')), ['ann'])
    await store.sql.executeSql('delete from dnc_submission')
  })

  it('had no subjects when the entry looked: filling them in finds them', async () => {
    await deliver(store, 'unfilled', contactsOf(store, PEOPLE))
    await store.sql.executeSql(
      `update contact_register set subject_1 = null, subject_2 = null, subject_3 = null, more_subjects = null
       where register_id in (select id from register where list_id = 'unfilled')`,
    )
    await addEntries(store, [ANN], { lists: ['unfilled'] })
    assert.equal(await look(store), 0)
    for (let place: Parameters<Store['registerFill']['fill']>[0] = null; ;) {
      const lot = await store.registerFill.fill(place)
      if (lot === null) break
      place = lot.place
    }
    assert.deepEqual(idsOf(await openIn(store, 'unfilled')), ['ann'])
    await store.sql.executeSql('delete from dnc_submission')
  })
})
