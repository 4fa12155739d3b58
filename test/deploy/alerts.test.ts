import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { stringify } from 'yaml'

import { readAlertRules, readRuleTests } from '../support/promql/alert-rules.ts'
import { unknownNames } from '../support/promql/known-metrics.ts'
import { promtool, WITHOUT_PROMTOOL } from '../support/promql/promtool.ts'

const RULES = 'deploy/prometheus/alerts.yml'
const CASES = 'deploy/prometheus/alerts.test.yml'
const rules = readAlertRules(RULES)
const file = readRuleTests(CASES)
const runbook = readFileSync('docs/runbook.md', 'utf8')

test(
  'promtool takes the rules and the configuration, and finds every case of alerts.test.yml true',
  { skip: WITHOUT_PROMTOOL },
  () => {
    const runs = [
      promtool('test', 'rules', CASES),
      promtool('check', 'rules', RULES),
      promtool('check', 'config', '--syntax-only', 'deploy/prometheus/prometheus.yml'),
    ]
    for (const { ok, says } of runs) assert.ok(ok, says)
  },
)

test(
  'promtool finds it when an alert does not do what a case says',
  { skip: WITHOUT_PROMTOOL },
  () => {
    const directory = mkdtempSync(join(tmpdir(), 'alerts-'))
    try {
      const deaf = readFileSync(RULES, 'utf8').replace(
        'sum(up{job="gateway"}) == 0',
        'vector(0) > 1',
      )
      writeFileSync(join(directory, 'alerts.yml'), deaf)
      const cases = join(directory, 'cases.yml')
      writeFileSync(cases, stringify({ ...file, tests: file.tests.slice(0, 1) }))
      const { ok, says } = promtool('test', 'rules', cases)
      assert.equal(ok, false)
      assert.match(says, /GatewayAllDown/)
    } finally {
      rmSync(directory, { recursive: true })
    }
  },
)

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
  for (const { alert, expr } of rules) assert.deepEqual(unknownNames(expr), [], alert)
})

test('every alert waits a while, says how grave it is, and leads to its section', () => {
  assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length)
  for (const { alert, for: wait, labels, annotations } of rules) {
    assert.match(wait, /^[1-9]\d*[mh]$/, alert)
    assert.match(labels.severity, /^(critical|warning)$/, alert)
    assert.ok(annotations.summary.length > 10 && annotations.description.length > 10, alert)
    const section = `{{ $externalLabels.runbook }}#${alert.toLowerCase()}`
    assert.equal(annotations.runbook_url, section)
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
    for (const part of ['**Meaning:**', '**Check:**', '**Do:**']) {
      assert.ok(section.includes(part), `${section.split('\n')[0]} lacks ${part}`)
    }
  }
})
