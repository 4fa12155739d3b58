import { collectDefaultMetrics, Registry } from 'prom-client'

import { RETENTION_RULE_NAMES } from '../domain/retention/retention-rules.ts'
import { FINAL_STATES, ALL_HOLD_REASONS, UPLOAD_STATES } from '../domain/uploads/upload.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import { DNC_EFFECTS, type Effects } from './dnc-effects.ts'
import type { Emit, GatewayEvents } from './events.ts'
import { setFirstValues } from './first-values.ts'
import type { GaugeSource } from './gauge-source.ts'
import { createLastAttempt, createLastScan } from './last-attempt.ts'
import { createLastHour, type LastHour } from './last-hour.ts'
import { createMetrics, type Metrics } from './metrics.ts'

const seconds = (ms: number): number => ms / 1000

/** The label values are few, because a route is a pattern and a status is a number. */
const countAnswer: Effects['http.answered'] = (metrics, { method, route, status, durationMs }) => {
  metrics.httpRequests.inc({ method, route, status: String(status) })
  metrics.httpSeconds.observe({ route }, seconds(durationMs))
}

const HTTP_EFFECTS: Effects = {
  'http.answered': countAnswer,
  'http.probed': countAnswer,
  'http.failed': (metrics) => metrics.httpFailures.inc(),
}

const UPLOAD_EFFECTS: Effects = {
  'upload.staged': (metrics, fields) => {
    metrics.uploadsStaged.inc({ format: fields.format })
    metrics.bytes.inc(fields.bytes)
    metrics.chunks.inc(fields.chunks)
    for (const outcome of ['accepted', 'rejected', 'duplicates', 'suppressed', 'blank'] as const) {
      metrics.rows.inc({ outcome }, fields[outcome])
    }
    for (const [code, count] of Object.entries(fields.rejections))
      metrics.rejections.inc({ code }, count)
    for (const [code, count] of Object.entries(fields.suppressedBy))
      metrics.suppressedRows.inc({ code }, count)
    metrics.lastProcessed.setToCurrentTime({ what: 'upload_staged' })
  },
  'upload.discarded': (metrics) => metrics.uploadsDiscarded.inc(),
  'upload.replayed': (metrics) => metrics.uploadsReplayed.inc(),
  'upload.held': (metrics, { reason }) => metrics.uploadsHeld.inc({ reason }),
  'upload.finished': (metrics, fields) => {
    metrics.uploadsFinished.inc({ state: fields.state })
    metrics.rows.inc({ outcome: 'unprocessed' }, fields.unsettled)
    metrics.completionSeconds.observe(seconds(fields.sinceAcceptedMs))
    metrics.lastProcessed.setToCurrentTime({ what: 'upload_finished' })
  },
  'upload.reconciled': (metrics, { state, sampled, missing, differences }) => {
    metrics.reconciliations.inc({ outcome: state })
    metrics.reconciledRows.inc({ finding: 'sampled' }, sampled)
    metrics.reconciledRows.inc({ finding: 'missing' }, missing)
    for (const cells of Object.values(differences)) {
      metrics.reconciledRows.inc({ finding: 'different_cells' }, cells)
    }
  },
  'phones.parsed': (metrics, { direct, library }) => {
    metrics.phones.inc({ path: 'direct' }, direct)
    metrics.phones.inc({ path: 'library' }, library)
  },
}

