import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { eachHome } from '../support/databases/database.ts'
import { metricOf } from '../support/gateway/gateway-process.ts'
import { readAlertRules } from '../support/promql/alert-rules.ts'
import { type Matcher, readPromql } from '../support/promql/promql.ts'
import { cleanFile } from '../support/stages/contact-file.ts'
import { type RunningGateway, setStage, type Stage } from '../support/stages/stage.ts'

/** Metrics without a series until the first bug happens or the first registry is loaded. */
const SILENT = [
  'gateway_job_failures_total',
  'gateway_registry_age_seconds',
  'gateway_registry_age_limit_seconds',
]

const dashboardExprs = (): string[] => {
  const { panels } = JSON.parse(
    readFileSync('deploy/grafana/dashboards/outbound-gateway.json', 'utf8'),
  ) as { panels: { targets?: { expr: string }[] }[] }
  return panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
}

const alertExprs = (): string[] =>
  readAlertRules('deploy/prometheus/alerts.yml').map(({ expr }) => expr)

/** What a scrape contains: the name and the labels of each series. */
const seriesIn = (scrape: string): { name: string; labels: Map<string, string> }[] =>
  [...scrape.matchAll(/^([a-z_0-9]+)(?:\{(.*)\})? \S+$/gm)].map(([, name = '', text = '']) => ({
    name,
    labels: new Map(
      [...text.matchAll(/(\w+)="([^"]*)"/g)].map(([, label = '', value = '']) => [label, value]),
    ),
  }))

/**
 * The values that a matcher demands. Some series must have each of them. A value that the matcher
 * excludes need not exist.
 */
const wanted = ({ label, op, value }: Matcher): { label: string; pattern: RegExp }[] =>
  op === '=' || op === '=~'
    ? value.split('|').map((one) => ({ label, pattern: new RegExp(`^(?:${one})$`) }))
    : []

const missingIn = (scrape: string, exprs: readonly string[]): string[] => {
  const series = seriesIn(scrape)
  const selectors = exprs
    .flatMap((expr) => readPromql(expr).selectors)
    .filter(({ name }) => name !== 'up' && !SILENT.includes(name))
  return selectors.flatMap(({ name, matchers }) => {
    const own = series.filter((one) => one.name === name)
    if (own.length === 0) return [name]
    return matchers
      .filter(({ label }) => label !== 'job' && label !== 'instance')
      .flatMap(wanted)
      .filter(
        ({ label, pattern }) => !own.some(({ labels }) => pattern.test(labels.get(label) ?? '')),
      )
      .map(({ label, pattern }) => `${name} ${label} ${pattern}`)
  })
}

/**
 * Makes some of everything: an upload with bad rows that ends, one that is held, a call that fails
 * because Genesys is away, and a webhook without proof.
 */
const makeTraffic = async (stage: Stage, { client }: RunningGateway): Promise<void> => {
  const { csv } = cleanFile({ rows: 20 })
  const dirty = readFileSync('examples/contacts.csv')
  await client.finished((await client.upload('demo-contacts', dirty)).body.id)
  const held = await client.upload('demo-error', csv)
  await client.until(held.body.id, ({ hold }) => hold?.reason === 'list_error')
  const forged = await client.call('/webhooks/genesys/uploads?token=AAAA', {
    method: 'POST',
    body: '{"jobId":"job-1"}',
  })
  assert.equal(forged.status, 401)
  stage.sandbox.setFaults([{ kind: 'status', status: 503, operation: 'list' }])
  const away = await client.upload('demo-list-2', csv)
  assert.equal(away.status, 503, away.text)
}

eachHome('The metrics of a gateway that has worked', (home) => {
  test('include every metric and label value that the alerts and the dashboard use', async () => {
    const stage = await setStage(await home.fresh(), 'guide')
    try {
      // Nothing listens at the CRM's address, so its message stays pending.
      const gateway = await stage.gateway({ CRM_SYNC_URL: 'http://127.0.0.1:9/' })
      await makeTraffic(stage, gateway)
      const { text } = await gateway.client.call('/metrics')
      assert.deepEqual(missingIn(text, alertExprs()), [])
      assert.deepEqual(missingIn(text, dashboardExprs()), [])
      assert.deepEqual(missingIn(text, ['gateway_holds{reason="unheard_of"}', 'gateway_none']), [
        'gateway_holds reason /^(?:unheard_of)$/',
        'gateway_none',
      ])

      assert.match(text, /^gateway_holds\{reason="list_error"\} 1$/m)
      assert.match(text, /^gateway_holds\{reason="refusals"\} 0$/m)
      assert.match(text, /^gateway_webhook_receipts_total\{route="event",outcome="forged"\} 1$/m)
      assert.match(text, /^gateway_upload_longest_unchanged_seconds\{state="held"\} 0?\.?[1-9]/m)
      assert.equal(metricOf(text, 'gateway_ready'), 1)
      assert.equal(metricOf(text, 'gateway_database_up'), 1)
      assert.ok(metricOf(text, 'gateway_database_look_seconds') > 0)
      assert.ok(metricOf(text, 'gateway_sync_oldest_pending_seconds') > 0)
    } finally {
      await stage.close()
    }
  })
})
