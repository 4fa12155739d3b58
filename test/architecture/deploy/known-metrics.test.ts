import assert from 'node:assert/strict'
import { test } from 'node:test'

import { unknownNames } from '../../support/promql/known-metrics.ts'
import { readPromql } from '../../support/promql/promql.ts'

test('an expression that names what no gateway has is caught, whatever form it takes', () => {
  const known = 'sum by (job) (rate(gateway_job_failures_total{job="gateway"}[5m])) > 0'
  assert.deepEqual(unknownNames(known), [])
  for (const [expr, name] of [
    ['rate(gateway_jobs_failed_total[5m]) > 0', 'gateway_jobs_failed_total'],
    ['gateway_ready{list="a"} == 0', 'gateway_ready{list}'],
    ['sum by (list) (gateway_ready) == 0', 'list'],
    ['max(gateway_ready) without (list) == 0', 'list'],
    ['gateway_ready and on (list) gateway_database_up', 'list'],
    ['gateway_ready unless ignoring (list) gateway_database_up', 'list'],
  ] as const) {
    assert.deepEqual(unknownNames(expr), [name], expr)
  }
})

test('an expression is read with its matchers, its ranges and the labels it keeps', () => {
  const text = 'sum by (a, b) (rate(x_total{c=~"1|2",d!="3"}[$__rate_interval])) / on (a) max(y)'
  assert.deepEqual(readPromql(text), {
    selectors: [
      {
        name: 'x_total',
        matchers: [
          { label: 'c', op: '=~', value: '1|2' },
          { label: 'd', op: '!=', value: '3' },
        ],
        ranged: true,
      },
      { name: 'y', matchers: [], ranged: false },
    ],
    groupings: [['a', 'b'], []],
    matching: ['a'],
  })
})

test('what is no PromQL is refused', () => {
  for (const text of ['a >', 'sum(a', 'a{x=1}', 'a[5m']) {
    assert.throws(() => readPromql(text), /Not PromQL/, text)
  }
})