const DELIVERY_EFFECTS: Effects = {
  'batch.settled': (metrics, fields) => {
    metrics.batches.inc({ outcome: 'settled' })
    metrics.batchSeconds.observe(seconds(fields.durationMs))
    for (const outcome of ['delivered', 'unchanged', 'failed', 'unprocessed'] as const) {
      metrics.rows.inc({ outcome }, fields[outcome])
    }
    metrics.lastProcessed.setToCurrentTime({ what: 'batch_settled' })
  },
  'part.settled': (metrics) => metrics.lastProcessed.setToCurrentTime({ what: 'batch_settled' }),
  'batch.refused': (metrics, { action }) => {
    // `held` is the second line about a request: the first says what became of the request itself.
    if (action !== 'held') metrics.batches.inc({ outcome: 'refused' })
  },
  'genesys.attempted': (metrics, { operation, failure, status, durationMs }) => {
    metrics.attempts.inc({ operation, outcome: failure ?? 'ok' })
    metrics.attemptSeconds.observe({ operation }, seconds(durationMs))
    if (status === 429) metrics.throttled.inc()
  },
  'genesys.token.renewed': (metrics, { expiresInSeconds }) => {
    metrics.tokenRenewed.setToCurrentTime()
    metrics.tokenLife.set(expiresInSeconds)
  },
  'pace.waited': (metrics, fields) =>
    metrics.paceWaits.observe({ class: fields.class }, seconds(fields.waitedMs)),
  'pace.blocked': (metrics) => metrics.paceBlocks.inc(),
  'genesys.circuit.changed': (metrics, { open }) => metrics.circuitOpen.set(open ? 1 : 0),
  'lane.recovered': (metrics, { silentMs }) => metrics.recoverySeconds.observe(seconds(silentMs)),
  'lane.lost': (metrics) => metrics.lanesLost.inc(),
  'lane.failed': (metrics) => metrics.laneFailures.inc(),
  'sync.attempted': (metrics, { eventType, outcome }) => {
    metrics.syncDeliveries.inc({ event: eventType, outcome })
    if (outcome === 'delivered') metrics.lastProcessed.setToCurrentTime({ what: 'sync_delivered' })
  },
  'list.provisioned': (metrics, { outcome }) => metrics.listsProvisioned.inc({ outcome }),
  'sync.endpoint_failing': (metrics) => metrics.endpointsFailing.inc(),
  'sync.endpoint_disabled': (metrics, { reason }) => metrics.endpointsDisabled.inc({ reason }),
  'webhook.received': (metrics, { route, outcome }) =>
    metrics.webhookReceipts.inc({ route, outcome }),
  'webhook.settled': (metrics, { route, outcome, reason, sinceReceivedMs }) => {
    if (reason === 'unknown') metrics.webhookReceipts.inc({ route, outcome: reason })
    if (outcome === 'contradicted') metrics.webhookReceipts.inc({ route, outcome })
    if (outcome !== 'ignored') metrics.webhookVerifySeconds.observe(seconds(sinceReceivedMs))
  },
  'clock.jumped': (metrics, { of }) => metrics.clockJumps.inc({ of }),
  'clock.doubted': (metrics) => metrics.clockUnconfirmed.set(1),
  'clock.confirmed': (metrics) => metrics.clockUnconfirmed.set(0),
  'quota.exceeded': (metrics, { quota }) => metrics.quotaRefusals.inc({ quota }),
  'job.failed': (metrics, { queue }) => metrics.jobFailures.inc({ queue }),
}

const GUEST_FILE_EFFECTS: Effects = {
  'guest_file.accepted': (metrics) => metrics.guestFiles.inc({ state: 'accepted', code: 'none' }),
  'guest_file.refused': (metrics, { code }) => metrics.guestFiles.inc({ state: 'refused', code }),
  'guest_file.scanned': (metrics, { verdict }) => metrics.guestFileScans.inc({ verdict }),
  'guest_file.transferred': (metrics, { durationMs }) =>
    metrics.guestFileTransferSeconds.observe(seconds(durationMs)),
  'guest_file.url_renewed': (metrics, { reason }) => metrics.guestFileUrls.inc({ reason }),
  'guest_file.held': (metrics) => metrics.guestFilesHeld.inc(),
  'guest_file.ended': (metrics, { state, code, latencyMs }) => {
    metrics.guestFiles.inc({ state, code })
    if (state !== 'stored' || latencyMs === null) return
    metrics.guestFileSeconds.observe(seconds(latencyMs))
    metrics.lastProcessed.setToCurrentTime({ what: 'guest_file_stored' })
  },
  'guest_file.verdict_late': (metrics) => metrics.guestFileVerdictsLate.inc(),
}

const SEGMENT_EFFECTS: Effects = {
  'segment.analysed': (metrics, { durationMs, findings, counted, selected }) => {
    metrics.segmentAnalysisSeconds.observe(seconds(durationMs))
    for (const [code, count] of Object.entries(findings)) {
      metrics.segmentFindings.inc({ code }, count)
    }
    if (counted !== null && counted > 0 && selected !== null) {
      metrics.segmentSelectedShare.observe(selected / counted)
    }
  },
  'segment.held': (metrics, { reason }) => metrics.segmentsHeld.inc({ reason }),
  'segment.ended': (metrics, { state, pushMs, indexMs }) => {
    metrics.segmentsEnded.inc({ state })
    if (indexMs === null) return
    if (state === 'applied') metrics.segmentIndexSeconds.observe(seconds(indexMs))
    metrics.segmentPushSeconds.observe(seconds(pushMs))
    metrics.lastProcessed.setToCurrentTime({ what: 'segment_applied' })
  },
  'segment.campaign_left_off': (metrics) => metrics.campaignsLeftOff.inc(),
}

const UPKEEP_EFFECTS: Effects = {
  'erasure.completed': (metrics, { state }) => metrics.erasures.inc({ state }),
  'audit.chained': (metrics, { block }) => metrics.auditHead.set(block),
  'retention.swept': (metrics, { rule, deleted }) => {
    metrics.retentionDeleted.inc({ rule }, deleted)
    metrics.lastProcessed.setToCurrentTime({ what: 'retention_swept' })
  },
}

const EFFECTS: Effects = {
  ...HTTP_EFFECTS,
  ...UPLOAD_EFFECTS,
  ...DELIVERY_EFFECTS,
  ...SEGMENT_EFFECTS,
  ...DNC_EFFECTS,
  ...GUEST_FILE_EFFECTS,
  ...UPKEEP_EFFECTS,
}

const OPEN_STATES = UPLOAD_STATES.filter((state) => !FINAL_STATES.includes(state))

