import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import {
  followEditions,
  loadEdition,
  makeRegistry,
  receiveEdition,
  useRegistries,
} from '../../support/do-not-call/registry-editions.ts'
import { CALLER, createWorkingGateway } from '../../support/gateway/working-gateway.ts'

let made = 0
/** A number that no other test of the file has. */
const number = (): number => 12_125_550_000 + (made += 1)
const people = (...phones: number[]) =>
  phones.map((phone, at) => ({ id: 'abcdef'[at]!, phone: `+${phone}` }))

eachHome('An edition that comes into force beside deliveries', (home) => {
  let place: Parameters<typeof openTestStore>[0]
  let store: Store
  let lists = 0
  before(async () => {
    place = await home.fresh()
    store = await openTestStore(place)
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    await makeRegistry(store, 'ftc')
    await useRegistries(store, 'default', ['ftc'])
    await loadEdition(store, 'ftc', [number()])
  })
  after(() => store.close())

  const gateway = () => createWorkingGateway(store, `list-${(lists += 1)}`)
  const add = (phone: number) => loadEdition(store, 'ftc', [phone], { change: 'add' })
  /** Brings the edition into force, without the work that follows. */
  const switchTo = async (phone: number): Promise<void> => {
    await receiveEdition(store, 'ftc', `${phone}\n`, { change: 'add' })
    while ((await store.registryWork.bringIntoForce()) !== null);
  }
  const sentTo = (g: ReturnType<typeof gateway>): string[] =>
    g.genesys.sent.flatMap(({ contactIds }) => contactIds).toSorted()
  const unprocessed = async (id: string) => {
    const { rows } = await store.uploads.ledger(id, {
      ...{ outcomes: ['unprocessed'], afterLine: 0, limit: 9 },
    })
    return rows.map(({ contactId, code, suppressedBy }) => [
      contactId,
      code,
      suppressedBy?.registry ?? null,
    ])
  }
  const SINCE = [['b', 'suppressed-since', 'ftc']]
  const retractions = async (uploadId: string) => {
    const { rows } = await store.sql.executeSql(
      `select line, r.state, submission, e.registry from dnc_retraction r join registry_edition e on e.number = r.edition
       where upload_id = $1 order by line`,
      [uploadId],
    )
    return rows as { line: number; state: string }[]
  }

  it('keeps contacts back that were accepted before it, and the upload is completed', async () => {
    const g = gateway()
    const [a, b, c] = [number(), number(), number()]
    const { id, counts } = await g.uploadContacts(people(a, b, c))
    assert.equal(counts.suppressed, 0)
    await add(b)
    await g.work()
    assert.deepEqual(sentTo(g), ['a', 'c'])
    const ended = await g.find(id)
    assert.deepEqual([ended.state, ended.counts.delivered], ['completed', 2])
    assert.deepEqual(await unprocessed(id), SINCE)
  })

  it('splits a request that waits for its slot or is between two tries, and the rest goes', async () => {
    for (const tries of [0, 1]) {
      const g = gateway()
      const [a, b] = [number(), number()]
      const { id } = await g.uploadContacts(people(a, b))
      const { sendBatch } = g.genesys
      let calls = 0
      g.genesys.sendBatch = async (batch, context) => {
        calls += 1
        if (calls === 1) {
          for (let n = 0; n < tries; n += 1) await context.beforeSend?.()
          await switchTo(b)
        }
        return sendBatch(batch, context)
      }
      await g.work()
      // The next run looks up its rows in the edition a second later.
      assert.equal((await g.find(id)).hold?.reason, 'dnc_unavailable')
      assert.deepEqual(sentTo(g), [])
      await g.resumeHeld(id)
      await g.work()
      assert.deepEqual(sentTo(g), ['a'])
      assert.equal((await g.find(id)).state, 'completed')
      assert.deepEqual(await unprocessed(id), SINCE)
      assert.equal(await followEditions(store), 0, 'nobody was delivered')
    }
  })

  it('finds who was on the way to Genesys when it came, once the answer is there', async () => {
    const g = gateway()
    const [a, b] = [number(), number()]
    const { id } = await g.uploadContacts(people(a, b))
    const { sendBatch } = g.genesys
    g.genesys.sendBatch = async (batch, context) => {
      const answer = await sendBatch(batch, context)
      await switchTo(b)
      while ((await store.registryWork.lookBack()) !== null);
      return answer
    }
    await g.work()
    assert.deepEqual(sentTo(g), ['a', 'b'])
    assert.equal((await g.find(id)).counts.delivered, 2)
    assert.equal(await followEditions(store), 1)
    assert.deepEqual(await retractions(id), [
      { line: 3, state: 'open', submission: null, registry: 'ftc' },
    ])
    assert.equal(await followEditions(store), 0)
  })

  it('finds who was delivered before, in bulk and once', async () => {
    const g = gateway()
    const phones = [number(), number(), number()]
    const { id } = await g.uploadContacts(people(...phones))
    await g.work()
    await receiveEdition(store, 'ftc', `${phones[0]}\n${phones[2]}\n`, { change: 'add' })
    assert.equal(await followEditions(store), 2)
    assert.deepEqual(
      (await retractions(id)).map(({ line }) => line),
      [2, 4],
    )
    // Numbers that the edition removes are not found in any edition.
    await loadEdition(store, 'ftc', [phones[0]!], { change: 'remove' })
    assert.equal((await retractions(id)).length, 2)
  })

  it('counts for a tenant from when it begins to use the registry: what waits, and what it delivered', async () => {
    await useRegistries(store, 'default', [])
    const g = gateway()
    const [a, b, c] = [number(), number(), number()]
    const sent = await g.uploadContacts(people(a, b))
    await g.work()
    await add(b)
    await add(c)
    assert.deepEqual(await retractions(sent.id), [])
    const waiting = await g.uploadContacts(people(a, c))
    assert.equal(waiting.counts.suppressed, 0)
    await useRegistries(store, 'default', ['ftc'])
    await followEditions(store)
    assert.deepEqual(
      (await retractions(sent.id)).map(({ line }) => line),
      [3],
    )
    await g.work()
    assert.deepEqual(await unprocessed(waiting.id), SINCE)
    assert.equal((await g.find(waiting.id)).state, 'completed')
  })

  it('whose key is missing holds what is to be sent, and what comes in is looked up once the key is back', async () => {
    const [a, b] = [number(), number()]
    await add(b)
    const g = gateway()
    const before = await g.uploadContacts(people(a, b))
    assert.equal(before.counts.suppressed, 1)
    await store.sql.executeSql(`update registry_edition set data_key_id = 'lost:' || data_key_id
      where state = 'current'`)
    const blind = await g.uploadContacts(people(a, b))
    assert.deepEqual([blind.counts.accepted, blind.counts.suppressed], [2, 0])
    const { rows: looks } = await store.sql.executeSql(
      'select registries from upload where id = $1',
      [blind.id],
    )
    assert.deepEqual(looks, [{ registries: null }], 'nothing counts as looked up')
    await g.work()
    assert.deepEqual(sentTo(g), ['a'], 'of the upload that had been looked up')
    const held = await g.find(blind.id)
    assert.deepEqual([held.state, held.hold?.reason], ['held', 'dnc_unavailable'])
    await store.sql.executeSql(
      `update registry_edition set data_key_id = substr(data_key_id, 6) where state = 'current'`,
    )
    await g.resumeHeld(blind.id)
    await g.work()
    const ended = await g.find(blind.id)
    assert.deepEqual([ended.state, ended.counts.unprocessed], ['completed', 1])
    assert.deepEqual(await unprocessed(blind.id), SINCE)
    assert.equal(sentTo(g).includes('b'), false)
  })

  it('is demanded by DNC_REQUIRED_REGISTRIES: without it, or an own use of it, uploads of its country are held', async () => {
    await store.close()
    const rules = { ageDaysOf: () => 31, required: new Map([['US', 'needed']]) }
    store = await openTestStore(place, { registryRules: rules })
    const [a, b] = [number(), number()]
    const g = gateway()
    const held = async (id: string) => {
      await g.work()
      const { state, hold } = await g.find(id)
      return [state, hold?.reason, hold?.countries]
    }
    const { id } = await g.uploadContacts(people(a, b))
    assert.deepEqual(await held(id), ['held', 'dnc_stale', ['US']])
    const british = createWorkingGateway(store, `list-${(lists += 1)}`)
    const other = await british.uploadContacts([{ id: 'g', phone: '+442079460018' }])
    await british.work()
    assert.equal((await british.find(other.id)).state, 'completed')
    await makeRegistry(store, 'needed')
    await useRegistries(store, 'default', ['ftc', 'needed'])
    await g.control({ caller: CALLER, uploadId: id, action: 'resume' })
    assert.deepEqual(await held(id), ['held', 'dnc_stale', ['US']], 'it has no edition')
    await loadEdition(store, 'needed', [b])
    await useRegistries(store, 'default', ['ftc'])
    await g.control({ caller: CALLER, uploadId: id, action: 'resume' })
    assert.deepEqual(await held(id), ['held', 'dnc_stale', ['US']], 'no tenant uses it')
    await useRegistries(store, 'default', ['ftc', 'needed'])
    await g.control({ caller: CALLER, uploadId: id, action: 'resume' })
    await g.work()
    assert.equal((await g.find(id)).state, 'completed')
    assert.deepEqual(sentTo(g), ['a'])
  })
})
