import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { GatewayProblem } from '../../../src/domain/problems/problem.ts'
import { brokenSums } from '../../../src/domain/uploads/upload.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { addEntries } from '../../support/do-not-call/dnc-entries.ts'
import { CALLER, createWorkingGateway } from '../../support/gateway/working-gateway.ts'

let numbers = 0
/** A number that no other test of the file has. */
const number = (): string => `+1212555${String((numbers += 1)).padStart(4, '0')}`

eachHome('A contact that is named by a do-not-call entry', (home) => {
  let store: Store
  let lists = 0
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())
  const gateway = () => createWorkingGateway(store, `dnc-${(lists += 1)}`)
  const ledgerOf = async (id: string, outcomes: string[] = []) => {
    const { rows } = await store.uploads.ledger(id, { outcomes, afterLine: 0, limit: 100 })
    return rows.map(({ contactId, outcome, code }) => [contactId, outcome, code])
  }

  it('is suppressed at intake, counted and named in the ledger, and never sent', async () => {
    const g = gateway()
    const [a, b, c] = [number(), number(), number()]
    await addEntries(store, [b], { reason: 1 })
    await addEntries(store, [b], { reason: 3 })
    const { id } = await g.uploadContacts([
      { id: 'a', phone: a },
      { id: 'b', phone: b },
      { id: 'c', phone: c },
    ])
    const staged = await g.find(id)
    assert.deepEqual([staged.counts.accepted, staged.counts.suppressed], [2, 1])
    assert.deepEqual(brokenSums(staged.counts, false), [])
    await g.work()
    const ended = await g.find(id)
    assert.deepEqual([ended.state, ended.counts.delivered], ['completed', 2])
    assert.deepEqual(g.genesys.sent.flatMap(({ contactIds }) => contactIds).toSorted(), ['a', 'c'])
    const { rows } = await store.uploads.ledger(id, {
      ...{ outcomes: ['suppressed'], afterLine: 0, limit: 9 },
    })
    assert.deepEqual(
      rows.map(({ contactId, code, suppressedBy }) => [contactId, code, suppressedBy?.reason]),
      [['b', 'suppressed-dnc', 'REGULATORY']],
    )
    assert.equal(rows[0]?.suppressedBy?.dncListId, 'dnc-1')
  })

  it('ends its upload at once when there is nobody else', async () => {
    const g = gateway()
    const only = number()
    await addEntries(store, [only])
    const { id } = await g.uploadContacts([{ id: 'a', phone: only }])
    const upload = await g.find(id)
    assert.deepEqual(
      [upload.state, upload.counts.suppressed, upload.delivery.batches.total],
      ['completed', 1, 0],
    )
  })

  it('is a duplicate where a later line has the contact, whose number decides', async () => {
    const g = gateway()
    const [out, free] = [number(), number()]
    await addEntries(store, [out])
    const { id } = await g.uploadContacts([
      { id: 'a', phone: out },
      { id: 'a', phone: free },
      { id: 'b', phone: free },
      { id: 'b', phone: out },
    ])
    const { counts } = await g.find(id)
    assert.deepEqual([counts.accepted, counts.duplicates, counts.suppressed], [1, 2, 1])
    assert.deepEqual(await ledgerOf(id), [
      ['a', 'duplicate', 'replaced-in-file'],
      ['a', 'accepted', null],
      ['b', 'duplicate', 'replaced-in-file'],
      ['b', 'suppressed', 'suppressed-dnc'],
    ])
    const { rows } = await store.uploads.ledger(id, { outcomes: [], afterLine: 0, limit: 9 })
    assert.deepEqual(
      rows.map(({ replacedByLine }) => replacedByLine),
      [3, null, 5, null],
    )
  })

  it('is not sent when the entry came after the 202, and that is no error', async () => {
    const g = gateway()
    const [a, b, c] = [number(), number(), number()]
    const { id } = await g.uploadContacts([
      { id: 'a', phone: a },
      { id: 'b', phone: b },
      { id: 'c', phone: c },
    ])
    await addEntries(store, [b])
    await g.work()
    const upload = await g.find(id)
    assert.deepEqual(
      [upload.state, upload.counts.delivered, upload.counts.unprocessed],
      ['completed', 2, 1],
    )
    const { rows } = await store.uploads.ledger(id, { outcomes: [], afterLine: 0, limit: 9 })
    assert.deepEqual(
      rows.map(({ suppressedBy }) => suppressedBy?.reason ?? null),
      [null, 'CUSTOMER_REQUEST', null],
    )
    assert.deepEqual(await ledgerOf(id, ['unprocessed']), [
      ['b', 'unprocessed', 'suppressed-since'],
    ])
    assert.deepEqual(g.genesys.sent.flatMap(({ contactIds }) => contactIds).toSorted(), ['a', 'c'])
  })

  it('is not sent when the entry came while its request waited for its slot, nor when between two tries', async () => {
    for (const tries of [0, 1]) {
      const g = gateway()
      const [a, b] = [number(), number()]
      const { id } = await g.uploadContacts([
        { id: 'a', phone: a },
        { id: 'b', phone: b },
      ])
      const { sendBatch } = g.genesys
      let calls = 0
      g.genesys.sendBatch = async (batch, context) => {
        calls += 1
        if (calls === 1) {
          for (let n = 0; n < tries; n += 1) await context.beforeSend?.()
          await addEntries(store, [b])
        }
        return sendBatch(batch, context)
      }
      await g.work()
      const last = g.genesys.sent.at(-1)
      assert.deepEqual(last?.contactIds, ['a'])
      assert.deepEqual(
        g.genesys.sent.flatMap(({ contactIds }) => contactIds),
        ['a'],
      )
      const upload = await g.find(id)
      assert.deepEqual([upload.state, upload.counts.unprocessed], ['completed', 1])
    }
  })

  it('makes the plan another one when the entry came after it', async () => {
    const g = gateway()
    const [a, b] = [number(), number()]
    const { id, planDigest } = await g.uploadContacts(
      [
        { id: 'a', phone: a },
        { id: 'b', phone: b },
      ],
      { apply: 'manual' },
    )
    await addEntries(store, [b])
    let changed = ''
    await assert.rejects(
      g.apply({ caller: CALLER, uploadId: id, planDigests: [planDigest] }),
      (error: unknown) => {
        assert.ok(error instanceof GatewayProblem)
        changed = String((error.about as { planDigest?: string }).planDigest)
        return error.code === 'plan-changed'
      },
    )
    await g.apply({ caller: CALLER, uploadId: id, planDigests: [changed] })
    await g.work()
    assert.deepEqual(
      g.genesys.sent.flatMap(({ contactIds }) => contactIds),
      ['a'],
    )
  })

  it('stays out of a retry', async () => {
    const g = gateway()
    const [a, b] = [number(), number()]
    const { id } = await g.uploadContacts([
      { id: 'a', phone: a },
      { id: 'b', phone: b },
    ])
    await g.control({ caller: CALLER, uploadId: id, action: 'cancel' })
    await addEntries(store, [b])
    await g.retry(id)
    const child = await g.find((await g.find(id)).children[0]!)
    assert.deepEqual([child.counts.accepted, child.counts.suppressed], [1, 1])
    await g.work()
    assert.deepEqual(
      g.genesys.sent.flatMap(({ contactIds }) => contactIds),
      ['a'],
    )
  })

  it('holds its upload while that cannot be told, and never goes as if nobody were suppressed', async () => {
    const g = gateway()
    const { id } = await g.uploadContacts([{ id: 'a', phone: number() }])
    await addEntries(store, [number()])
    const broken = `update chunk set subjects = '\\x00' where upload_id = $1`
    const { rows } = await store.sql.executeSql('select subjects from chunk where upload_id = $1', [
      id,
    ])
    await store.sql.executeSql(broken, [id])
    await g.work()
    const held = await g.find(id)
    assert.deepEqual([held.state, held.hold?.reason], ['held', 'dnc_unavailable'])
    assert.equal(g.genesys.sent.length, 0)
    await store.sql.executeSql('update chunk set subjects = $2 where upload_id = $1', [
      id,
      (rows[0] as { subjects: Buffer }).subjects,
    ])
    await g.resumeHeld(id)
    await g.work()
    assert.equal((await g.find(id)).state, 'completed')
  })

  it('is found in rows that a version before staged without digests', async () => {
    const g = gateway()
    const [a, b] = [number(), number()]
    const { id } = await g.uploadContacts([
      { id: 'a', phone: a },
      { id: 'b', phone: b },
    ])
    await store.sql.executeSql('update chunk set subjects = null where upload_id = $1', [id])
    await addEntries(store, [b])
    await g.work()
    assert.equal((await g.find(id)).hold?.reason, 'dnc_unavailable')
    await g.resumeHeld(id)
    await g.work()
    assert.deepEqual(
      g.genesys.sent.flatMap(({ contactIds }) => contactIds),
      ['a'],
    )
  })
})
