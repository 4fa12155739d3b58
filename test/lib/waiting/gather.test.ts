import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createGatherer } from '../../../src/lib/waiting/gather.ts'

const setUp = (most: number) => {
  const calls: { items: readonly number[]; done: PromiseWithResolvers<number[]> }[] = []
  const gather = createGatherer<number, number>((items) => {
    const done = Promise.withResolvers<number[]>()
    calls.push({ items, done })
    return done.promise
  }, most)
  return { calls, gather }
}

test('the first goes at once, what comes meanwhile goes together, each gets its own answer', async () => {
  const { calls, gather } = setUp(3)
  const answers = [1, 2, 3, 4, 5].map((item) => gather(item))
  assert.deepEqual(calls[0]?.items, [1])
  calls[0]?.done.resolve([10])
  assert.equal(await answers[0], 10)
  assert.deepEqual(calls[1]?.items, [2, 3, 4])
  calls[1]?.done.resolve([20, 30, 40])
  assert.deepEqual(await Promise.all(answers.slice(1, 4)), [20, 30, 40])
  calls[2]?.done.resolve([50])
  assert.equal(await answers[4], 50)
})

test('a call that fails is told to those in it, and the next goes on', async () => {
  const { calls, gather } = setUp(3)
  const first = gather(1)
  const second = gather(2)
  calls[0]?.done.reject(new Error('away'))
  await assert.rejects(first, /away/)
  calls[1]?.done.resolve([20])
  assert.equal(await second, 20)
  const third = gather(3)
  calls[2]?.done.resolve([30])
  assert.equal(await third, 30)
})

const resting = (enough: number) => {
  const calls: (readonly number[])[] = []
  const rests: PromiseWithResolvers<void>[] = []
  let idled = 0
  const after = (_items: number, ended: AbortSignal): Promise<void> => {
    const over = Promise.withResolvers<void>()
    ended.addEventListener('abort', () => over.reject(ended.reason as Error))
    rests.push(over)
    return over.promise
  }
  const flush = async (items: readonly number[]): Promise<readonly number[]> => {
    calls.push(items)
    return items
  }
  const idle = (): void => void (idled += 1)
  const gather = createGatherer(flush, 10, { rest: { after, enough }, idle })
  return { calls, rests, gather, idled: () => idled }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('with a rest, what comes after a call gathers until the rest is over', async () => {
  const { calls, rests, gather, idled } = resting(10)
  assert.equal(await gather(1), 1)
  const later = [gather(2), gather(3)]
  await turn()
  assert.deepEqual(calls, [[1]])
  rests[0]?.resolve()
  assert.deepEqual(await Promise.all(later), [2, 3])
  assert.deepEqual(calls, [[1], [2, 3]])
  await turn()
  assert.equal(idled(), 0, 'the second rest is not over')
  rests[1]?.resolve()
  await turn()
  assert.equal(idled(), 1)
})

test('a rest ends when enough are waiting, and there is none when enough wait already', async () => {
  const { calls, rests, gather } = resting(3)
  await gather(1)
  const later = [gather(2), gather(3)]
  await turn()
  assert.deepEqual(calls, [[1]])
  later.push(gather(4))
  assert.deepEqual(await Promise.all(later), [2, 3, 4])
  assert.deepEqual(calls, [[1], [2, 3, 4]])
  assert.equal(rests.length, 2)
  rests[1]?.resolve()
})
