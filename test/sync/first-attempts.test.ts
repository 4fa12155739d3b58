import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createFirstAttempts } from '../../src/sync/first-attempts.ts'
import type { SyncDelivery } from '../../src/workflows/ports/endpoints/sync.ts'
import { createManualClock } from '../support/stages/test-clock.ts'

const delivery = (id: string, endpointId = 'whe_1'): SyncDelivery => ({
  id,
  tenantId: 'default',
  endpointId,
  url: 'https://crm.example',
  trusted: true,
  secrets: [],
  eventType: 'upload.completed',
  object: 'upl_1',
  body: '{}',
  attempts: 0,
  createdAt: new Date(0),
})

const setUp = () => {
  const clock = createManualClock()
  const begun: string[] = []
  const told: string[] = []
  const open = new Map<string, PromiseWithResolvers<void>>()
  const answers = new Map<string, () => void>()
  const first = createFirstAttempts({
    attempt: ({ id }, answered) => {
      begun.push(id)
      answers.set(id, answered)
      const attempt = Promise.withResolvers<void>()
      open.set(id, attempt)
      return attempt.promise
    },
    clock,
    emit: (name) => void told.push(name),
  })
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  return { clock, begun, told, open, answers, first, turn }
}

const many = (count: number, endpointId: string): SyncDelivery[] =>
  Array.from({ length: count }, (_, n) => delivery(`${endpointId}-${n}`, endpointId))

describe('First attempts', () => {
  it('begin at once, and an endpoint that hangs keeps none of another', async () => {
    const { first, begun, open, turn } = setUp()
    first.take(many(40, 'hangs'))
    assert.equal(begun.length, 16)
    first.take([delivery('other', 'whe_2')])
    assert.equal(begun.at(-1), 'other')
    open.get('hangs-3')?.resolve()
    await turn()
    assert.equal(begun.at(-1), 'hangs-16')
  })

  it('leave to the sweeper what they could not begin in time to be recorded', async () => {
    const { clock, first, begun, open, turn } = setUp()
    first.take(many(20, 'whe_1'))
    await clock.advance(first.withinMs / 2)
    first.take([delivery('late')])
    for (const attempt of open.values()) attempt.resolve()
    await turn()
    assert.equal(begun.length, 17)
    assert.equal(begun.at(-1), 'late')
  })

  it('make room for the next once the endpoint has answered, and end once recorded', async () => {
    const { first, begun, open, answers, turn } = setUp()
    first.take(many(18, 'whe_1'))
    answers.get('whe_1-2')?.()
    assert.equal(begun.at(-1), 'whe_1-16')
    open.get('whe_1-2')?.resolve()
    await turn()
    assert.equal(begun.length, 17)
    let stopped = false
    const stop = first.stop().then(() => (stopped = true))
    for (const answered of answers.values()) answered()
    await turn()
    assert.deepEqual([begun.length, stopped], [17, false])
    for (const attempt of open.values()) attempt.resolve()
    await stop
  })

  it('go on after one that failed to be recorded, and tell of it', async () => {
    const { first, begun, told, open, turn } = setUp()
    first.take(many(17, 'whe_1'))
    open.get('whe_1-0')?.reject(new Error('the database is away'))
    await turn()
    assert.deepEqual([begun.at(-1), told], ['whe_1-16', ['job.failed']])
  })

  it('when stopped end those under way and begin no more', async () => {
    const { first, begun, open, turn } = setUp()
    first.take(many(20, 'whe_1'))
    let stopped = false
    const stop = first.stop().then(() => (stopped = true))
    open.get('whe_1-0')?.resolve()
    await turn()
    assert.equal(stopped, false)
    for (const attempt of open.values()) attempt.resolve()
    await stop
    first.take([delivery('after')])
    assert.equal(begun.length, 16)
  })
})
