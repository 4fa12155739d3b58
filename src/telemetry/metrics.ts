import type { Registry } from 'prom-client'

import { dncMetrics } from './dnc-metrics.ts'
import { createMakers, type Makers } from './metric-makers.ts'

/**
 * All metrics of the gateway. The values of their labels come from closed sets, except the names of
 * registries. No value is an id. A test compares the metrics with `docs/instrumentation.md`.
 */
const SECONDS = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
const LONG_SECONDS = [1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400]

const httpMetrics = ({ counter, histogram }: Makers) => ({
  httpRequests: counter('http_requests_total', 'Requests answered', ['method', 'route', 'status']),
  httpSeconds: histogram('http_request_seconds', 'Time to answer a request', SECONDS, ['route']),
  quotaRefusals: counter(
    'quota_refusals_total',
    'Calls refused because their tenant has used up a quota',
    ['quota'],
  ),
  httpFailures: counter('http_failures_total', 'Requests that failed because of a bug'),
})

const uploadMetrics = ({ counter }: Makers) => ({
  uploadsStaged: counter('uploads_staged_total', 'Uploads accepted with 202', ['format']),
  uploadsDiscarded: counter(
    'uploads_discarded_total',
    'Uploads whose body was refused or incomplete. The gateway keeps nothing of such an upload',
  ),
  uploadsReplayed: counter('uploads_replayed_total', 'Repeated calls that got the stored answer'),
  uploadsHeld: counter(
    'uploads_held_total',
    'How often the gateway held an upload, by reason. Holds that callers request (`apply` and `not_before`) do not count',
    ['reason'],
  ),
  uploadsFinished: counter('uploads_finished_total', 'Uploads that reached a final state', [
    'state',
  ]),
  reconciliations: counter(
    'reconciliations_total',
    'Reconciliations of ended uploads, by outcome. `unavailable`: the gateway could check nothing',
    ['outcome'],
  ),
  reconciledRows: counter(
    'reconciled_rows_total',
    'Rows checked by reconciliation, rows missing in Genesys, and cells that differ',
    ['finding'],
  ),
  rows: counter('rows_total', 'Rows of uploads, by outcome', ['outcome']),
  rejections: counter('rejections_total', 'Rejected rows, by code', ['code']),
  suppressedRows: counter(
    'suppressed_rows_total',
    'Suppressed rows by code. Only rows that were suppressed when their upload arrived',
    ['code'],
  ),
  phones: counter(
    'phones_total',
    'Parsed phone numbers, by parser: the gateway (direct) or libphonenumber-js (library)',
    ['path'],
  ),
  chunks: counter('chunks_staged_total', 'Chunks of staged uploads'),
  bytes: counter('bytes_received_total', 'Bytes of staged uploads'),
})

const deliveryMetrics = ({ counter, gauge, histogram }: Makers) => ({
  batches: counter('batches_total', 'Batches, by outcome: settled or refused', ['outcome']),
  batchSeconds: histogram(
    'batch_seconds',
    'Time from sending a batch until its outcomes are in the database',
    LONG_SECONDS,
  ),
  completionSeconds: histogram(
    'completion_seconds',
    'Time from the answer 202 for an upload until its final state',
    LONG_SECONDS,
  ),
  attempts: counter('genesys_attempts_total', 'HTTP attempts of calls to Genesys', [
    'operation',
    'outcome',
  ]),
  attemptSeconds: histogram(
    'genesys_attempt_seconds',
    'Duration of one HTTP attempt of a call to Genesys',
    SECONDS,
    ['operation'],
  ),
  throttled: counter('genesys_throttled_total', 'Answers of Genesys with 429'),
  tokenRenewed: gauge('genesys_token_renewed_timestamp_seconds', 'When the token was last renewed'),
  tokenLife: gauge('genesys_token_life_seconds', 'How long the token is valid after its renewal'),
  paceWaits: histogram('pace_wait_seconds', 'Time for which the pace delayed a request', SECONDS, [
    'class',
  ]),
  paceBlocks: counter('pace_blocks_total', 'How often a 429 of Genesys made all instances pause'),
  paceLimit: gauge(
    'pace_limit_per_minute',
    'The present pace: requests per minute that the gateway allows, over all instances',
  ),
  circuitOpen: gauge(
    'genesys_circuit_open',
    '1 while Genesys does not answer and the gateway sends only test calls',
  ),
  paceUsed: gauge('pace_used_last_minute', 'Requests to Genesys in the last minute, this instance'),
  paceRemaining: gauge(
    'pace_remaining',
    'How many more requests Genesys would accept, as Genesys last reported. The number is only a hint',
  ),
  paceWaiting: gauge('pace_waiting', 'Requests of this instance that the pace delays', ['class']),
})

