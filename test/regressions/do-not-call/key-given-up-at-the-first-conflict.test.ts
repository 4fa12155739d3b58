import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'

import { setDncStage, type DncStage } from '../../support/do-not-call/dnc-stage.ts'
import { dncStore } from '../../support/do-not-call/dnc-store.ts'

const ON = { operation: 'dnc-write' } as const

describe('A 409 after a long outage', () => {
  const store = dncStore()
  let stage: DncStage
  afterEach(() => stage.close())

  it('keeps the key for 60 s too, and then the key of the successor', async () => {
    stage = await setDncStage(store(), 'guide')
    const process = stage.process()
    stage.sandbox.setFaults([{ kind: 'status', status: 503, count: 1, ...ON }])
    await process.submit([{ phoneNumber: '+14155550101' }])
    await process.look()
    await stage.age(3_600_000)
    stage.sandbox.setFaults([{ kind: 'status', status: 409, ...ON }])
    const keys = async () => (await stage.groups()).map(({ key }) => key)
    for (let looks = 0; looks < 3; looks += 1) await process.look()
    assert.equal((await keys()).length, 1)
    await stage.age(61_000)
    await process.look()
    assert.equal((await keys()).length, 2)
    for (let looks = 0; looks < 3; looks += 1) await process.look()
    assert.equal((await keys()).length, 2)
    stage.sandbox.setFaults([])
    await process.drain()
    const [first, second] = await stage.groups()
    assert.deepEqual([first?.state, second?.state], ['split', 'settled'])
  })
})
