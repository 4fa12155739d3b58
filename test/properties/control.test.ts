import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import fc from 'fast-check'

import { GatewayProblem } from '../../src/domain/problems/problem.ts'
import {
  brokenSums,
  FINAL_STATES,
  UPLOAD_TRANSITIONS,
  type Upload,
  type UploadState,
} from '../../src/domain/uploads/upload.ts'
import type { Store } from '../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../support/databases/database.ts'
import { CALLER, Crash, createWorkingGateway } from '../support/gateway/working-gateway.ts'
import { refuseIds } from '../support/memory/memory-genesys.ts'

const RUNS = 4
const HOUR_MS = 3_600_000
/** The refusals that a caller may get, whatever the order of the calls. */
const EXPECTED = ['state-conflict', 'nothing-to-retry', 'retry-under-way', 'plan-changed']
/** Genesys refuses this contact every time. */
const REFUSED = 'h'

const at = fc.nat({ max: 30 })
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('upload' as const),
      ids: fc.uniqueArray(fc.constantFrom(...'abcdefgh'), { minLength: 1, maxLength: 8 }),
      note: fc.constantFrom('x', 'y', 'z'),
      waits: fc.constantFrom('no', 'no', 'apply', 'time', 'both'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('call' as const),
      action: fc.constantFrom('pause', 'resume', 'cancel', 'apply', 'retry'),
      at,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('work' as const),
      fault: fc.constantFrom('none', 'crash-before', 'crash-after', 'pause', 'cancel'),
      nth: fc.integer({ min: 1, max: 4 }),
      at,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('time' as const) }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

const reachable = (from: UploadState, to: UploadState, seen = new Set<UploadState>()): boolean => {
  if (from === to) return true
  seen.add(from)
  return UPLOAD_TRANSITIONS[from].some((next) => !seen.has(next) && reachable(next, to, seen))
}

/** Wraps the target and passes on every upload that one of its methods returns. */
const watched = <T extends object>(target: T, see: (upload: Upload) => void): T =>
  new Proxy(target, {
    get: (object, name) => {
      const member: unknown = Reflect.get(object, name, object)
      if (typeof member !== 'function') return member
      return (...args: unknown[]): unknown => {
        const answer: unknown = Reflect.apply(member, object, args)
        if (!(answer instanceof Promise)) return answer
        return answer.then((value: unknown) => {
          const held = typeof value === 'object' && value !== null ? value : {}
          const upload: unknown = 'upload' in held ? held.upload : held
          if (upload !== null && typeof upload === 'object' && 'counts' in upload) {
            see(upload as Upload)
          }
          return value
        })
      }
    },
  })

