import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { subjectDigest } from '../../../src/domain/do-not-call/subject.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { addEntries } from '../../support/do-not-call/dnc-entries.ts'

/**
 * More than the store looks up directly. With so many, it first finds out which people are known.
 */
const MANY = 1_500

const phone = (n: number): string => `+1212${String(5_550_000 + n)}`

eachHome('Many contacts that are looked up at once', (home) => {
  let store: Store
  let digests: Buffer[]
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    digests = Array.from({ length: MANY }, (_, n) => subjectDigest(store.digestKey, phone(n)))
  })
  after(() => store.close().catch(() => undefined))

  const suppressed = async (list = 'list-1', subjects = digests): Promise<number[]> => {
    const found = await store.suppressions.suppressedAmong(list, Buffer.concat(subjects))
    return [...digests.keys()].filter((n) => found.has(digests[n]!.toString('latin1')))
  }
  /** The same, in groups so small that the store looks each of them up directly. */
  const inFews = async (list = 'list-1'): Promise<number[]> => {
    const found: number[] = []
    for (let from = 0; from < MANY; from += 500) {
      found.push(...(await suppressed(list, digests.slice(from, from + 500))))
    }
    return found
  }
  const run = (text: string): Promise<unknown> => store.sql.executeSql(text)

  it('are found from the first entry on, and with every one that is accepted later', async () => {
    assert.deepEqual(await suppressed(), [])
    await addEntries(store, [phone(3), phone(1_499)])
    assert.deepEqual(await suppressed(), [3, 1_499])
    await addEntries(store, [phone(3), phone(7)], { reason: 3 })
    assert.deepEqual(await suppressed(), [3, 7, 1_499])
    await addEntries(store, [], {})
    await addEntries(store, [phone(8)])
    assert.deepEqual(await suppressed(), [3, 7, 8, 1_499])
  })

  it('are judged by what stands now, though all subjects are known', async () => {
    await addEntries(store, [phone(20)], { lists: ['list-2'] })
    await addEntries(store, [phone(21)], { expiresInHours: -25 })
    await addEntries(store, [phone(22)], { kind: 'remove' })
    await addEntries(store, [phone(23)], { kind: 'pull' })
    await addEntries(store, [phone(24)])
    assert.deepEqual(await suppressed(), [3, 7, 8, 23, 24, 1_499])
    assert.deepEqual(await suppressed('list-2'), [3, 7, 8, 20, 23, 24, 1_499])
    await run(
      `update dnc_entry set closed_by = 1 where submission = (select max(submission) from dnc_entry)`,
    )
    assert.deepEqual(await suppressed(), [3, 7, 8, 23, 1_499])
    await run('update dnc_entry set closed_by = null, expires_at = null')
    assert.deepEqual(await suppressed(), [3, 7, 8, 21, 23, 24, 1_499])
    assert.deepEqual(await suppressed(), await inFews())
  })

  it('are found by the entries of a tenant that was granted the list meanwhile', async () => {
    await run(`insert into tenant (id) values ('other')`)
    await addEntries(store, [phone(40)], { tenantId: 'other' })
    assert.ok(!(await suppressed()).includes(40))
    await run(
      `insert into tenant_grant (tenant_id, kind, object_id) values ('other', 'contact_list', 'list-1')`,
    )
    assert.ok((await suppressed()).includes(40))
    assert.deepEqual(await suppressed(), await inFews())
  })

  it('are found when the database was set back, and counts its epochs anew', async () => {
    // The search for delivered contacts that was pending is reset too.
    const forgetLooks = () => run(`delete from dnc_look_back where tenant_id = 'other'`)
    await suppressed()
    await forgetLooks()
    await run(`update dnc_submission set epoch = epoch + 1000 where tenant_id = 'other'`)
    await run(`delete from suppression_epoch where tenant_id = 'other'`)
    await addEntries(store, [phone(50)], { tenantId: 'other' })
    assert.ok((await suppressed()).includes(50))
    await forgetLooks()
    await run(`update suppression_epoch set epoch = 0 where tenant_id = 'other'`)
    await run(`delete from dnc_submission where tenant_id = 'other'`)
    await addEntries(store, [phone(51)], { tenantId: 'other' })
    assert.ok((await suppressed()).includes(51))
  })

  it('are found in submissions that are read in parts, large ones and many small ones', async () => {
    const some = Array.from({ length: 12 }, (_, n) => phone(100 + n))
    await addEntries(store, some)
    await run(
      `update dnc_submission set accepted = 30000, read = 30000 where number = (select max(number) from dnc_submission)`,
    )
    await run(
      `update dnc_entry set chunk_seq = place where submission = (select max(number) from dnc_submission)`,
    )
    for (let n = 0; n < 4; n += 1) {
      await addEntries(store, [phone(200 + n)])
      await run(
        `update dnc_submission set accepted = 9000, read = 9000 where number = (select max(number) from dnc_submission)`,
      )
    }
    // The store reads so many entries only for a larger number of digests.
    const often = Array.from({ length: 5 }, () => digests).flat()
    const found = await suppressed('list-1', often)
    for (const n of [...some.keys()]) assert.ok(found.includes(100 + n), `${100 + n}`)
    for (let n = 0; n < 4; n += 1) assert.ok(found.includes(200 + n), `${200 + n}`)
    assert.deepEqual(await suppressed(), await inFews())
  })

  it('are found by several at once while entries are added', async () => {
    const rounds = await Promise.all(
      Array.from({ length: 8 }, async (_, n) => {
        await addEntries(store, [phone(300 + n)])
        return (await suppressed()).includes(300 + n)
      }),
    )
    assert.deepEqual(
      rounds,
      rounds.map(() => true),
    )
  })

  /**
   * The same for a few digests, as a small upload looks them up: with the standing that was read
   * when its call arrived.
   */
  const suppressedFew = async (subjects: Buffer[]): Promise<number[]> => {
    const standing = await store.suppressions.standingOf('list-1')
    const asked = Buffer.concat(subjects)
    const found = await store.suppressions.suppressedAmong('list-1', asked, standing)
    return [...digests.keys()].filter((n) => found.has(digests[n]!.toString('latin1')))
  }

  /**
   * The store reads as many entries as these submissions have only for a larger number of digests.
   */
  const knowAll = () => suppressed('list-1', Array.from({ length: 5 }, () => digests).flat())

  it('are a few, and are found with every entry that was accepted before, also where all was known before it', async () => {
    await knowAll()
    for (let n = 400; n < 420; n += 1) {
      assert.deepEqual(await suppressedFew([digests[n]!]), [])
      await addEntries(store, [phone(n)])
      assert.deepEqual(await suppressedFew([digests[n]!, digests[450]!]), [n])
    }
  })

  it('are a few, and are found when the database was set back to an epoch that is known by another submission', async () => {
    await addEntries(store, [phone(460)])
    await knowAll()
    assert.deepEqual(await suppressedFew([digests[461]!]), [])
    await run(`delete from dnc_look_back where tenant_id = 'default'`)
    await run(
      `delete from dnc_submission where number = (select max(number) from dnc_submission where tenant_id = 'default')`,
    )
    await run(`update suppression_epoch set epoch = epoch - 1 where tenant_id = 'default'`)
    await addEntries(store, [phone(461)])
    assert.deepEqual(await suppressedFew([digests[461]!]), [461])
  })

  it('are a few that no entry names, and are told so without the database', async () => {
    await knowAll()
    const standing = await store.suppressions.standingOf('list-1')
    const second = await openTestStore(await home.fresh())
    const nobody = Buffer.alloc(16, 9)
    const look = () => second.suppressions.suppressedAmong('list-1', nobody, standing)
    await second.close()
    await assert.rejects(look)
    await store.close()
    const told = await store.suppressions.suppressedAmong('list-1', nobody, standing)
    assert.equal(told.size, 0)
  })
})
