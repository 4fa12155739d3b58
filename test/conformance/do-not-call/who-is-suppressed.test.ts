import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { subjectDigest } from '../../../src/domain/do-not-call/subject.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { addEntries } from '../../support/do-not-call/dnc-entries.ts'
import { createWorkingGateway } from '../../support/gateway/working-gateway.ts'

let numbers = 0
/** A number that no other test of the file has. */
const number = (): string => `+1415${String(2_000_000 + (numbers += 1))}`
let lists = 0
const newList = (): string => `who-${(lists += 1)}`

eachHome('Who is suppressed for a contact list', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  const suppressed = async (list: string, ...subjects: string[]): Promise<string[]> => {
    const digests = subjects.map((one) => subjectDigest(store.digestKey, one))
    const found = await store.suppressions.suppressedAmong(list, Buffer.concat(digests))
    return subjects.filter((_, at) => found.has(digests[at]!.toString('latin1')))
  }
  /**
   * Uploads two contacts, and adds the second one to the entries after the 202. Returns what is
   * sent.
   */
  const sentAfter = async (list: string, add: (number: string) => Promise<void>) => {
    const g = createWorkingGateway(store, list)
    const [free, added] = [number(), number()]
    const { id } = await g.uploadContacts([
      { id: 'free', phone: free },
      { id: 'added', phone: added },
    ])
    await add(added)
    await g.work()
    const sent = g.genesys.sent.flatMap(({ contactIds }) => contactIds)
    return { sent: sent.toSorted((a, b) => a.localeCompare(b)), upload: await g.find(id) }
  }

  it('is who the entry names, for the lists of its scope alone', async () => {
    const [mine, other] = [newList(), newList()]
    const [scoped, everywhere] = [number(), number()]
    await addEntries(store, [scoped], { lists: [mine, 'another'] })
    await addEntries(store, [everywhere])
    assert.deepEqual(await suppressed(mine, scoped, everywhere), [scoped, everywhere])
    assert.deepEqual(await suppressed(other, scoped, everywhere), [everywhere])
  })

  it('is the same at dispatch: an entry of another list keeps nobody out', async () => {
    const list = newList()
    const ofAnother = await sentAfter(list, (one) => addEntries(store, [one], { lists: ['else'] }))
    assert.deepEqual(ofAnother.sent, ['added', 'free'])
    const ofThis = await sentAfter(list, (one) => addEntries(store, [one], { lists: [list] }))
    assert.deepEqual(ofThis.sent, ['free'])
    assert.deepEqual([ofThis.upload.state, ofThis.upload.counts.unprocessed], ['completed', 1])
  })

  it('is named by entries of every tenant that is granted the list, and by nobody else', async () => {
    const [list, withheld] = [newList(), newList()]
    for (const tenant of ['granted', 'not-granted']) {
      await store.sql.executeSql('insert into tenant (id) values ($1) on conflict do nothing', [
        tenant,
      ])
    }
    await store.sql.executeSql(
      `insert into tenant_grant (tenant_id, kind, object_id) values ('granted', 'contact_list', $1),
        ('granted', 'contact_list', $2), ('not-granted', 'contact_list', 'a list of its own')`,
      [list, withheld],
    )
    const [ofGranted, ofOther] = [number(), number()]
    await addEntries(store, [ofGranted], { tenantId: 'granted' })
    await addEntries(store, [ofOther], { tenantId: 'not-granted' })
    assert.deepEqual(await suppressed(list, ofGranted, ofOther), [ofGranted])
    const later = await sentAfter(withheld, (one) =>
      addEntries(store, [one], { tenantId: 'granted' }),
    )
    assert.deepEqual(later.sent, ['free'])
    const foreign = await sentAfter(withheld, (one) =>
      addEntries(store, [one], { tenantId: 'not-granted' }),
    )
    assert.deepEqual(foreign.sent, ['added', 'free'])
  })

  it('stays so for a day beyond the expiry, and not longer', async () => {
    const list = newList()
    const [ahead, justPast, dayPast] = [number(), number(), number()]
    await addEntries(store, [ahead], { expiresInHours: 1 })
    await addEntries(store, [justPast], { expiresInHours: -23 })
    await addEntries(store, [dayPast], { expiresInHours: -25 })
    assert.deepEqual(await suppressed(list, ahead, justPast, dayPast), [ahead, justPast])
    const late = await sentAfter(list, (one) => addEntries(store, [one], { expiresInHours: -23 }))
    assert.deepEqual(late.sent, ['free'])
  })

  it('stays so while a jump of the clock is doubted, however far the clock says the expiry is past', async () => {
    const list = newList()
    const one = number()
    await addEntries(store, [one], { expiresInHours: -25 })
    await store.sql.executeSql(
      `update database_clock set doubted_from = clock_timestamp() - interval '2 days'`,
    )
    assert.deepEqual(await suppressed(list, one), [one])
    const doubted = await sentAfter(list, (added) =>
      addEntries(store, [added], { expiresInHours: -25 }),
    )
    assert.deepEqual(doubted.sent, ['free'])
    await store.clock.confirm()
    assert.deepEqual(await suppressed(list, one), [])
  })

  it('is found among more entries than are compared here, by their order in any submission', async () => {
    const many = (count: number): string[] => Array.from({ length: count }, number)
    const list = newList()
    for (const [before, behind] of [
      [2_100, 0],
      [0, 2_100],
      [1_500, 1_500],
    ] as const) {
      const { sent, upload } = await sentAfter(list, async (one) => {
        await addEntries(store, [...many(before), one])
        if (behind > 0) await addEntries(store, many(behind))
      })
      assert.deepEqual(sent, ['free'])
      assert.equal(upload.counts.unprocessed, 1)
    }
    const elsewhere = await sentAfter(list, (one) =>
      addEntries(store, [...many(2_100), one], { lists: ['else'] }),
    )
    assert.deepEqual(elsewhere.sent, ['added', 'free'])
  })

  it('is asked again where it could not be told at intake: nothing was taken then', async () => {
    const list = newList()
    const away = { ...store.suppressions }
    away.suppressedAmong = () => Promise.reject(new Error('the database is away'))
    const broken = createWorkingGateway({ ...store, suppressions: away }, list)
    await addEntries(store, [number()])
    const contacts = [{ id: 'a', phone: number() }]
    await assert.rejects(broken.uploadContacts(contacts))
    const { rows } = await store.sql.executeSql(
      `select state from upload where contact_list_id = $1 and state <> 'receiving'`,
      [list],
    )
    assert.deepEqual(rows, [])
  })
})