/** The uploads of one list, checked at every change. */
const createWorld = (store: Store, listId: string) => {
  const seen = new Map<string, Upload>()
  const see = (upload: Upload): void => {
    const before = seen.get(upload.id)
    if (before !== undefined && before.version > upload.version) return
    seen.set(upload.id, upload)
    const moved = `${before?.state ?? 'receiving'} → ${upload.state}`
    assert.deepEqual(brokenSums(upload.counts, FINAL_STATES.includes(upload.state)), [], moved)
    assert.ok(reachable(before?.state ?? 'receiving', upload.state), moved)
    if (before !== undefined && FINAL_STATES.includes(before.state)) {
      assert.deepEqual(upload.counts, before.counts, 'an end is an end')
    }
  }
  const uploads = watched(store.uploads, see)
  const delivery = watched(store.delivery, see)
  const g = createWorkingGateway({ ...store, uploads, delivery }, listId)
  const send = g.genesys.sendBatch
  g.genesys.onSend = refuseIds([REFUSED], true)

  const pick = (index: number): string | null => {
    const ids = [...seen.keys()]
    return ids.length === 0 ? null : ids[index % ids.length]!
  }
  const call = async (action: string, uploadId: string): Promise<void> => {
    try {
      if (action === 'apply') {
        const { planDigest } = await g.find(uploadId)
        await g.apply({ caller: CALLER, uploadId, planDigests: [planDigest] })
      } else if (action === 'retry') await g.retry(uploadId)
      else await g.control({ caller: CALLER, uploadId, action: action as 'pause' })
    } catch (error) {
      if (!(error instanceof GatewayProblem) || !EXPECTED.includes(error.code)) throw error
    }
  }
  const time = async (): Promise<void> => {
    await store.sql.executeSql(
      `update upload set not_before = clock_timestamp(),
        retry_at = case when retry_at is not null then clock_timestamp() end
      where contact_list_id = $1 and not_before is not null`,
      [listId],
    )
    // Records a check of the clock after these times, as a running instance does. Without a check
    // for 5 s, the clock stands still for everything that ends permanently.
    await store.sql.executeSql('update database_clock set seen_at = clock_timestamp()')
    await store.lanes.wakeHeld()
  }
  const work = async (fault: string, nth: number, about: number): Promise<void> => {
    let sends = 0
    g.genesys.sendBatch = async (batch, context) => {
      sends += 1
      if (sends === nth && fault === 'crash-before') throw new Crash('before')
      const id = pick(about)
      if (sends === nth && (fault === 'pause' || fault === 'cancel') && id) await call(fault, id)
      const receipt = await send(batch, context)
      if (sends === nth && fault === 'crash-after') throw new Crash('after')
      return receipt
    }
    await g.work()
  }
  return {
    g,
    seen,
    call,
    time,
    work,
    take: async (taken: Step): Promise<void> => {
      if (taken.kind === 'work') await work(taken.fault, taken.nth, taken.at)
      else if (taken.kind === 'time') await time()
      else if (taken.kind === 'call') {
        const id = pick(taken.at)
        if (id !== null) await call(taken.action, id)
      } else {
        const { ids, note, waits } = taken
        const rows = ids.map((id) => ({ id, note }))
        await g.upload(rows, {
          ...(waits === 'apply' || waits === 'both' ? { apply: 'manual' } : {}),
          ...(waits === 'time' || waits === 'both'
            ? { notBefore: new Date(Date.now() + HOUR_MS).toISOString() }
            : {}),
        })
      }
      for (const id of seen.keys()) see(await g.find(id))
    },
  }
}

type World = ReturnType<typeof createWorld>

/** Resumes everything that waits. From now on, no faults occur. */
const finishAll = async (world: World): Promise<void> => {
  await world.time()
  for (const id of world.seen.keys()) {
    await world.call('apply', id)
    await world.call('resume', id)
  }
  await world.work('none', 0, 0)
  for (const id of world.seen.keys()) {
    assert.ok(FINAL_STATES.includes((await world.g.find(id)).state), id)
  }
}

/**
 * Checks that Genesys has the newest delivered content of each contact, or newer content whose
 * outcome nobody learned.
 */
const checkContents = async (store: Store, { g, seen }: World): Promise<void> => {
  const delivered = new Map<string, { age: number; note: string }>()
  const unknown: { id: string; age: number; note: string }[] = []
  for (const { id: uploadId, contentSeq } of seen.values()) {
    const outcomes = ['delivered', 'unchanged', 'failed', 'unprocessed']
    const { rows } = await store.uploads.ledger(uploadId, { outcomes, afterLine: 0, limit: 100 })
    for (const row of rows) {
      const id = row.contactId!
      const known = { age: contentSeq!, note: row.cells[1]! }
      if (row.code === 'outcome-unknown') unknown.push({ id, ...known })
      if (row.outcome !== 'delivered' && row.outcome !== 'unchanged') continue
      if ((delivered.get(id)?.age ?? 0) < known.age) delivered.set(id, known)
    }
  }
  for (const [id, best] of delivered) {
    const newer = unknown.filter((row) => row.id === id && row.age > best.age)
    const possible = [best.note, ...newer.map(({ note }) => note)]
    const held = g.genesys.contacts.get(id)?.split(',')[1]
    assert.ok(held !== undefined && possible.includes(held), `${id}: ${held} of ${possible.join()}`)
  }
}

eachHome('Whatever is asked of uploads in whatever order', (home) => {
  let store: Store
  let lists = 0
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  it('rows add up at every change, moves are those of the table, and older content never overwrites newer', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 20 }), async (steps) => {
        const world = createWorld(store, `any-${(lists += 1)}`)
        for (const taken of steps) await world.take(taken)
        await finishAll(world)
        await checkContents(store, world)
      }),
      { numRuns: RUNS, seed: 20_260_301, endOnFailure: true },
    )
  })
})
