import { NO_QUOTAS } from '../domain/access/quotas.ts'
import { RETRACTION_ENDS } from '../domain/do-not-call/retraction.ts'
import { SUPPRESSION_CODES } from '../domain/do-not-call/suppression.ts'
import {
  DNC_CHANGE_EVENT,
  DNC_EVENT_TYPES,
  GUEST_FILE_EVENT_TYPES,
  OUTBOUND_EVENT_TYPES,
  SEGMENT_EVENT_TYPES,
} from '../domain/endpoints/outbound-event.ts'
import { WEBHOOK_PATHS, type WebhookRoute } from '../domain/genesys-events/genesys-webhook.ts'
import { GENESYS_FAILURES } from '../domain/genesys/genesys-failure.ts'
import { FILE_FAULT_CODES } from '../domain/guest-files/file-fault.ts'
import { SCAN_VERDICTS } from '../domain/guest-files/guest-file.ts'
import { RETENTION_RULE_NAMES } from '../domain/retention/retention-rules.ts'
import { FINDING_SEVERITIES } from '../domain/segments/analysis/finding.ts'
import { SEGMENT_HOLD_REASONS } from '../domain/segments/campaign-segment.ts'
import { RECONCILIATION_STATES } from '../domain/uploads/reconciliation.ts'
import { ALL_HOLD_REASONS, FINAL_STATES } from '../domain/uploads/upload.ts'
import type { Metrics } from './metrics.ts'
import { JOB_NAMES } from './process-events.ts'

const ROW_OUTCOMES = [
  'accepted',
  'rejected',
  'duplicates',
  'suppressed',
  'blank',
  'delivered',
  'unchanged',
  'failed',
  'unprocessed',
] as const
const READ_ENTRIES = ['accepted', 'rejected', 'quarantined', 'duplicates', 'blank'] as const
/** By the kind of the submission. */
const ENTRY_OUTCOMES = {
  add: [...READ_ENTRIES, 'created', 'existing', 'updated', 'failed'],
  remove: [...READ_ENTRIES, 'removed', 'notFound', 'failed'],
  // A pull has no answer that counts what was read.
  pull: ['created', 'existing', 'updated', 'failed'],
} as const
const SYNC_OUTCOMES = ['delivered', 'retry', 'dead'] as const
const RECEIPT_OUTCOMES = [
  'accepted',
  'duplicate',
  'malformed',
  'forged',
  'unknown',
  'contradicted',
] as const
const DISABLED_REASONS = ['gone', 'failing'] as const

const setFirstReconciliations = (metrics: Metrics): void => {
  for (const outcome of RECONCILIATION_STATES) {
    if (outcome !== 'pending') metrics.reconciliations.inc({ outcome }, 0)
  }
  for (const finding of ['sampled', 'missing', 'different_cells']) {
    metrics.reconciledRows.inc({ finding }, 0)
  }
}

const setFirstSegments = (metrics: Metrics): void => {
  for (const state of ['applied', 'index_pending', 'failed'])
    metrics.segmentsEnded.inc({ state }, 0)
  for (const reason of SEGMENT_HOLD_REASONS) metrics.segmentsHeld.inc({ reason }, 0)
  for (const code of Object.keys(FINDING_SEVERITIES)) metrics.segmentFindings.inc({ code }, 0)
}

const setFirstGuestFiles = (metrics: Metrics): void => {
  for (const state of ['accepted', 'stored']) metrics.guestFiles.inc({ state, code: 'none' }, 0)
  for (const code of FILE_FAULT_CODES) metrics.guestFiles.inc({ state: 'refused', code }, 0)
  for (const verdict of SCAN_VERDICTS) metrics.guestFileScans.inc({ verdict }, 0)
  for (const reason of ['corrupt', 'refused']) metrics.guestFileUrls.inc({ reason }, 0)
}

const setFirstEntries = (metrics: Metrics): void => {
  for (const [kind, outcomes] of Object.entries(ENTRY_OUTCOMES)) {
    for (const outcome of outcomes) metrics.dncEntries.inc({ kind, outcome }, 0)
  }
  for (const code of SUPPRESSION_CODES) metrics.suppressedRows.inc({ code }, 0)
  for (const outcome of RETRACTION_ENDS) metrics.dncRetracted.inc({ outcome }, 0)
}

const setFirstUpkeep = (metrics: Metrics): void => {
  for (const quota of Object.keys(NO_QUOTAS)) metrics.quotaRefusals.inc({ quota }, 0)
  for (const state of ['completed', 'completed_with_remains']) metrics.erasures.inc({ state }, 0)
  for (const rule of RETENTION_RULE_NAMES) {
    metrics.retentionDeleted.inc({ rule }, 0)
    metrics.retentionBehind.set({ rule }, 0)
  }
  // Set at the start. Without this value, the alert would count an instance as late if it has not
  // run retention yet.
  metrics.lastProcessed.setToCurrentTime({ what: 'retention_swept' })
}

const setFirstProcess = (metrics: Metrics): void => {
  for (const whose of ['database', 'gateway']) metrics.clockJumps.inc({ of: whose }, 0)
  for (const queue of JOB_NAMES) metrics.jobFailures.inc({ queue }, 0)
  for (const path of ['direct', 'library']) metrics.phones.inc({ path }, 0)
  for (const outcome of ['created', 'found']) metrics.listsProvisioned.inc({ outcome }, 0)
}

/**
 * Makes series show 0 at the first scrape, if the possible values of their labels are few and
 * known. A series that begins with its first event has no earlier sample, so `increase()` would
 * never count that event (Prometheus, "Instrumentation": avoid missing metrics).
 */
export const setFirstValues = (metrics: Metrics): void => {
  for (const outcome of ROW_OUTCOMES) metrics.rows.inc({ outcome }, 0)
  for (const state of FINAL_STATES) metrics.uploadsFinished.inc({ state }, 0)
  for (const reason of ALL_HOLD_REASONS) metrics.uploadsHeld.inc({ reason }, 0)
  for (const outcome of ['settled', 'refused']) metrics.batches.inc({ outcome }, 0)
  for (const outcome of Object.keys(GENESYS_FAILURES)) {
    metrics.attempts.inc({ operation: 'token', outcome }, 0)
  }
  for (const reason of DISABLED_REASONS) metrics.endpointsDisabled.inc({ reason }, 0)
  setFirstReconciliations(metrics)
  setFirstSegments(metrics)
  setFirstGuestFiles(metrics)
  setFirstEntries(metrics)
  setFirstUpkeep(metrics)
  setFirstProcess(metrics)
  for (const event of [
    ...OUTBOUND_EVENT_TYPES,
    ...DNC_EVENT_TYPES,
    DNC_CHANGE_EVENT,
    ...GUEST_FILE_EVENT_TYPES,
    ...SEGMENT_EVENT_TYPES,
  ]) {
    for (const outcome of SYNC_OUTCOMES) metrics.syncDeliveries.inc({ event, outcome }, 0)
  }
  for (const route of Object.keys(WEBHOOK_PATHS) as WebhookRoute[]) {
    for (const outcome of RECEIPT_OUTCOMES) metrics.webhookReceipts.inc({ route, outcome }, 0)
  }
}
