import assert from 'node:assert/strict'
import { it } from 'node:test'

import { nextLook } from '../../src/console/frame/live.ts'

const secondsOf = (looks: number, moved: boolean): number[] => {
  const seconds: number[] = []
  let last: number | null = null
  for (let n = 0; n < looks; n += 1) {
    const next = nextLook(last, moved && n > 0)
    seconds.push(next.seconds)
    last = next.look
  }
  return seconds
}

it('a page looks again after two seconds, ever less often while nothing moves, and every five seconds while something does', () => {
  assert.deepEqual(secondsOf(11, false), [2, 3, 5, 5, 8, 12, 15, 20, 30, 30, 30])
  assert.deepEqual(secondsOf(6, true), [2, 3, 5, 5, 5, 5])
  assert.equal(nextLook(11, true).seconds, 5, 'what stood still and moves is looked at soon')
})
