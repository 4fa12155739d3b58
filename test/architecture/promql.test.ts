import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { seriesOf, valuesOf } from '../support/promql/alert-rules.ts'
import { evaluate, type Series } from '../support/promql/evaluate-promql.ts'
import { durationSeconds, parsePromql } from '../support/promql/parse-promql.ts'

/** Series with a sample a minute. */
const made = (input: Record<string, string>): Series[] =>
  Object.entries(input).map(([series, values]) => ({
    ...seriesOf(series),
    samples: valuesOf(values).flatMap((value, at) =>
      value === null ? [] : [{ at: at * 60, value }],
    ),
  }))

const worth = (expr: string, input: Record<string, string>, atMinute = 10): unknown => {
  const value = evaluate(parsePromql(expr), { series: made(input), at: atMinute * 60 })
  if (typeof value === 'number') return value
  return value.map(({ labels, value }) => {
    const named = Object.entries(labels).map(([label, text]) => `${label}=${text}`)
    return `${named.toSorted().join(',')} ${Number(value.toFixed(6))}`
  })
}

// The figures of the windows are those that promtool gives for the same series; no sample lies on a window's edge.
describe('The evaluator of alert expressions', () => {
  test('finds the last sample of five minutes, by matchers of all four kinds', () => {
    const input = { 'a{x="1"}': '5x10', 'a{x="22"}': '6x10', 'a{x="3"}': '7x4' }
    assert.deepEqual(worth('a', input), ['x=1 5', 'x=22 6'])
    assert.deepEqual(worth('a{x="1"}', input), ['x=1 5'])
    assert.deepEqual(worth('a{x!="1"}', input), ['x=22 6'])
    assert.deepEqual(worth('a{x=~"2|1"}', input), ['x=1 5'])
    assert.deepEqual(worth('a{x!~"2.|3"}', input), ['x=1 5'])
    assert.deepEqual(worth('a{y=""}', input), ['x=1 5', 'x=22 6'])
  })

  test('counts the growth of a counter over its restarts, up to the edges of the window', () => {
    assert.deepEqual(worth('increase(a[330s])', { a: '0+10x10' }), [' 55'])
    assert.deepEqual(worth('rate(a[330s])', { a: '0+60x10' }), [' 1'])
    assert.deepEqual(worth('increase(a[570s])', { a: '5 6 7 0 1 2 3 4 5 6 7' }), [' 8.444444'])
    assert.deepEqual(worth('increase(a[330s])', { a: '0x7 4x10' }), [' 4'])
    assert.deepEqual(worth('increase(a[330s])', { a: '_x7 _ _ _ 4' }), [])
    assert.deepEqual(worth('delta(a[330s])', { a: '9x7 4x10' }), [' -5.5'])
    assert.deepEqual(worth('min_over_time(a[330s])', { a: '9x7 4x10' }), [' 4'])
    assert.deepEqual(worth('changes(a[570s])', { a: '1 1 2 2 1 1x10' }), [' 2'])
  })

  test('adds up by labels, and over all of them', () => {
    const input = { 'a{x="1",y="1"}': '1x10', 'a{x="1",y="2"}': '2x10', 'a{x="2",y="1"}': '4x10' }
    assert.deepEqual(worth('sum(a)', input), [' 7'])
    assert.deepEqual(worth('sum by (x) (a)', input), ['x=1 3', 'x=2 4'])
    assert.deepEqual(worth('max without (x) (a)', input), ['y=1 4', 'y=2 2'])
    assert.deepEqual(worth('count(a)', input), [' 3'])
    assert.deepEqual(worth('sum(b)', input), [])
  })

  test('compares by dropping what does not hold, whichever side the number is on', () => {
    const input = { 'a{x="1"}': '1x10', 'a{x="2"}': '2x10' }
    assert.deepEqual(worth('a > 1', input), ['x=2 2'])
    assert.deepEqual(worth('1 < a', input), ['x=2 2'])
    assert.deepEqual(worth('a == 1', input), ['x=1 1'])
    assert.deepEqual(worth('time() - a', input), ['x=1 599', 'x=2 598'])
    assert.equal(worth('2 + 3 * 4 - 6 / 2', input), 11)
  })

  test('matches both sides by all labels, or by those named', () => {
    const input = {
      'a{x="1"}': '1x10',
      'a{x="2"}': '2x10',
      'b{x="1"}': '5x10',
      'c{x="1",y="1"}': '3x10',
    }
    assert.deepEqual(worth('a and b', input), ['x=1 1'])
    assert.deepEqual(worth('a unless b', input), ['x=2 2'])
    assert.deepEqual(worth('b or a', input), ['x=1 5', 'x=2 2'])
    assert.deepEqual(worth('a / b', input), ['x=1 0.2'])
    assert.deepEqual(worth('a and c', input), [])
    assert.deepEqual(worth('a and on (x) c', input), ['x=1 1'])
    assert.deepEqual(worth('a and ignoring (y) c', input), ['x=1 1'])
  })

  test('binds comparison tighter than and, and arithmetic tighter than comparison', () => {
    const input = { a: '4x10', b: '2x10' }
    assert.deepEqual(worth('a / b > 1 and a > 3 unless b > 5', input), [' 2'])
    assert.deepEqual(worth('a > 9 or b == 2 and a > 9', input), [])
    assert.deepEqual(worth('(a > 9 or b == 2) and a > 3', input), [' 2'])
  })

  test('refuses what it does not know rather than read it wrongly', () => {
    for (const text of ['a offset 5m', 'a[5m:1m]', 'a > bool 1', 'a * on (x) group_left b', 'a)']) {
      assert.throws(() => parsePromql(text), /./, text)
    }
    assert.throws(() => worth('deriv(a[5m])', { a: '1x10' }), /not evaluated here/)
    assert.throws(() => worth('a[5m]', { a: '1x10' }), /range/)
  })

  test('reads durations and series as promtool does', () => {
    assert.equal(durationSeconds('1h30m'), 5400)
    assert.deepEqual(valuesOf('1 2x2 0+5x2 _ _x2 8-1x1'), [
      1,
      2,
      2,
      2,
      0,
      5,
      10,
      null,
      null,
      null,
      8,
      7,
    ])
    assert.throws(() => durationSeconds('soon'), /no duration/)
  })
})
