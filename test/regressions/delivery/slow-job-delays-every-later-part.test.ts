import assert from 'node:assert/strict'
import { it } from 'node:test'

import { asFile, makeChunk } from '../../support/memory/made-uploads.ts'
import { createMemoryDelivery } from '../../support/memory/memory-delivery.ts'
import { createMemoryGenesys } from '../../support/memory/memory-genesys.ts'
import { deliveryOver, names } from '../../support/stages/delivery-run.ts'
import { createLeapingClock } from '../../support/stages/test-clock.ts'

const PARTS = 10
const SLOW_MS = 3 * 3_600_000
const USUAL_MS = 2_000

/**
 * Delivers a file in ten parts. The job of the first part takes three hours, each later job takes
 * two seconds. Returns how long the run took, and how often it polled each job.
 */
const deliverAfterSlowJob = async () => {
  const chunks = Array.from({ length: PARTS }, (_, seq) => makeChunk(seq, names(3, `${seq}x`)))
  const store = createMemoryDelivery(chunks, asFile(chunks))
  const genesys = createMemoryGenesys({ jobs: true, fileBytes: 30 })
  const clock = createLeapingClock()
  const sentAtMs: number[] = []
  const polls: number[] = Array.from({ length: PARTS }, () => 0)
  genesys.onFile = () => void sentAtMs.push(clock.monotonicMs())
  genesys.onJob = (status) => {
    const part = sentAtMs.length - 1
    polls[part]! += 1
    const tookMs = part === 0 ? SLOW_MS : USUAL_MS
    const ended = clock.monotonicMs() - sentAtMs[part]! >= tookMs
    return ended ? status : { ...status, state: 'processing' }
  }
  const never = new AbortController().signal
  const { run } = deliveryOver({ store, genesys, clock })
  await run({ signal: never, rest: never, assertHeld: () => undefined })
  return { store, polls, tookMs: clock.monotonicMs() }
}

/**
 * After a job of three hours, the gateway did not poll the next job for three hours, and waited
 * only a tenth less for each job after it.
 */
it('a job of hours delays the part after it by at most a minute, and no other part', async () => {
  const { store, polls, tookMs } = await deliverAfterSlowJob()
  assert.equal(store.upload.state, 'completed')
  const needlessMs = tookMs - SLOW_MS - (PARTS - 1) * USUAL_MS
  assert.ok(needlessMs < 75_000, `it waited ${needlessMs / 1000} s too long`)
  const later = polls.slice(1)
  assert.ok(
    later.every((count) => count <= 2),
    `polls of the later jobs: ${later.join()}`,
  )
})
