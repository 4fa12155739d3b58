import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { type EvidenceCode, inOrder } from '../../../src/domain/proof/evidence.ts'
import { keyedDigest } from '../../../src/lib/keyed-digest.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import type { EvidenceSubject } from '../../../src/workflows/ports/proof/evidence.ts'
import { createReadEvidence } from '../../../src/workflows/proof/read-evidence.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { submitEntries } from '../../support/do-not-call/dnc-submissions.ts'
import {
  loadEdition,
  makeRegistry,
  useRegistries,
} from '../../support/do-not-call/registry-editions.ts'
import { contactsOf, deliver, send } from '../../support/stages/delivered.ts'
import {
  audit,
  beginUpload,
  chunkOf,
  claimKey,
  ids,
  stageInput,
} from '../../support/stages/store-uploads.ts'

const WHOLE = { from: '2020-01-01T00:00:00.000Z', to: '2100-01-01T00:00:00.000Z' }
const phone = (value: string): EvidenceSubject => ({ kind: 'phone', value })

eachHome('What is known about one person', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    await run(`insert into tenant (id) values ('other')`)
    await run(
      `insert into tenant_grant (tenant_id, kind, object_id) values ('other', 'contact_list', '*')`,
    )
  })
  after(() => store.close())

  const run = async <Row>(text: string, values: unknown[] = []): Promise<Row[]> =>
    (await store.sql.executeSql(text, values)).rows as Row[]
  const read = async (
    subject: EvidenceSubject,
    tenantId = 'default',
    times = WHOLE,
    uploads: Pick<Store['uploads'], 'ledger'> = store.uploads,
  ) => {
    const reading = createReadEvidence({
      ...{ evidence: store.evidence, uploads, audit: store.audit },
      ...{ digestKey: store.digestKey, ids },
    })
    const caller = { tenantId, keyId: 'key_1', scopes: ['audit'] as const, requestId: 'req' }
    return reading(caller, { subject, ...times, cursor: null })
  }
  const codes = async (...asked: Parameters<typeof read>): Promise<EvidenceCode[]> =>
    (await read(...asked)).items.map(({ code }) => code)

  it('is what its own entries say in words, what ended them, and nothing of other tenants', async () => {
    const ann = '+14155550101'
    const terms = { source: 'crm', originalReason: 'asked', receivedAt: '2026-01-02T03:04:05.000Z' }
    const first = await submitEntries(store, [{ subject: ann, ...terms, reason: 'UNSPECIFIED' }])
    await submitEntries(store, [{ subject: ann }], { tenantId: 'other' })
    const removal = await submitEntries(store, [{ subject: ann }], { kind: 'remove' })
    const { items } = await read(phone(ann))
    assert.deepEqual(
      items.map(({ code, id }) => [code, id]),
      [
        ['entry-accepted', first],
        ['entry-removed', removal],
        ['removal-accepted', removal],
      ],
    )
    const [{ about, auditEntryId }, ended] = items as [(typeof items)[0], (typeof items)[0]]
    assert.deepEqual(
      [about.dncListId, about.reason, about.originalReason, about.source, about.receivedAt],
      ['dnc-1', 'UNSPECIFIED', 'asked', 'crm', terms.receivedAt],
    )
    assert.equal(ended.about.entryOf, first)
    const [entry] = await run<{ action: string; object: string }>(
      'select action, object from audit_entry where id = $1',
      [auditEntryId],
    )
    assert.deepEqual([entry?.action, entry?.object], ['dnc.accepted', first])
    assert.deepEqual(await codes(phone(ann), 'other'), ['entry-accepted'])
    assert.deepEqual(await codes({ kind: 'email', value: 'ann@example.com' }), [])
  })

  it('has releases of what was quarantined, and of nothing else of the submission', async () => {
    const [swiss, american] = ['+41446681800', '+14155550102']
    const id = await submitEntries(store, [
      { subject: swiss, quarantined: true },
      { subject: american },
    ])
    const submission = (await store.dncSubmissions.find('default', id))!
    await store.dncSubmissions.release(submission, audit('dnc.released', id))
    const { items } = await read(phone(swiss))
    assert.deepEqual(
      items.map(({ code }) => code),
      ['entry-accepted', 'entry-released'],
    )
    assert.equal(items[0]?.about.quarantined, true)
    assert.ok(items[1]?.auditEntryId)
    assert.deepEqual(await codes(phone(american)), ['entry-accepted'])
  })

  it('has what became of entries, those that expired, and those whose place another took', async () => {
    const bob = '+14155550103'
    const expiresAt = '2026-01-01T00:00:00.000Z'
    const first = await submitEntries(store, [{ subject: bob, expiresAt }])
    await run(
      `update dnc_entry set outcome = 1 where submission = (select number from dnc_submission where id = $1)`,
      [first],
    )
    await run('update dnc_submission set applied_at = clock_timestamp() where id = $1', [first])
    const second = await submitEntries(store, [{ subject: bob, reason: 'UNSPECIFIED' }], {
      overrides: true,
    })
    await run(
      `update dnc_entry set closed_by = (select number from dnc_submission where id = $2)
       where submission = (select number from dnc_submission where id = $1)`,
      [first, second],
    )
    const { items } = await read(phone(bob))
    assert.deepEqual(
      items.map(({ code, id, about }) => [code, id, about.outcome ?? null]),
      [
        ['entry-expired', first, null],
        ['entry-accepted', first, null],
        ['entry-applied', first, 'created'],
        ['entry-accepted', second, null],
        ['entry-overridden', second, null],
      ],
    )
    assert.equal(items[0]?.at, '2026-01-02T00:00:00.000Z')
  })

  it('has rows by their digests and rejected ones by their cells, with their requests', async () => {
    const cat = '+14155550104'
    const list = `list-${ids.newUuid()}`
    const upload = await deliver(
      store,
      list,
      contactsOf(store, { c1: ['+14155550999'], c2: [cat] }),
    )
    const id = await beginUpload(store, list)
    const rejected = {
      line: 3,
      code: 'contact-id-invalid',
      column: 'id',
      cells: ['x', '415 555 0104'],
    }
    const chunk = { ...chunkOf(0, 2, ['c3']), lastLine: 3, rejected: [rejected] }
    await store.uploads.appendChunks(id, [chunk])
    const key = ids.newUuid()
    await claimKey(store, key)
    await store.uploads.stage(stageInput(id, chunk, key))
    const { items, uploadsWithoutRows } = await read(phone(cat))
    assert.deepEqual(
      items.map(({ code, id: of, about }) => [code, of, about.line, about.contactId]),
      [
        ['row-accepted', upload.id, 3, 'c2'],
        ['row-tried', upload.id, 3, 'c2'],
        ['row-delivered', upload.id, 3, 'c2'],
        ['row-rejected', id, 3, null],
      ],
    )
    assert.deepEqual([items[2]?.about.timeOf, items[3]?.about.match], ['request', 'cells'])
    for (const { code, auditEntryId } of items) assert.ok(auditEntryId, code)
    assert.deepEqual([uploadsWithoutRows, await codes(phone(cat), 'other')], [0, []])

    // Retention deletes the key after the rows were searched, but before a row is read.
    const deleteKey = () => run('update upload set data_key = null where id = $1', [upload.id])
    const inBetween = await read(phone(cat), 'default', WHOLE, {
      ledger: async (...asked) => {
        await deleteKey()
        return store.uploads.ledger(...asked)
      },
    })
    assert.deepEqual(
      inBetween.items.map(({ code }) => code),
      ['row-rejected'],
    )
    const after = await read(phone(cat))
    assert.deepEqual([after.items.length, after.uploadsWithoutRows], [1, 1])
  })

  it('has no more of rows that a request has not settled than that it was tried', async () => {
    const dan = '+14155550105'
    const list = `list-${ids.newUuid()}`
    const { claim } = await send(store, list, contactsOf(store, { d: [dan] }))
    assert.deepEqual(await codes(phone(dan)), ['row-accepted', 'row-tried'])
    await store.lanes.release(claim, 60_000)
  })

  it('has the contacts that an entry found, without where another tenant had them from', async () => {
    const eve = '+14155550106'
    const list = `list-${ids.newUuid()}`
    const upload = await deliver(store, list, contactsOf(store, { e: [eve] }))
    const submission = await submitEntries(store, [{ subject: eve }], { tenantId: 'other' })
    for (let step = await store.lookBack.step(); step !== null;) step = await store.lookBack.step()
    const mine = (await read(phone(eve))).items.find(({ code }) => code === 'contact-found')
    assert.deepEqual(
      [mine?.id, mine?.about.uploadId, mine?.about.line, mine?.about.contactListId],
      [submission, upload.id, 2, list],
    )
    const theirs = (await read(phone(eve), 'other')).items
    assert.deepEqual(
      theirs.map(({ code, about }) => [code, about.uploadId ?? null]),
      [
        ['entry-accepted', null],
        ['contact-found', null],
      ],
    )
    await run(
      `update dnc_retraction set state = 'reported', settled_at = clock_timestamp() where state = 'open'`,
    )
    assert.deepEqual((await codes(phone(eve), 'other')).at(-1), 'contact-reported')
  })

  it('has the editions that hold the number, from when they were in force', async () => {
    const [fay, number] = ['+12015550107', 12_015_550_107]
    await makeRegistry(store, 'evidence')
    await useRegistries(store, 'default', ['evidence'])
    const first = await loadEdition(store, 'evidence', [number])
    const second = await loadEdition(store, 'evidence', [number, number + 1], {
      change: 'remove',
      allowShrink: true,
    })
    const { items } = await read(phone(fay))
    assert.deepEqual(
      items.map(({ code, id, about }) => [
        code,
        id,
        about.registry,
        about.inForceAt,
        about.replacedAt,
      ]),
      [['registry-listed', first.id, 'evidence', first.currentAt, second.currentAt]],
    )
    const from = new Date(Date.parse(first.currentAt!) + 1).toISOString()
    const [within] = (await read(phone(fay), 'default', { from, to: WHOLE.to })).items
    assert.deepEqual([within?.at, within?.about.inForceAt], [from, first.currentAt])
    const later = { from: second.currentAt!, to: WHOLE.to }
    assert.deepEqual(await codes(phone(fay), 'default', later), [])
    await store.registries.remove({
      ...{ name: 'evidence', id: first.id, audit: audit('registry.edition_deleted', first.id) },
    })
    assert.deepEqual(await codes(phone(fay)), ['registry-unknown'])
    assert.deepEqual(await codes(phone(fay), 'other'), [])
    await useRegistries(store, 'default', [])
  })

  it('has the erasures of the person, by digest', async () => {
    const gus = '+14155550108'
    const id = ids.newId('era')
    const key = ids.newUuid()
    await claimKey(store, key)
    await store.erasures.ask({
      ...{ id, tenantId: 'default', actor: 'key_1', audit: audit('erasure.accepted', id) },
      subject: { kind: 'phone', contactListId: null, value: gus },
      scope: { tenantId: 'default', method: 'POST', path: '/x', key, owner: 'me' },
      answerOf: () => ({ fingerprint: 'print', status: 202, body: '{}', location: null }),
    })
    const { items, subjectDigest } = await read(phone(gus))
    assert.deepEqual(
      items.map((item) => [item.code, item.id, item.auditEntryId !== null]),
      [['erasure-accepted', id, true]],
    )
    assert.equal(subjectDigest, keyedDigest(store.digestKey, gus).toString('hex'))
    assert.deepEqual(await codes(phone(gus), 'other'), [])
  })

  it('is read by the time, of uploads also where they were over by then', async () => {
    const hal = '+14155550110'
    await deliver(store, `list-${ids.newUuid()}`, contactsOf(store, { h: [hal] }))
    const all = inOrder((await read(phone(hal))).items)
    const delivered = all.at(-1)!
    assert.equal(delivered.code, 'row-delivered')
    const before = { from: WHOLE.from, to: all[0]!.at }
    const during = { from: delivered.at, to: WHOLE.to }
    assert.deepEqual(await codes(phone(hal), 'default', before), [])
    assert.equal((await codes(phone(hal), 'default', during)).at(-1), 'row-delivered')
    const after = { from: '2099-01-01T00:00:00.000Z', to: WHOLE.to }
    assert.deepEqual(await codes(phone(hal), 'default', after), [])
  })
})
