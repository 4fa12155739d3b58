import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { subjectDigest } from '../../../src/domain/do-not-call/subject.ts'
import type { NewChunk } from '../../../src/domain/uploads/chunk.ts'
import type { Upload } from '../../../src/domain/uploads/upload.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import type { FillPlace } from '../../../src/workflows/ports/do-not-call/afterwards.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { contactsOf, deliver } from '../../support/stages/delivered.ts'

/** The phones and addresses of each contact. */
const PEOPLE: Record<string, string[]> = {
  a: ['+12125550123'],
  b: ['+12125550124', 'bo@example.com', '+12125550124'],
  c: ['+12125550125', '+12125550126', 'cy@example.com', '+12125550127', '+12125550128'],
}

eachHome('The subjects of contacts in the register', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  const numberOf = (value: string): string =>
    String(subjectDigest(store.digestKey, value).readBigInt64BE())

  const subjectsOf = async (list: string): Promise<Record<string, string[]>> => {
    const { rows } = await store.sql.executeSql(
      `select line, array_to_string(array[subject_1, subject_2, subject_3] || coalesce(more_subjects, '{}'), ',') as subjects
       from contact_register join register on register.id = register_id where list_id = $1 order by line`,
      [list],
    )
    const lines = rows as { line: number; subjects: string }[]
    return Object.fromEntries(
      lines.map(({ line, subjects }) => [
        Object.keys(PEOPLE)[line - 2],
        subjects === '' ? [] : subjects.split(','),
      ]),
    )
  }
  const expected = (): Record<string, string[]> =>
    Object.fromEntries(
      Object.entries(PEOPLE).map(([id, values]) => [id, [...new Set(values.map(numberOf))]]),
    )

  const fillAll = async (): Promise<number> => {
    let filled = 0
    for (let place: FillPlace | null = null; ;) {
      const lot = await store.registerFill.fill(place)
      if (lot === null) return filled
      filled += lot.filled
      place = lot.place
    }
  }
  const forget = (list: string): Promise<unknown> =>
    store.sql.executeSql(
      `update contact_register set subject_1 = null, subject_2 = null, subject_3 = null, more_subjects = null
       where register_id in (select id from register where list_id = $1)`,
      [list],
    )
  const chunk = (): NewChunk => contactsOf(store, PEOPLE)
  const deliverTo = (list: string): Promise<Upload> => deliver(store, list, chunk())

  it('are written by the settlement: each phone and address once', async () => {
    await deliverTo('settled')
    assert.deepEqual(await subjectsOf('settled'), expected())
  })

  it('are replaced with the content', async () => {
    await deliverTo('replaced')
    await deliver(store, 'replaced', contactsOf(store, { ...PEOPLE, a: ['+13125550100'] }))
    assert.deepEqual((await subjectsOf('replaced'))['a'], [numberOf('+13125550100')])
  })

  it('of what was delivered before there were any are made from the chunks, and again changes nothing', async () => {
    await deliverTo('before')
    await deliverTo('before-too')
    await forget('before')
    await forget('before-too')
    assert.equal(await fillAll(), 6)
    assert.deepEqual(await subjectsOf('before'), expected())
    assert.deepEqual(await subjectsOf('before-too'), expected())
    assert.equal(await fillAll(), 0)
    assert.equal(await store.registerFill.countUnfilled(), 0)
  })

  it('are made of chunks that have none either', async () => {
    await deliverTo('old-chunks')
    await forget('old-chunks')
    await store.sql.executeSql(`update chunk set subjects = null`)
    await fillAll()
    const { rows } = await store.sql.executeSql(
      `select count(*)::int as n from chunk where subjects is null and upload_id in
        (select id from upload where contact_list_id = 'old-chunks')`,
    )
    assert.equal((rows[0] as { n: number }).n, 0)
  })

  it('cannot be made of chunks that are gone, and that is counted', async () => {
    const upload = await deliverTo('gone')
    await deliverTo('kept')
    await forget('gone')
    await forget('kept')
    await store.sql.executeSql('delete from chunk where upload_id = $1', [upload.id])
    await fillAll()
    assert.deepEqual(await subjectsOf('kept'), expected())
    assert.deepEqual((await subjectsOf('gone'))['a'], [])
    const left = Object.keys(PEOPLE).length
    assert.ok((await store.registerFill.countUnfilled()) >= left)
    const { rows } = await store.sql.executeSql(
      `select unfilled from register where list_id = 'gone'`,
    )
    assert.equal((rows[0] as { unfilled: number }).unfilled, left)
  })
})
