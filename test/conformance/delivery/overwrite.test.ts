import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { Upload } from '../../../src/domain/uploads/upload.ts'
import { createIds } from '../../../src/lib/ids.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { createContentHashes } from '../../../src/workflows/delivery/content-hashes.ts'
import { createDeliverUpload } from '../../../src/workflows/delivery/deliver-upload.ts'
import { createHoldKeeper } from '../../../src/workflows/delivery/look-after-holds.ts'
import type { LaneClaim } from '../../../src/workflows/ports/delivery/delivery.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { createLife, Killed, mortal, type Life } from '../../support/gateway/kill-points.ts'
import { createMemoryGenesys, type MemoryGenesys } from '../../support/memory/memory-genesys.ts'
import { createMemoryLists } from '../../support/memory/memory-lists.ts'
import { fillRegister } from '../../support/stages/sealed-rows.ts'
import {
  beginUpload,
  chunkOf,
  claimKey,
  ids,
  stageInput,
} from '../../support/stages/store-uploads.ts'
import { createLeapingClock } from '../../support/stages/test-clock.ts'

const LIST = 'overwritten'
const NEW = ['a', 'b', 'c', 'd']
const FOREVER = Number.MAX_SAFE_INTEGER
type Method = 'batches' | 'file'

/**
 * Genesys with two contacts of before, which tells how many it holds; `clears` notes every wipe and
 * every row that came after.
 */
const createGenesys = (dialect: 'guide' | 'platform') => {
  const genesys = createMemoryGenesys({ jobs: dialect === 'guide' })
  genesys.list = {
    ...genesys.list,
    id: LIST,
    schemaVersion: '1',
    columns: [
      { name: 'contactId', kind: 'text', required: true },
      { name: 'phone', kind: 'phone', required: false },
    ],
    get size() {
      return genesys.contacts.size
    },
  }
  for (const id of ['old-1', 'a']) genesys.contacts.set(id, 'old')
  return genesys
}

const shownOf = (genesys: MemoryGenesys, id: string): [string, Record<string, string>][] => {
  const phone = genesys.contacts.get(id)
  return phone === undefined ? [] : [[id, { phone }]]
}

/**
 * Genesys and its time. A clear takes effect `lagMs` after it was asked for, on whatever the list
 * holds then.
 */
const createWorld = (dialect: 'guide' | 'platform', lagMs: number, onClear: () => void) => {
  const genesys = createGenesys(dialect)
  const leaping = createLeapingClock()
  let due: number[] = []
  const settle = (): void => {
    const now = leaping.monotonicMs()
    for (const _ of due.filter((atMs) => atMs <= now)) {
      onClear()
      genesys.contacts.clear()
    }
    due = due.filter((atMs) => atMs > now)
  }
  const clock: typeof leaping = {
    ...leaping,
    sleep: async (ms, signal) => {
      await leaping.sleep(ms, signal)
      settle()
    },
  }
  const clear = async (): Promise<void> => {
    due.push(leaping.monotonicMs() + lagMs)
    settle()
  }
  return { genesys, clock, clear }
}
type World = ReturnType<typeof createWorld>

/**
 * Rows that no request of overwriting brought, sent before a later request wiped the list; empty is
 * right.
 */
const wipedAfterwards = (log: readonly { wipes: boolean; ids: readonly string[] }[]): string[] => {
  const appended: string[] = []
  const lost: string[] = []
  let first: readonly string[] = []
  for (const { wipes, ids: sent } of log) {
    if (wipes) {
      lost.push(...appended)
      first = sent
    } else appended.push(...sent.filter((id) => !first.includes(id)))
  }
  return lost
}

