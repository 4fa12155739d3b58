import assert from 'node:assert/strict'
import { after, before } from 'node:test'

import type { Upload } from '../../../src/domain/uploads/upload.ts'
import { createIds } from '../../../src/lib/ids.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { createContentHashes } from '../../../src/workflows/delivery/content-hashes.ts'
import { createDeliverUpload } from '../../../src/workflows/delivery/deliver-upload.ts'
import type { LaneClaim } from '../../../src/workflows/ports/delivery/delivery.ts'
import { openTestStore, type TestHome } from '../databases/database.ts'
import { createLife, Killed, mortal, type Life } from '../gateway/kill-points.ts'
import { type ClearedGenesys, createClearedGenesys, LIST } from '../memory/cleared-genesys.ts'
import type { MemoryGenesys } from '../memory/memory-genesys.ts'
import { createMemoryLists } from '../memory/memory-lists.ts'
import { fillRegister } from './sealed-rows.ts'
import { beginUpload, chunkOf, claimKey, ids, stageInput } from './store-uploads.ts'

const NEW = ['a', 'b', 'c', 'd']
export const FOREVER = Number.MAX_SAFE_INTEGER
type Method = 'batches' | 'file'

const shownOf = (genesys: MemoryGenesys, id: string): [string, Record<string, string>][] => {
  const phone = genesys.contacts.get(id)
  return phone === undefined ? [] : [[id, { phone }]]
}

/**
 * Rows that were appended and then wiped by a later request. Rows that a wiping request itself
 * brought do not count. The right result is empty.
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

/**
 * For the tests of one suite: a store in which an upload of four contacts overwrites a list of two.
 * A process that may be killed at any step delivers the upload.
 */
export const overwriteSuite = (home: TestHome) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.sql.executeSql(`insert into tenant (id) values ('default') on conflict do nothing`)
  })
  after(() => store.close())

  const forgetAudit = () =>
    store.sql.executeSql(
      `begin; set local gateway.audit_retention = 'on'; delete from audit_entry; commit`,
    )

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

  /** The work of one process on the upload, until the process is killed. */
  const live = async (claim: LaneClaim, world: ClearedGenesys, life: Life) => {
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
    const world = createClearedGenesys(
      dialect,
      lagMs,
      () => void wipes.push({ wipes: true, ids: [] }),
    )
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
    await forgetAudit()
    assert.deepEqual(rows, [{ outcome: 'intended' }, { outcome: 'ok' }], where)
    return life
  }

  return {
    get store() {
      return store
    },
    // The embedded database runs the same SQL more slowly, so there the process is killed at every
    // fourth step only. The server home covers every step.
    stride: home.kind === 'server' ? 1 : 4,
    forgetAudit,
    stage,
    live,
    /**
     * Overwrites the list, first with a process that dies after `steps`, then with one that does
     * not die.
     */
    play,
  }
}
