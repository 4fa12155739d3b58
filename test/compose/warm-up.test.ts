import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import type { Essentials } from '../../src/compose/essentials.ts'
import { CALLS_BEFORE_TURBOFAN, warmUpWith } from '../../src/compose/intake.ts'
import { StoreUnavailable } from '../../src/domain/problems/store-unavailable.ts'
import type { Rehearse } from '../../src/workflows/ports/uploads/rehearsal.ts'
import { KEY, specOf } from '../intake/taken.ts'
import { contactSteps } from '../support/stages/steps.ts'

type Collection = { kind: number; flags: number }

const takeAll: Rehearse = (_about, work) => work(async () => undefined)

const essentials = (
  warmUpRows: number,
  rehearse: Rehearse = takeAll,
  kind: 'embedded' | 'server' = 'embedded',
): Essentials =>
  ({
    config: { intake: { warmUpRows }, home: { kind } },
    store: { digestKey: KEY, uploads: { rehearse } },
    genesys: { contactLists: { limits: specOf().limits } },
  }) as unknown as Essentials

/** Warms up with these rows. Returns how many collections of the whole heap it took. */
const collectionsOf = async (warmUpRows: number): Promise<number> => {
  const observer = new PerformanceObserver(() => undefined)
  observer.observe({ entryTypes: ['gc'] })
  await warmUpWith(essentials(warmUpRows), contactSteps())
  // Node hands the entries to the observer in a later turn of the event loop.
  await setImmediate()
  const entries = observer.takeRecords()
  observer.disconnect()
  const asked = (entry: PerformanceEntry): boolean => {
    const { kind, flags } = (entry as unknown as { detail: Collection }).detail
    return (
      kind === constants.NODE_PERFORMANCE_GC_MAJOR &&
      flags === constants.NODE_PERFORMANCE_GC_FLAGS_FORCED
    )
  }
  return entries.filter(asked).length
}

test('the warm-up ends with one collection of the garbage of the start, which only it requests', async () => {
  assert.equal(await collectionsOf(0), 0)
  assert.equal(await collectionsOf(1), 1)
  assert.equal('gc' in globalThis, false)
})

test('a database that cannot store the made-up rows does not stop the start, and a bug does', async () => {
  const failing = (error: Error): Essentials =>
    essentials(300, (_about, work) =>
      work(async () => {
        throw error
      }),
    )
  let files = 0
  const steps = contactSteps()
  await warmUpWith(failing(new StoreUnavailable('It takes no writes')), (file) => {
    files += 1
    return steps(file)
  })
  assert.equal(files, 3, 'every file is read all the same')
  const bug = new Error('A bug')
  await assert.rejects(warmUpWith(failing(bug), contactSteps()), bug)
})

test('only the embedded database stores the made-up rows', async () => {
  for (const [kind, expected] of [
    ['embedded', 3],
    ['server', 0],
  ] as const) {
    let rehearsals = 0
    const counting: Rehearse = (about, work) => {
      rehearsals += 1
      return takeAll(about, work)
    }
    await warmUpWith(essentials(300, counting, kind), contactSteps())
    assert.equal(rehearsals, expected, kind)
  }
})

const MOST_TURNS = 100

test('the functions of the last made-up file outlive the collection, and those of the others do not', async () => {
  const made: WeakRef<object>[] = []
  const steps = contactSteps()
  await warmUpWith(essentials(300), (file) => {
    const built = { ...steps(file) }
    made.push(new WeakRef(built))
    return built
  })
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  setFlagsFromString('--no-expose-gc')
  let alive: boolean[] = []
  // A compilation in the background keeps the functions that it compiles until it ends.
  for (let turns = 0; turns < MOST_TURNS && (turns === 0 || alive[0] || alive[1]); turns += 1) {
    // A weak reference keeps its object until the turn of the event loop ends.
    await setImmediate()
    collect()
    alive = made.map((steps) => steps.deref() !== undefined)
  }
  assert.deepEqual(alive, [false, false, true])
})

test('the number of calls that the warm-up sets at its end is the default of this V8', () => {
  const options = execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' })
  const usual = /default: --invocation-count-for-turbofan=(\d+)/u.exec(options)?.[1]
  assert.equal(Number(usual), CALLS_BEFORE_TURBOFAN)
})
