import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { ERASURE_STEPS, type ErasureStep } from '../../../src/domain/erasures/erasure.ts'
import type { ErasureSubject } from '../../../src/domain/erasures/erasure.ts'
import { createBitmap, setBit } from '../../../src/lib/bitmap.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { RowsWithheld } from '../../../src/workflows/ports/delivery/tries.ts'
import type { ErasureWork } from '../../../src/workflows/ports/erasures/erasures.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { contactsOf, deliver, send, settleSent } from '../../support/stages/delivered.ts'
import {
  audit,
  beginUpload,
  claimKey,
  ids,
  stageInput,
} from '../../support/stages/store-uploads.ts'

const ALL_BUSY = { contacts: [], busy: 1, jobs: [], later: null }

eachHome('Erasures', (home) => {
  let store: Store
  const run = async <T = Record<string, unknown>>(text: string): Promise<T[]> =>
    (await store.sql.executeSql(text)).rows as T[]
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  const list = () => `list-${ids.newUuid()}`
  const ask = async (subject: ErasureSubject): Promise<string> => {
    const id = ids.newId('era')
    const key = ids.newUuid()
    await claimKey(store, key)
    const answer = await store.erasures.ask({
      ...{ id, tenantId: 'default', subject, actor: 'key_1' },
      scope: { tenantId: 'default', method: 'POST', path: '/x', key, owner: 'me' },
      answerOf: () => ({ fingerprint: 'print', status: 202, body: '{}', location: null }),
      audit: audit('erasure.accepted', id),
    })
    assert.ok(answer !== null)
    return id
  }
  const claim = async (id: string, owner = 'me'): Promise<ErasureWork> => {
    await run(
      `update erasure set lease_until = null, ready_at = case id when '${id}' then clock_timestamp() else 'infinity' end`,
    )
    return (await store.erasures.claim(owner))!
  }
  const steps = async (work: ErasureWork, upTo: ErasureStep): Promise<void> => {
    const from = ERASURE_STEPS.indexOf(work.position.step)
    for (const step of ERASURE_STEPS.slice(from, ERASURE_STEPS.indexOf(upTo) + 1)) {
      if (step === 'genesys_contacts') continue
      for (
        let after = step === work.position.step ? work.position.after : null, more = true;
        more;
      ) {
        after = await store.erasures.eraseLot(work, step, after)
        more = after !== null
      }
    }
  }
  const phone = (value: string): ErasureSubject => ({ kind: 'phone', contactListId: null, value })
  const complete = (work: ErasureWork) =>
    store.erasures.complete(work, () => audit('erasure.completed', work.erasure.id))

  it('keeps the rows of a request from going out that was written before, and whose try was not', async () => {
    const name = list()
    const chunk = contactsOf(store, { ann: ['+12125550101'], bob: ['+12125550102'] })
    const id = await beginUpload(store, name)
    await store.uploads.appendChunks(id, [chunk])
    const key = ids.newUuid()
    await claimKey(store, key)
    await run(`update lane set ready_at = 'infinity'`)
    const { epochs: suppressionEpochs } = await store.suppressions.standingOf(name)
    await store.uploads.stage({ ...stageInput(id, chunk, key), suppressionEpochs })
    const lane = (await store.lanes.claim('me'))!
    const sent = createBitmap(2)
    setBit(sent, 0)
    setBit(sent, 1)
    const batch = { id: ids.newUuid(), chunkSeq: 0, fromRow: 0, toRow: 2, sent }
    await store.delivery.intend(lane, id, batch, audit('upload.batch.intended', batch.id))

    const work = await claim(await ask(phone('+12125550101')))
    await steps(work, 'rows')
    assert.deepEqual(await store.erasures.contactsToDelete(work, 10), ALL_BUSY)
    await assert.rejects(store.delivery.recordTry(lane, batch.id), (error) => {
      assert.ok(error instanceof RowsWithheld)
      assert.deepEqual(
        error.rows.map(({ row, verdict }) => [row, verdict.code]),
        [[0, 'erased']],
      )
      return true
    })
    const staged = await store.uploads.readChunk(id, 0)
    assert.deepEqual(staged.contactIds, ['', 'bob'])
    assert.deepEqual(staged.cells, ['', 'cell-bob'])
    assert.deepEqual(staged.lines, [2, 3])
    await store.lanes.release(lane, 60_000)
  })

  it('waits for rows that are on their way, and keeps out of the register what they bring', async () => {
    const name = list()
    const sent = await send(store, name, contactsOf(store, { cy: ['+12125550103'] }))
    const work = await claim(await ask(phone('+12125550103')))
    await steps(work, 'guest_files')
    assert.deepEqual(await store.erasures.contactsToDelete(work, 10), ALL_BUSY)
    // The holder of the lane still has the row as it was before the erasure.
    const held = { ...sent, chunk: sent.chunk }
    const { claim: lane, upload, batchId } = held
    await store.delivery.settle(lane, {
      ...{ uploadId: upload.id, batchId, results: [] },
      counts: { delivered: 1, unchanged: 0, failed: 0, unprocessed: 0 },
      chunk: { contactIds: ['cy'], lines: [2] },
      delivered: [{ contactId: 'cy', row: 0, line: 2, contentHash: Buffer.alloc(16, 1) }],
      audit: audit('upload.batch.settled', batchId),
    })
    assert.equal(await store.delivery.registerSize('default', name), 0)
    const { contacts, busy } = await store.erasures.contactsToDelete(work, 10)
    assert.deepEqual(
      [contacts, busy],
      [[{ contactListId: name, contactId: 'cy', refusals: 0, failures: 0 }], 0],
    )
    await store.erasures.noteContact(work, contacts[0]!, 'deleted', [])
    await steps({ ...work, position: { step: 'register', after: null } }, 'retractions')
    assert.equal(await store.delivery.registerSize('default', name), 0)
    const done = await complete(work)
    assert.deepEqual([done.state, done.places.register?.erased], ['completed', 0])
    await store.lanes.release(lane, 60_000)
  })

  it('is gone on with by another instance, which counts nothing twice; the first one writes nothing more', async () => {
    const name = list()
    for (let n = 0; n < 60; n += 1) {
      await deliver(store, name, contactsOf(store, { [`dee-${n}`]: ['+12125550104'] }))
    }
    const id = await ask(phone('+12125550104'))
    const first = await claim(id, 'first')
    await steps(first, 'found')
    const after = await store.erasures.eraseLot(first, 'rows', null)
    assert.ok(after !== null, 'there is a second lot')
    const second = await claim(id, 'second')
    assert.deepEqual(second.position, { step: 'rows', after })
    await assert.rejects(store.erasures.eraseLot(first, 'rows', after), { name: 'FenceLost' })
    await steps(second, 'guest_files')
    const { contacts } = await store.erasures.contactsToDelete(second, 100)
    for (const contact of contacts) await store.erasures.noteContact(second, contact, 'gone', [])
    await steps({ ...second, position: { step: 'register', after: null } }, 'retractions')
    const done = await complete(second)
    assert.deepEqual(
      [done.places.rows, done.places.register?.erased],
      [{ found: 60, erased: 60, remains: {} }, 60],
    )
    assert.equal(await store.delivery.registerSize('default', name), 0)
  })

  it('forgets the person, and leaves nothing of the person in the clear in any table', async () => {
    const name = list()
    await settleSent(
      store,
      await send(store, name, contactsOf(store, { 'eve-long-id': ['+12125550105'] })),
    )
    await run(`insert into sync_endpoint (id, tenant_id, name, url, secret, secret_key_id, source, enabled, disabled_reason)
      values ('whe_e', 'default', 'crm', 'https://crm.example', '', 'test', 'registered', false, 'request')`)
    await run(`insert into sync_delivery (id, tenant_id, endpoint_id, event_type, object, body, state) values
      ('dlv_e', 'default', 'whe_e', 'guest_file.stored', 'gf_1', '{"fileName":"call 212-555-0105 eve.png"}', 'pending'),
      ('dlv_f', 'default', 'whe_e', 'guest_file.stored', 'gf_1', '{"fileName":"+1 212 555 0105.png"}', 'pending')`)
    await run(`insert into dnc_submission (id, tenant_id, dnc_list_id, kind, state, epoch, actor, request_id, owner, source) values
      ('dns_e', 'default', 'dnc-1', 'add', 'applied', 1, 'key', 'req', 'me', '{"fileName":"stop +1 212 555 0105.csv","format":"csv"}')`)
    const id = await ask(phone('+12125550105'))
    const work = await claim(id)
    await steps(work, 'guest_files')
    const [submission] = await run<{ source: object }>(
      `select source from dnc_submission where id = 'dns_e'`,
    )
    assert.deepEqual(submission?.source, { fileName: 'erased.csv', format: 'csv' })
    for (const contact of (await store.erasures.contactsToDelete(work, 10)).contacts) {
      await store.erasures.noteContact(work, contact, 'deleted', [])
    }
    await steps({ ...work, position: { step: 'register', after: null } }, 'retractions')
    const done = await complete(work)
    assert.equal(
      done.places.deliveries?.erased,
      1,
      'a number without its country is not taken for this one',
    )
    const tables = await run<{ name: string }>(`select relname as name from pg_class
      where relnamespace = 'public'::regnamespace and relkind = 'r'`)
    for (const { name: table } of tables) {
      const [row] = await run<{ text: string | null }>(
        `select string_agg(t::text, ' ') as text from "${table}" t`,
      )
      for (const value of ['12125550105', 'eve-long-id', '+1 212 555 0105']) {
        assert.ok(!row?.text?.includes(value), `${value} in ${table}`)
      }
    }
    const [kept] = await run<{ sealed_subject: Buffer | null; n: number }>(
      `select sealed_subject, (select count(*)::int from erasure_contact where erasure_id = '${id}') as n from erasure where id = '${id}'`,
    )
    assert.deepEqual([kept?.sealed_subject, kept?.n], [null, 0])
  })

  it('finds whom the register alone still knows, past the days of the rows', async () => {
    const name = list()
    const upload = await deliver(store, name, contactsOf(store, { flo: ['+12125550106'] }))
    await run(`update upload set data_key = null, data_key_id = null where id = '${upload.id}'`)
    const work = await claim(await ask(phone('+12125550106')))
    await steps(work, 'guest_files')
    assert.deepEqual((await store.erasures.contactsToDelete(work, 10)).contacts, [
      { contactListId: name, contactId: 'flo', refusals: 0, failures: 0 },
    ])
  })
})