export type Telemetry = {
  emit: Emit
  /** How the last attempt to call Genesys ended, as a sentence for operators. */
  lastGenesysAttempt(): string
  /** What this process did in the last hour. */
  lastHour(): LastHour
  /**
   * The metrics in the format of Prometheus. Gauges are read from `source` at each call. If the
   * database does not answer, the metrics that do not need it are still returned.
   */
  scrape(source: GaugeSource): Promise<{ contentType: string; body: string }>
}

const setWorkGauges = (
  metrics: Metrics,
  now: Awaited<ReturnType<GaugeSource['database']>>,
): void => {
  for (const state of OPEN_STATES) {
    metrics.uploads.set({ state }, now.uploads[state] ?? 0)
    metrics.longestUnchanged.set({ state }, now.longestUnchangedSeconds[state] ?? 0)
  }
  for (const reason of ALL_HOLD_REASONS) metrics.holds.set({ reason }, now.holds[reason] ?? 0)
  metrics.lanesHeld.set(now.lanesHeld)
  metrics.lanesWaiting.set(now.lanesWaiting)
  metrics.oldestLaneWait.set(now.oldestLaneWaitSeconds)
  metrics.syncPending.set(now.syncPending)
  metrics.oldestSyncPending.set(now.oldestSyncPendingSeconds)
  metrics.syncDead.set(now.syncDead)
  metrics.oldestDncPending.set(now.oldestDncPendingSeconds)
  metrics.dncApplyBy.set(now.dncApplyByEpochSeconds)
  setRegistryGauges(metrics, now.registries)
  metrics.oldestRetraction.set(now.oldestRetractionSeconds)
  metrics.oldestGuestFileHold.set(now.oldestGuestFileHoldSeconds)
  metrics.oldestErasure.set(now.oldestErasureSeconds)
  metrics.auditChainLag.set(now.auditChainLagSeconds)
  for (const rule of RETENTION_RULE_NAMES) {
    metrics.retentionBehind.set({ rule }, now.retentionBehindSeconds[rule] ?? 0)
  }
  metrics.sealedUnderOlderKeys.set(now.sealedUnderOlderKeys)
  metrics.olderKeys.set(now.olderKeys)
}

const setRegistryGauges = (
  metrics: Metrics,
  registries: Awaited<ReturnType<GaugeSource['database']>>['registries'],
): void => {
  // A registry that no tenant uses any longer must not keep its last value.
  metrics.registryAge.reset()
  metrics.registryAgeLimit.reset()
  for (const { registry, ageSeconds, limitSeconds } of registries) {
    if (ageSeconds !== null) metrics.registryAge.set({ registry }, ageSeconds)
    metrics.registryAgeLimit.set({ registry }, limitSeconds)
  }
}

const setGauges = async (metrics: Metrics, source: GaugeSource): Promise<void> => {
  const pace = await source.pace()
  metrics.paceLimit.set(pace.requestsPerMinute)
  metrics.paceUsed.set(pace.usedLastMinute)
  // The metric is missing until Genesys has reported its quota. A 0 would mean a quota that is used
  // up.
  if (pace.remaining === null) metrics.paceRemaining.remove()
  else metrics.paceRemaining.set(pace.remaining)
  for (const [name, count] of Object.entries(pace.waiting))
    metrics.paceWaiting.set({ class: name }, count)
  const ready = source.ready()
  const looked = metrics.databaseLook.startTimer()
  try {
    setWorkGauges(metrics, await source.database())
    metrics.databaseUp.set(1)
  } catch {
    metrics.databaseUp.set(0)
  }
  looked()
  metrics.ready.set((await ready) ? 1 : 0)
}

/** Connects the log and the metrics. Code emits an event once, and both show it. */
export const createTelemetry = (deps: {
  log: Emit
  clock?: Pick<Clock, 'monotonicMs'>
}): Telemetry => {
  const registry = new Registry()
  const metrics = createMetrics(registry)
  setFirstValues(metrics)
  collectDefaultMetrics({ register: registry })
  const clock = deps.clock ?? systemClock
  const lastHour = createLastHour(clock)
  const lastAttempt = createLastAttempt()
  const lastScan = createLastScan(clock)
  return {
    lastGenesysAttempt: () => lastAttempt.told(),
    lastHour: () => lastHour.read(),
    emit: (name, fields) => {
      deps.log(name, fields)
      if (name === 'genesys.attempted') {
        lastAttempt.note(fields as GatewayEvents['genesys.attempted'])
      }
      if (name === 'guest_file.scanned') {
        lastScan.note(fields as GatewayEvents['guest_file.scanned'])
      }
      EFFECTS[name]?.(metrics, fields)
      lastHour.note(name, fields)
    },
    scrape: async (source) => {
      await setGauges(metrics, source)
      metrics.scannerAway.set(lastScan.hadNoVerdict() ? 1 : 0)
      return { contentType: registry.contentType, body: await registry.metrics() }
    },
  }
}