eachHome('Overwriting a list', (home) => {
  let store: Store
  // The embedded database runs the same SQL more slowly; between them every point is met.
  const stride = home.kind === 'server' ? 1 : 4
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.sql.executeSql(`insert into tenant (id) values ('default') on conflict do nothing`)
  })
  after(() => store.close())

  const stage = async (method: Method): Promise<Upload> => {
    await store.sql.executeSql(`delete from upload`)
    await store.sql.executeSql(`delete from lane`)
    await store.sql.executeSql(`delete from contact_register`)
    await store.sql.executeSql(`delete from list_clearing`)
    const id = await beginUpload(store, LIST)
    const chunks = [chunkOf(0, 2, NEW.slice(0, 2)), chunkOf(1, 4, NEW.slice(2))]
    await store.uploads.appendChunks(id, chunks)
    const key = ids.newUuid()
    await claimKey(store, key)
    const input = stageInput(id, chunks[0]!, key)
    const counts = { ...input.counts, read: 4, accepted: 4 }
    const delivery = { method, duplicateCheckField: null }
    await store.uploads.stage({ ...input, counts, batchesTotal: 2, chunks: 2, delivery })
    await store.sql.executeSql(`update upload set mode = 'overwrite' where id = $1`, [id])
    await fillRegister(store, LIST, 0, ['old-1', 'a'])
    return (await store.uploads.find('default', id))!
  }

  /** One process's work on the upload, up to the end of its life. */
  const live = async (claim: LaneClaim, world: World, life: Life) => {
    const { genesys, clock, clear } = world
    const clearing = { clear }
    const contactReads = mortal(
      {
        readContacts: async (_: string, contactIds: readonly string[]) =>
          new Map(contactIds.flatMap((id) => shownOf(genesys, id))),
      },
      ['readContacts'],
      life,
    )
    const killable = mortal(
      store.delivery,
      [
        'move',
        'intend',
        'recordTry',
        'settle',
        'finish',
        'intendPart',
        'noteJob',
        'intendClearing',
        'askedToClear',
        'recordCleared',
      ],
      life,
    )
    const deliver = createDeliverUpload({
      contactLists: mortal(genesys, ['sendBatch'], life),
      contactFiles: {
        ...genesys.contactFiles,
        limits: { fileBytes: 40 },
        sendFile: mortal({ send: genesys.contactFiles.sendFile! }, ['send'], life).send,
      },
      clearContactList:
        genesys.dialect === 'platform' ? mortal(clearing, ['clear'], life).clear : null,
      contactReads: genesys.dialect === 'platform' ? contactReads : null,
      callbackUrl: null,
      delivery: killable,
      uploads: store.uploads,
      suppressions: store.suppressions,
      lists: createMemoryLists(),
      contentHashes: createContentHashes(Buffer.alloc(32)),
      clock,
      random: () => 0.5,
      ids: createIds({ clock }),
      emit: () => undefined,
      retryWindowMs: 24 * 3_600_000,
      completionPollMs: 1,
      holdRetryMs: 60_000,
    })
    const upload = await store.delivery.next(claim)
    if (upload === null) return
    const lost = new AbortController()
    const never = new AbortController()
    await deliver(claim, upload, {
      signal: lost.signal,
      rest: never.signal,
      assertHeld: () => undefined,
      nudges: { take: () => false, next: () => never.signal },
    }).catch((error: unknown) => {
      if (!(error instanceof Killed)) throw error
    })
  }
  const wipes: { wipes: boolean; ids: string[] }[] = []

  const play = async (
    dialect: 'guide' | 'platform',
    method: Method,
    steps: number,
    { lagMs = 0, emptyBefore = false } = {},
  ) => {
    wipes.length = 0
    const world = createWorld(dialect, lagMs, () => void wipes.push({ wipes: true, ids: [] }))
    const { genesys } = world
    if (emptyBefore) genesys.contacts.clear()
    genesys.onSend = ({ mode, contactIds }) =>
      void wipes.push({ wipes: mode === 'overwrite', ids: [...contactIds] })
    genesys.onFile = ({ mode, records }) =>
      void wipes.push({ wipes: mode === 'overwrite', ids: records.map(([id]) => id!) })
    const { id } = await stage(method)
    const claim = (await store.lanes.claim('me'))!
    const life = createLife(steps)
    await live(claim, world, life)
    if (life.ended) await live(claim, world, createLife(FOREVER))
    await world.clock.sleep(3_600_000)
    const upload = (await store.uploads.find('default', id))!
    const where = `${dialect}, ${method}, lag ${lagMs}, killed at step ${steps}`
    assert.equal(upload.state, 'completed', `${where}: ${JSON.stringify(upload.problem)}`)
    assert.deepEqual([...genesys.contacts.keys()].toSorted(), NEW, where)
    if (lagMs === 0) assert.deepEqual(wipedAfterwards(wipes), [], where)
    const { known } = await store.delivery.registered('default', LIST, [...NEW, 'old-1'])
    assert.deepEqual([...known.keys()].toSorted(), NEW, where)
    assert.equal(await store.delivery.registerSize('default', LIST), 4, where)
    const { rows } = await store.sql.executeSql(
      `select outcome from audit_entry where action = 'list.cleared' order by at`,
    )
    await store.sql.executeSql(
      `begin; set local gateway.audit_retention = 'on'; delete from audit_entry; commit`,
    )
    assert.deepEqual(rows, [{ outcome: 'intended' }, { outcome: 'ok' }], where)
    return life
  }

  for (const [dialect, method] of [
    ['guide', 'batches'],
    ['guide', 'file'],
    ['platform', 'batches'],
  ] as const) {
    it(`ends with exactly the new contacts wherever the process is killed (${dialect}, ${method})`, async () => {
      await store.sql.executeSql(
        `begin; set local gateway.audit_retention = 'on'; delete from audit_entry; commit`,
      )
      const { taken } = await play(dialect, method, FOREVER)
      assert.ok(taken > 12, `only ${taken} steps`)
      for (let steps = 1; steps <= taken; steps += stride) await play(dialect, method, steps)
    })
  }

  for (const [lagMs, emptyBefore] of [
    [2_500, false],
    [2_500, true],
    [8_000, true],
    [45_000, false],
  ] as const) {
    const before = emptyBefore ? 'was empty before' : 'held contacts'
    it(`ends with exactly the new contacts though a list that ${before} is cleared ${lagMs} ms late`, async () => {
      const about = { lagMs, emptyBefore }
      const { taken } = await play('platform', 'batches', FOREVER, about)
      for (let steps = 1; steps <= taken; steps += 2 * stride) {
        await play('platform', 'batches', steps, about)
      }
    })
  }

  it('is held while the list does not become empty, and keeps what comes after from being sent and wiped', async () => {
    const world = createWorld('platform', FOREVER, () => undefined)
    const { id } = await stage('batches')
    const later = await beginUpload(store, LIST)
    await store.uploads.appendChunks(later, [chunkOf(0, 2, ['n'])])
    const key = ids.newUuid()
    await claimKey(store, key)
    await store.uploads.stage(stageInput(later, chunkOf(0, 2, ['n']), key))
    const claim = (await store.lanes.claim('me'))!
    await live(claim, world, createLife(FOREVER))
    const upload = (await store.uploads.find('default', id))!
    assert.deepEqual(
      [upload.hold?.reason, upload.problem?.code],
      ['list_clearing', 'list-clearing'],
    )
    assert.equal(await store.delivery.next(claim), null, 'a later upload is worked')
    assert.deepEqual([...world.genesys.contacts.keys()], ['old-1', 'a'])
    await store.lanes.release(claim, 0)
    assert.equal(await store.lanes.claim('me'), null, 'the lane is claimed for nothing')
    const keeper = createHoldKeeper({
      holds: store.holds,
      contactLists: world.genesys,
      clock: world.clock,
      emit: () => undefined,
      againInMs: 0,
      wake: () => undefined,
    })
    await store.sql.executeSql(`update upload set retry_at = now() where id = $1`, [id])
    assert.equal(await keeper.look(), 0)
    world.genesys.contacts.clear()
    assert.equal(await keeper.look(), 1)
    const again = (await store.lanes.claim('me'))!
    assert.equal((await store.delivery.next(again))?.id, id)
    await live(again, world, createLife(FOREVER))
    assert.equal((await store.uploads.find('default', id))?.state, 'completed')
    assert.equal((await store.delivery.next(again))?.id, later)
  })

  it('knows whether a later upload was delivered, which clearing would delete', async () => {
    const id = (await stage('batches')).id
    const later = await beginUpload(store, LIST)
    await store.uploads.appendChunks(later, [chunkOf(0, 2, ['n'])])
    const key = ids.newUuid()
    await claimKey(store, key)
    await store.uploads.stage(stageInput(later, chunkOf(0, 2, ['n']), key))
    const find = async (uploadId: string) => (await store.uploads.find('default', uploadId))!
    assert.equal((await store.delivery.clearing(await find(id))).newerDelivered, false)
    await store.sql.executeSql(`update upload set rows_delivered = 1 where id = $1`, [later])
    assert.equal((await store.delivery.clearing(await find(id))).newerDelivered, true)
    assert.equal((await store.delivery.clearing(await find(later))).newerDelivered, false)
  })
})
