import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createEventLog } from '../../src/telemetry/logger.ts'
import { createTelemetry } from '../../src/telemetry/telemetry.ts'

const quietSource = {
  ready: async () => true,
  pace: async () => ({
    requestsPerMinute: 900,
    usedLastMinute: 12,
    remaining: null,
    waiting: { dnc: 0, read: 0, delivery: 2, poll: 0 },
  }),
  database: async () => ({
    uploads: { delivering: 3 },
    holds: { refusals: 1 },
    longestUnchangedSeconds: { delivering: 7 },
    lanesHeld: 1,
    lanesWaiting: 2,
    oldestLaneWaitSeconds: 4,
    syncPending: 5,
    oldestSyncPendingSeconds: 90,
    oldestDncPendingSeconds: 42,
    dncApplyByEpochSeconds: 1_796_000_000,
    registries: [
      { registry: 'ftc', ageSeconds: 3_600, limitSeconds: 2_678_400 },
      { registry: 'tps', ageSeconds: null, limitSeconds: 2_419_200 },
    ],
    oldestRetractionSeconds: 7,
    oldestGuestFileHoldSeconds: 9,
    oldestErasureSeconds: 8,
    auditChainLagSeconds: 0.5,
    retentionBehindSeconds: { 'staged-rows': 60 },
    sealedUnderOlderKeys: 3,
    olderKeys: 1,
    syncDead: 0,
  }),
}

test('an event becomes one JSON line with its level and its fields', () => {
  const lines: string[] = []
  const log = createEventLog({
    level: 'info',
    pretty: false,
    destination: { write: (line) => lines.push(line) },
  })
  log('upload.held', { uploadId: 'upl_1', reason: 'refusals', failure: null })
  log('lane.claimed', { lane: 'contact_list:a', fence: '1' })
  assert.equal(lines.length, 1)
  const line = JSON.parse(lines[0] ?? '') as Record<string, unknown>
  assert.equal(line['event'], 'upload.held')
  assert.equal(line['level'], 'warn')
  assert.equal(line['uploadId'], 'upl_1')
})

test('a duration is said in whole milliseconds, and below one to the 10 µs', () => {
  const lines: string[] = []
  const destination = { write: (line: string) => lines.push(line) }
  const log = createEventLog({ level: 'debug', pretty: false, destination })
  for (const durationMs of [1234.5678, 0.123456, 0]) {
    log('dnc.looked_up', { subjects: 1, suppressed: 0, durationMs })
  }
  const said = lines.map((line) => (JSON.parse(line) as { durationMs: number }).durationMs)
  assert.deepEqual(said, [1235, 0.12, 0])
})

test('events move the metrics, and gauges come from the database and the pace queue', async () => {
  const telemetry = createTelemetry({ log: () => {} })
  telemetry.emit('batch.settled', {
    uploadId: 'upl_1',
    batchId: 'b',
    seq: 0,
    jobId: null,
    attempt: 1,
    delivered: 7,
    unchanged: 2,
    failed: 1,
    unprocessed: 2,
    durationMs: 1500,
  })
  telemetry.emit('upload.finished', {
    uploadId: 'upl_1',
    tenantId: 'default',
    contactListId: 'list-1',
    state: 'cancelled',
    problem: null,
    delivered: 7,
    unchanged: 2,
    failed: 1,
    unprocessed: 6,
    unsettled: 4,
    sinceAcceptedMs: 2000,
  })
  const { body } = await telemetry.scrape(quietSource)
  assert.match(body, /gateway_rows_total\{outcome="delivered"\} 7/)
  assert.match(body, /gateway_rows_total\{outcome="unprocessed"\} 6/)
  assert.match(body, /gateway_uploads\{state="delivering"\} 3/)
  assert.match(body, /gateway_pace_waiting\{class="delivery"\} 2/)
  assert.match(body, /gateway_database_up 1/)
  assert.match(body, /gateway_dnc_apply_by_timestamp_seconds 1796000000/)
  assert.match(body, /gateway_registry_age_seconds\{registry="ftc"\} 3600/)
  assert.doesNotMatch(body, /gateway_registry_age_seconds\{registry="tps"\}/)
  assert.match(body, /gateway_registry_age_limit_seconds\{registry="tps"\} 2419200/)
})

test('what Genesys says remains is absent until it says something, for a 0 would read as used up', async () => {
  const telemetry = createTelemetry({ log: () => {} })
  const scraped = async (remaining: number | null) => {
    const pace = async () => ({ ...(await quietSource.pace()), remaining })
    return (await telemetry.scrape({ ...quietSource, pace })).body
  }
  assert.doesNotMatch(await scraped(null), /^gateway_pace_remaining /m)
  assert.match(await scraped(0), /^gateway_pace_remaining 0$/m)
  assert.doesNotMatch(await scraped(null), /^gateway_pace_remaining /m)
})

