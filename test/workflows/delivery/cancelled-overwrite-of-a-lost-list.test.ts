import assert from 'node:assert/strict'
import { it } from 'node:test'

import { GenesysFailure } from '../../../src/domain/genesys/genesys-failure.ts'
import { makeChunk } from '../../support/memory/made-uploads.ts'
import { createMemoryDelivery } from '../../support/memory/memory-delivery.ts'
import { createMemoryGenesys } from '../../support/memory/memory-genesys.ts'
import { deliveryOver } from '../../support/stages/delivery-run.ts'
import { createLeapingClock } from '../../support/stages/test-clock.ts'

type Genesys = ReturnType<typeof createMemoryGenesys>

const LOST: Record<string, (genesys: Genesys) => void> = {
  'was deleted': (genesys) => {
    genesys.onRead = () => {
      throw new GenesysFailure('not_found', 'readContactList', { status: 404 })
    }
  },
  'has other columns': (genesys) => {
    genesys.list = { ...genesys.list, schemaVersion: 'other' }
  },
  'is in an error': (genesys) => {
    genesys.list = { ...genesys.list, status: 'error' }
  },
  'is never ready': (genesys) => {
    genesys.list = { ...genesys.list, status: 'processing' }
  },
  'never becomes empty': (genesys) => {
    genesys.list = { ...genesys.list, size: 7 }
  },
}

const STATES = ['intended', 'asked'] as const

/** Runs a cancelled overwrite that is in this state of clearing. Returns what is stored then. */
const runCancelled = async (state: (typeof STATES)[number], genesys: Genesys) => {
  const store = createMemoryDelivery([makeChunk(0, ['a', 'b'])], {
    mode: 'overwrite',
    cancelRequested: true,
  })
  Object.assign(store.cleared, { state, sizeBefore: 7 })
  const { run } = deliveryOver(
    { store, genesys, clock: createLeapingClock() },
    { clearContactList: async () => assert.fail('the list is cleared again') },
  )
  const never = new AbortController().signal
  await run({ signal: never, rest: never, assertHeld: () => undefined })
  return store
}

/**
 * The run of a cancelled overwrite read the list to see whether it was cleared. If the list was no
 * longer usable, the run ended the upload as failed or held, which a cancelled upload cannot be.
 * Each run ended without a result, and the upload kept its lane.
 */
for (const state of STATES) {
  for (const [name, lose] of Object.entries(LOST)) {
    it(`a cancelled overwrite (${state}) of a list that ${name} ends as cancelled`, async () => {
      const genesys = createMemoryGenesys()
      lose(genesys)
      const store = await runCancelled(state, genesys)
      assert.equal(store.upload.state, 'cancelled')
      assert.deepEqual(
        store.audits.filter(({ action }) => action === 'list.cleared').map((a) => a.outcome),
        ['failed'],
      )
    })
  }

  it(`a cancelled overwrite (${state}) ends only when the list is empty`, async () => {
    const genesys = createMemoryGenesys()
    genesys.list = { ...genesys.list, size: 7 }
    let reads = 0
    genesys.onRead = () => {
      reads += 1
      if (reads === 3) genesys.list = { ...genesys.list, size: 0 }
    }
    const { upload } = await runCancelled(state, genesys)
    assert.deepEqual([upload.state, reads], ['cancelled', 3])
  })
}
