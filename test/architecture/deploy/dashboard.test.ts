import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { parse } from 'yaml'

import { unknownNames } from '../../support/promql/known-metrics.ts'
import { readPromql } from '../../support/promql/promql.ts'

type Panel = {
  id: number
  type: string
  title: string
  datasource?: { uid: string }
  gridPos: { x: number; y: number; w: number; h: number }
  targets?: { expr: string; legendFormat: string; datasource: { uid: string } }[]
}

const dashboard = JSON.parse(
  readFileSync('deploy/grafana/dashboards/outbound-gateway.json', 'utf8'),
) as { uid: string; panels: Panel[] }
const shown = dashboard.panels.filter(({ type }) => type !== 'row')
const targets = shown.flatMap(({ title, targets = [] }) =>
  targets.map((target) => ({ ...target, title, query: readPromql(target.expr) })),
)
const provisioned = (kind: string, file: string): string =>
  readFileSync(`deploy/grafana/provisioning/${kind}/${file}`, 'utf8')

test('every panel of the dashboard asks for metrics and labels that the gateway has', () => {
  assert.ok(targets.length > 30)
  for (const { title, expr } of targets) assert.deepEqual(unknownNames(expr), [], title)
})

test('a legend names labels that its expression keeps', () => {
  for (const { title, legendFormat, query } of targets) {
    const named = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map((hit) => hit[1] ?? '')
    const kept = query.groupings
    for (const label of named) {
      const everywhere = kept.every((labels) => labels.includes(label))
      assert.ok(everywhere && (kept.length > 0 || label === 'instance'), `${title}: ${label}`)
    }
  }
})

test('counters are asked for as rates, gauges as they are', () => {
  for (const { title, query } of targets) {
    for (const { name, ranged } of query.selectors) {
      assert.equal(ranged, /_(total|bucket|sum|count)$/.test(name), `${title}: ${name}`)
    }
  }
})

test('panels have a number of their own and do not lie over each other', () => {
  assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length)
  const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) => {
    assert.ok(x + w <= 24)
    return Array.from({ length: w * h }, (_, at) => `${x + (at % w)}:${y + Math.floor(at / w)}`)
  })
  assert.equal(new Set(cells).size, cells.length)
})

test('Grafana is given the source that the panels ask and the folder where the dashboard lies', () => {
  const { datasources } = parse(provisioned('datasources', 'prometheus.yml')) as {
    datasources: { uid: string; url: string }[]
  }
  assert.deepEqual(
    datasources.map(({ uid, url }) => [uid, url]),
    [['gateway-prometheus', 'http://prometheus:9090']],
  )
  for (const panel of shown) assert.equal(panel.datasource?.uid, datasources[0]?.uid, panel.title)
  for (const { datasource } of targets) assert.equal(datasource.uid, datasources[0]?.uid)
  const { providers } = parse(provisioned('dashboards', 'outbound-gateway.yml')) as {
    providers: { options: { path: string } }[]
  }
  const compose = readFileSync('docker-compose.yml', 'utf8')
  assert.ok(compose.includes(`./deploy/grafana/dashboards:${providers[0]?.options.path}:ro`))
})