test('counters of closed sets are there with 0, so that an increase from nothing is seen', async () => {
  const { body } = await createTelemetry({ log: () => {} }).scrape(quietSource)
  for (const series of [
    'gateway_uploads_finished_total{state="failed"}',
    'gateway_webhook_receipts_total{route="callback",outcome="forged"}',
    'gateway_genesys_attempts_total{operation="token",outcome="unauthorized"}',
    'gateway_sync_endpoints_disabled_total{reason="gone"}',
    'gateway_dnc_entries_total{kind="pull",outcome="created"}',
    // Without it, GatewayUnexpectedErrors misses the first failure of each kind of job.
    'gateway_job_failures_total{queue="reconcile"}',
  ]) {
    assert.ok(body.includes(`\n${series} 0\n`), series)
  }
})

test('a scrape tells whether the instance is ready, and what is held by reason', async () => {
  const telemetry = createTelemetry({ log: () => {} })
  const ready = (await telemetry.scrape(quietSource)).body
  assert.match(ready, /^gateway_ready 1$/m)
  assert.match(ready, /gateway_holds\{reason="refusals"\} 1/)
  assert.match(ready, /gateway_holds\{reason="list_error"\} 0/)
  assert.match(ready, /gateway_upload_longest_unchanged_seconds\{state="delivering"\} 7/)
  assert.match(ready, /^gateway_sync_oldest_pending_seconds 90$/m)
  assert.match(ready, /^gateway_dnc_oldest_pending_seconds 42$/m)
  const stopping = await telemetry.scrape({ ...quietSource, ready: async () => false })
  assert.match(stopping.body, /^gateway_ready 0$/m)
})

test('a database that does not answer does not stop the scrape', async () => {
  const telemetry = createTelemetry({ log: () => {} })
  const { body } = await telemetry.scrape({
    ...quietSource,
    database: () => Promise.reject(new Error('gone')),
  })
  assert.match(body, /gateway_database_up 0/)
})

test('a failed attempt at Genesys shows at the default level, and readiness can tell of it', () => {
  const lines: string[] = []
  const log = createEventLog({
    level: 'info',
    pretty: false,
    destination: { write: (line) => lines.push(line) },
  })
  const telemetry = createTelemetry({ log })
  const attempt = {
    operation: 'list',
    class: 'read',
    attempt: 1,
    durationMs: 3,
    retryInMs: null,
    correlationId: null,
    requestId: null,
    remaining: null,
    right: null,
  }
  assert.equal(telemetry.lastGenesysAttempt(), 'not called yet')
  telemetry.emit('genesys.attempted', { ...attempt, status: 200, failure: null })
  assert.equal(lines.length, 0)
  telemetry.emit('genesys.attempted', { ...attempt, status: 503, failure: 'unavailable' })
  assert.match(lines[0] ?? '', /"level":"warn".*"failure":"unavailable"/)
  assert.equal(telemetry.lastGenesysAttempt(), 'last attempt: unavailable (503)')

  const right = 'outbound:contact:add'
  telemetry.emit('genesys.attempted', { ...attempt, status: 403, failure: 'forbidden', right })
  telemetry.emit('genesys.attempted', { ...attempt, operation: 'job', status: 200, failure: null })
  assert.equal(
    telemetry.lastGenesysAttempt(),
    'answers; probably missing rights: outbound:contact:add',
  )
  telemetry.emit('genesys.attempted', { ...attempt, status: 200, failure: null })
  assert.equal(telemetry.lastGenesysAttempt(), 'answers')
})

test('no event names a field like the key that holds its own name', () => {
  const lines: string[] = []
  const log = createEventLog({
    level: 'info',
    pretty: false,
    destination: { write: (line) => lines.push(line) },
  })
  log('sync.attempted', {
    deliveryId: 'msg_1',
    endpointId: 'whe_1',
    failure: null,
    eventType: 'upload.completed',
    attempt: 1,
    status: 200,
    outcome: 'delivered',
    durationMs: 1,
    nextInMs: null,
  })
  assert.equal(lines[0]?.split('"event":').length, 2)
})

test('a refused request counts once, also if it ends in a hold, which is told in a second line', async () => {
  const telemetry = createTelemetry({ log: () => {} })
  const about = { uploadId: 'upl_1', batchId: 'b', failure: 'rows_refused', rows: 8 }
  telemetry.emit('batch.refused', { ...about, action: 'split' })
  telemetry.emit('batch.refused', { ...about, action: 'held' })
  const { body } = await telemetry.scrape(quietSource)
  assert.match(body, /gateway_batches_total\{outcome="refused"\} 1\n/)
})
