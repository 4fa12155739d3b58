import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createGatherer } from '../../../src/lib/waiting/gather.ts'
import { restUnderLoad } from '../../../src/store/uploads/small/rest-under-load.ts'

const MS = 20
const ENOUGH = 10
const turn = () => new Promise((resolve) => setImmediate(resolve))

test('one that comes alone never waits, and after several that came together the next ones gather', async () => {
  const slept: number[] = []
  const awake: PromiseWithResolvers<void>[] = []
  const sleep = (ms: number): Promise<void> => {
    slept.push(ms)
    const over = Promise.withResolvers<void>()
    awake.push(over)
    return over.promise
  }
  const calls: (readonly number[])[] = []
  const write = async (items: readonly number[]): Promise<readonly number[]> => {
    calls.push(items)
    return items
  }
  const gather = createGatherer(write, 10, {
    rest: restUnderLoad({ sleep }, { ms: MS, enough: ENOUGH }),
  })
  await gather(1)
  await gather(2)
  await turn()
  assert.deepEqual(slept, [])
  await Promise.all([gather(3), gather(4), gather(5)])
  const later = [gather(6), gather(7)]
  await turn()
  assert.deepEqual([calls, slept], [[[1], [2], [3], [4, 5]], [(MS * 2) / ENOUGH]])
  awake[0]!.resolve()
  assert.deepEqual(await Promise.all(later), [6, 7])
  assert.deepEqual(calls.at(-1), [6, 7])
})

test('the rest is as long as the call was full, and never longer than the whole', () => {
  const slept: number[] = []
  const sleep = async (ms: number): Promise<void> => void slept.push(ms)
  const { after } = restUnderLoad({ sleep }, { ms: 40, enough: 16 })
  const { signal } = new AbortController()
  for (const items of [1, 4, 16, 64]) void after(items, signal)
  assert.deepEqual(slept, [10, 40, 40])
})
