import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'

import { readAlertRules, readRuleTests, runRuleTest } from '../support/promql/alert-rules.ts'
import { unknownNames } from '../support/promql/known-metrics.ts'
import { durationSeconds, parsePromql } from '../support/promql/parse-promql.ts'

const rules = readAlertRules('deploy/prometheus/alerts.yml')
const file = readRuleTests('deploy/prometheus/alerts.test.yml')
const runbook = readFileSync('docs/runbook.md', 'utf8')

describe('Each case of alerts.test.yml comes true', () => {
  for (const one of file.tests) {
    test(one.name, () => {
      for (const { expr, at, found, expected } of runRuleTest(file, one, rules)) {
        assert.deepEqual(found, expected, `${expr} at ${at}`)
      }
    })
  }
})

test('every alert has a case in which it fires and one in which it never does', () => {
  for (const { alert } of rules) {
    const cases = file.tests.map(({ promql_expr_test }) =>
      promql_expr_test.filter(({ expr }) => expr.includes(`alertname="${alert}"`)),
    )
    const fires = ({ exp_samples = [] }: { exp_samples?: unknown[] }): boolean =>
      exp_samples.length > 0
    assert.ok(
      cases.some((checks) => checks.some(fires)),
      `${alert} never fires`,
    )
    assert.ok(
      cases.some((checks) => checks.length > 0 && !checks.some(fires)),
      `${alert} always fires`,
    )
  }
})

test('every alert names metrics and labels that the gateway has', () => {
  for (const { alert, expr } of rules) assert.deepEqual(unknownNames(parsePromql(expr)), [], alert)
})

test('every alert waits a while, says how grave it is, and leads to its section', () => {
  assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length)
  for (const { alert, for: wait, labels, annotations } of rules) {
    assert.ok(durationSeconds(wait) >= 60, alert)
    assert.match(labels.severity, /^(critical|warning)$/, alert)
    assert.ok(annotations.summary.length > 10 && annotations.description.length > 10, alert)
    assert.equal(annotations.runbook_url, `docs/runbook.md#${alert.toLowerCase()}`)
  }
})

test('the runbook has a section for every alert, in their order, and for no other', () => {
  const [, alerts = ''] = runbook.split('\n## Alerts\n')
  const sections = alerts.split(/\n## /)[0]?.split(/^### /m).slice(1) ?? []
  const names = sections.map((section) => section.split('\n')[0])
  assert.deepEqual(
    names,
    rules.map(({ alert }) => alert),
  )
  for (const section of sections) {
    for (const part of ['**Means**', '**Look at**', '**Do**']) {
      assert.ok(section.includes(part), `${section.split('\n')[0]} lacks ${part}`)
    }
  }
})
