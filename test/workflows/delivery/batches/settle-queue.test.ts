import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createSettleQueue } from '../../../../src/workflows/delivery/batches/settle-queue.ts'

/** A queue. The work on each item ends when the test demands it. */
const setUp = (width = 1) => {
  const begun: number[] = []
  const ends = new Map<number, PromiseWithResolvers<void>>()
  const endOf = (item: number): PromiseWithResolvers<void> => {
    const known = ends.get(item) ?? Promise.withResolvers<void>()
    ends.set(item, known)
    return known
  }
  const queue = createSettleQueue<number>(width, async (item) => {
    begun.push(item)
    await endOf(item).promise
    ends.delete(item)
    queue.remove(item)
  })
  return { queue, begun, end: (item: number) => endOf(item).resolve(), endOf }
}

describe('what was sent', () => {
  it('is settled one by one, oldest first, beside the sending', async () => {
    const { queue, begun, end } = setUp()
    for (const item of [1, 2, 3]) queue.push(item)
    assert.deepEqual(begun, [1])
    for (const item of [2, 1, 3]) end(item)
    await queue.emptied()
    assert.deepEqual(begun, [1, 2, 3])
  })

  it('is settled a few at a time', async () => {
    const { queue, begun, end } = setUp(2)
    for (const item of [1, 2, 3]) queue.push(item)
    assert.deepEqual(begun, [1, 2])
    end(2)
    await queue.belowLength(3)
    assert.deepEqual(queue.all(), [1, 3])
    end(3)
    await queue.belowLength(2)
    end(1)
    await queue.emptied()
    assert.deepEqual(begun, [1, 2, 3])
  })

  it('makes the sender wait while too much of it is out', async () => {
    const { queue, end } = setUp()
    queue.push(1)
    queue.push(2)
    const told: string[] = []
    const sender = async (): Promise<void> => {
      await queue.belowLength(2)
      told.push('sent')
    }
    const sending = sender()
    told.push('waiting')
    end(1)
    await sending
    assert.deepEqual(told, ['waiting', 'sent'])
    assert.deepEqual(queue.all(), [2])
    end(2)
    await queue.emptied()
  })

  it('tells a fault to whoever waits next, and goes on with the same one after it', async () => {
    const failing = new Set([1])
    const begun: number[] = []
    const queue = createSettleQueue<number>(1, async (item) => {
      begun.push(item)
      if (failing.delete(item)) throw new Error('away')
      queue.remove(item)
    })
    queue.push(1)
    await assert.rejects(queue.emptied(), { message: 'away' })
    assert.deepEqual(queue.all(), [1])
    await queue.emptied()
    assert.deepEqual(begun, [1, 1])
  })

  it('is left alone once the queue is closed', async () => {
    const { queue, begun, end } = setUp()
    queue.push(1)
    queue.push(2)
    end(1)
    await queue.close()
    assert.deepEqual(begun, [1])
    queue.push(3)
    assert.deepEqual(begun, [1])
  })
})
