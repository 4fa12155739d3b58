import assert from 'node:assert/strict'
import { test } from 'node:test'

import { seededRandom } from '../../src/lib/seeded-random.ts'

const take = (seed: number, count: number): number[] => {
  const random = seededRandom(seed)
  return Array.from({ length: count }, () => random())
}

test('a seed gives the same numbers again, another seed others, all in [0, 1)', () => {
  const numbers = take(7, 1000)
  assert.deepEqual(take(7, 1000), numbers)
  assert.notDeepEqual(take(8, 1000), numbers)
  assert.ok(numbers.every((value) => value >= 0 && value < 1))
  assert.ok(new Set(numbers).size > 990)
})