const laneMetrics = ({ counter, gauge, histogram }: Makers) => ({
  lanesLost: counter('lanes_lost_total', 'Lanes that a worker lost before it released them'),
  recoverySeconds: histogram(
    'lane_recovery_seconds',
    'Time until a worker claimed the lane of a contact list that the worker before it had not released. The time begins when the worker before it last renewed its lease, or when work came to the lane, if that was later',
    LONG_SECONDS,
  ),
  laneFailures: counter('lane_failures_total', 'Unexpected errors in the work of lanes'),
  lanesHeld: gauge('lanes_held', 'Lanes that a worker holds'),
  lanesWaiting: gauge('lanes_waiting', 'Lanes that have work but no worker'),
  oldestLaneWait: gauge('lane_oldest_wait_seconds', 'How long the oldest waiting lane has waited'),
})

const workMetrics = ({ counter, gauge, histogram }: Makers) => ({
  syncDeliveries: counter('sync_deliveries_total', 'Attempts to send messages to endpoints', [
    'event',
    'outcome',
  ]),
  listsProvisioned: counter('lists_provisioned_total', 'Lists created or found', ['outcome']),
  endpointsFailing: counter('sync_endpoints_failing_total', 'Endpoints failing for a whole day'),
  endpointsDisabled: counter('sync_endpoints_disabled_total', 'Disabled endpoints', ['reason']),
  webhookReceipts: counter('webhook_receipts_total', 'Calls to the webhook routes, by outcome', [
    'route',
    'outcome',
  ]),
  webhookVerifySeconds: histogram(
    'webhook_verify_seconds',
    'Time from a webhook until Genesys confirmed or contradicted it',
    LONG_SECONDS,
  ),
  jobFailures: counter('job_failures_total', 'Background jobs that ended in an error', ['queue']),
  lastProcessed: gauge(
    'last_processed_timestamp_seconds',
    'Time of the last success, by kind of work',
    ['what'],
  ),
  uploads: gauge(
    'uploads',
    'Uploads that are not finished at present, by state. gateway_uploads_finished_total counts finished uploads',
    ['state'],
  ),
  holds: gauge('holds', 'Uploads that are held at present, by reason', ['reason']),
  longestUnchanged: gauge(
    'upload_longest_unchanged_seconds',
    'For each state, the age of the oldest last progress: how long the upload that has waited longest has made no progress. A settled batch or another change of the upload counts as progress',
    ['state'],
  ),
  syncPending: gauge('sync_pending', 'Messages that wait for delivery to enabled endpoints'),
  oldestSyncPending: gauge(
    'sync_oldest_pending_seconds',
    'Age of the oldest message that the gateway still has to deliver to an enabled endpoint',
  ),
  syncDead: gauge('sync_dead', 'Messages that the gateway gave up on. You can replay them'),
  clockJumps: counter('clock_jumps_total', 'Clock jumps, by clock: database or gateway', ['of']),
  clockUnconfirmed: gauge(
    'clock_unconfirmed',
    "1 while the database's clock is not confirmed. Until it is confirmed, no stored data expires",
  ),
  databaseUp: gauge('database_up', '1 if the database answered when the metrics were last read'),
  databaseLook: gauge('database_look_seconds', 'Time to read the metrics from the database'),
  ready: gauge('ready', '1 while /readyz answers 200'),
})

/**
 * The buckets for the latency of guest files. A file that is available within 2 s meets the
 * requirement [guide-003].
 */
const GUEST_FILE_SECONDS = [0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 3600]

