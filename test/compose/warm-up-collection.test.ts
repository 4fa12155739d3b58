import assert from 'node:assert/strict'
import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'

import type { Essentials } from '../../src/compose/essentials.ts'
import { warmUpWith } from '../../src/compose/intake.ts'
import { KEY, specOf } from '../intake/taken.ts'
import { contactSteps } from '../support/stages/steps.ts'

type Collection = { kind: number; flags: number }

/** Warms up with these rows. Returns how many collections of the whole heap it took. */
const collectionsOf = async (warmUpRows: number): Promise<number> => {
  const observer = new PerformanceObserver(() => undefined)
  observer.observe({ entryTypes: ['gc'] })
  await warmUpWith(
    {
      config: { intake: { warmUpRows } },
      store: { digestKey: KEY },
      genesys: { contactLists: { limits: specOf().limits } },
    } as unknown as Essentials,
    contactSteps(),
  )
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