const segmentMetrics = ({ counter, histogram }: Makers) => ({
  segmentsEnded: counter(
    'segments_ended_total',
    'How often versions of segments reached a state, by state. A version whose index is not ready counts once as `index_pending`. When the index is ready, the version also counts as `applied`',
    ['state'],
  ),
  segmentsHeld: counter('segments_held_total', 'How often a segment had to wait, by reason', [
    'reason',
  ]),
  segmentFindings: counter('segment_findings_total', 'Findings in segments, by code', ['code']),
  segmentPushSeconds: histogram(
    'segment_push_seconds',
    'Time from the answer 202 for a segment until Genesys accepted its rules',
    LONG_SECONDS,
  ),
  segmentIndexSeconds: histogram(
    'segment_index_seconds',
    'Time from the moment when Genesys accepted the rules until the index of the campaign’s contacts was ready again',
    LONG_SECONDS,
  ),
  segmentAnalysisSeconds: histogram(
    'segment_analysis_seconds',
    'Time to analyse a definition of a segment',
    SECONDS,
  ),
  segmentSelectedShare: histogram(
    'segment_selected_share',
    'Contacts that a definition of a segment selects, as a share (0 to 1) of the contacts that the gateway counted',
    [0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 1],
  ),
  campaignsLeftOff: counter(
    'segment_campaigns_left_off_total',
    'Campaigns that the gateway stopped and did not start again',
  ),
})

const guestFileMetrics = ({ counter, gauge, histogram }: Makers) => ({
  guestFiles: counter(
    'guest_files_total',
    'Guest files, by state and code. The gateway counts a file when it arrives (accepted or refused), when its transfer ends (stored, rejected, quarantined or failed), and when it is quarantined after the transfer',
    ['state', 'code'],
  ),
  guestFileScans: counter('guest_file_scans_total', 'Scans of guest files, by verdict', [
    'verdict',
  ]),
  scannerAway: gauge('guest_file_scanner_away', '1 if the newest scan (≤ 10 min) had no verdict'),
  guestFileUrls: counter(
    'guest_file_urls_renewed_total',
    'Failed upload URLs of guest files, by reason: Genesys accepted no bytes at the URL, or the bytes arrived corrupt',
    ['reason'],
  ),
  guestFilesHeld: counter('guest_files_held_total', 'How often a guest file was held'),
  oldestGuestFileHold: gauge('guest_file_oldest_hold_seconds', 'Age of the oldest hold of a file'),
  guestFileVerdictsLate: counter(
    'guest_file_verdicts_late_total',
    'Stored guest files on which Genesys gave no verdict within a day',
  ),
  guestFileSeconds: histogram(
    'guest_file_latency_seconds',
    'Time from the answer 202 for a guest file until Genesys had the file',
    GUEST_FILE_SECONDS,
  ),
  guestFileTransferSeconds: histogram(
    'guest_file_transfer_seconds',
    'Time to send a guest file to its upload URL',
    GUEST_FILE_SECONDS,
  ),
})

const upkeepMetrics = ({ counter, gauge }: Makers) => ({
  retentionDeleted: counter(
    'retention_deleted_total',
    'Items deleted at the end of their retention, by rule. For the rule audit-entries, the metric does not count entries. It counts the runs that found entries to delete',
    ['rule'],
  ),
  retentionBehind: gauge(
    'retention_behind_seconds',
    'How long the oldest item was overdue for deletion in the last run of the retention, by rule',
    ['rule'],
  ),
  erasures: counter('erasures_total', 'Erasures, by final state', ['state']),
  oldestErasure: gauge('oldest_erasure_seconds', 'Age of the oldest erasure that is not completed'),
  sealedUnderOlderKeys: gauge(
    'sealed_under_older_keys',
    'Values that are encrypted with an older key of ENCRYPTION_KEYS. If this metric and gateway_older_keys are 0, you may remove the older keys',
  ),
  olderKeys: gauge(
    'older_keys',
    'Older encryption keys that may still be needed to read stored data. The first key of ENCRYPTION_KEYS does not count',
  ),
})

const auditMetrics = ({ gauge }: Makers) => ({
  auditHead: gauge(
    'audit_head_block',
    'Number of the last audit block that this instance wrote. The log has the hash of this block',
  ),
  auditChainLag: gauge(
    'audit_chain_lag_seconds',
    'Age of the oldest audit entry that is not in the audit chain yet',
  ),
})

/** Makes every metric and registers it. */
export const createMetrics = (registry: Registry) => {
  const makers = createMakers(registry)
  return {
    ...httpMetrics(makers),
    ...uploadMetrics(makers),
    ...deliveryMetrics(makers),
    ...laneMetrics(makers),
    ...workMetrics(makers),
    ...segmentMetrics(makers),
    ...dncMetrics(makers),
    ...guestFileMetrics(makers),
    ...upkeepMetrics(makers),
    ...auditMetrics(makers),
  }
}
export type Metrics = ReturnType<typeof createMetrics>
