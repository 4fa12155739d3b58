import type { SuppressionCode } from '../domain/do-not-call/suppression.ts'
import { AUDIT_EVENT_LEVELS, type AuditEvents } from './audit-events.ts'
import { DNC_EVENT_LEVELS, type DncEvents } from './dnc-events.ts'
import { GUEST_FILE_EVENT_LEVELS, type GuestFileEvents } from './guest-file-events.ts'
import { type JobName, PROCESS_EVENT_LEVELS, type ProcessEvents } from './process-events.ts'
import { SEGMENT_EVENT_LEVELS, type SegmentEvents } from './segment-events.ts'
import { UPKEEP_EVENT_LEVELS, type UpkeepEvents } from './upkeep-events.ts'

/**
 * Every telemetry event: its level and its fields. Code reports once what happened. The logger
 * turns an event into a line, and `telemetry.ts` turns it into metrics. INFO: a unit of work. WARN:
 * something unusual, but nothing is lost. ERROR: a person must act. Most fields are ids, counts,
 * codes or durations. None has personal data, a body, a secret, or a URL of a caller or of Genesys.
 */
export type Level = 'debug' | 'info' | 'warn' | 'error'

export type GatewayEvents = AuditEvents &
  DncEvents &
  GuestFileEvents &
  ProcessEvents &
  SegmentEvents &
  UpkeepEvents & {
    /** Rows that were stored unencrypted are now sealed. `done` is false if some are left. */
    'store.sealed': { table: string; rows: number; done: boolean }
    'http.answered': {
      requestId: string
      method: string
      route: string
      status: number
      durationMs: number
      tenantId: string | null
      problem: string | null
    }
    /** A call of a probe or scraper. Its level is low, because there are thousands a day. */
    'http.probed': GatewayEvents['http.answered']
    /**
     * The gateway closed the connection before it could send the whole answer. `stalled`: the
     * reader took nothing for too long. `stopping`: the gateway stops and could not wait longer.
     */
    'http.cut_off': { requestId: string; route: string; reason: 'stalled' | 'stopping' }
    'http.failed': { requestId: string; route: string; error: string }
    'http.problem_undeclared': { requestId: string; operation: string; problem: string }
    'upload.staged': {
      uploadId: string
      tenantId: string
      contactListId: string
      requestId: string
      format: string
      bytes: number
      durationMs: number
      read: number
      accepted: number
      rejected: number
      duplicates: number
      suppressed: number
      blank: number
      rejections: Record<string, number>
      suppressedBy: Partial<Record<SuppressionCode, number>>
      chunks: number
      normalizedPhones: number
    }
    'upload.discarded': { uploadId: string; reason: string; bytes: number }
    'upload.replayed': { tenantId: string; requestId: string }
    'upload.held': { uploadId: string; reason: string; failure: string | null }
    'upload.finished': {
      uploadId: string
      tenantId: string
      contactListId: string
      state: string
      problem: string | null
      delivered: number
      unchanged: number
      failed: number
      unprocessed: number
      /** How many rows became `unprocessed` only because the upload ended. */
      unsettled: number
      sinceAcceptedMs: number
    }
    'upload.differs': { uploadId: string; contactListId: string; sampled: number; missing: number }
    'upload.reconciled': {
      uploadId: string
      tenantId: string
      contactListId: string
      state: 'agrees' | 'differs' | 'unavailable'
      sampled: number
      missing: number
      /** How many contacts differ between the upload and Genesys, by column. Never a value. */
      differences: Record<string, number>
      listSize: number | null
      registered: number | null
    }
    'phones.parsed': { direct: number; library: number }
    'batch.settled': {
      uploadId: string
      batchId: string
      /** Missing if the request had rows of several uploads. */
      seq?: number
      jobId?: string | null
      attempt: number
      delivered: number
      unchanged: number
      failed: number
      unprocessed: number
      durationMs: number
    }
    'batch.refused': {
      uploadId: string
      batchId: string
      failure: string
      rows: number
      action: 'split' | 'failed' | 'held'
    }
    'part.sent': {
      uploadId: string
      partId: string
      seq: number
      method: string
      rows: number
      bytes: number
      attempt: number
    }
    'part.settled': {
      uploadId: string
      partId: string
      seq: number
      rows: number
      failed: number
      durationMs: number
    }
    'list.cleared': { uploadId: string; contactListId: string }
    'genesys.attempted': {
      operation: string
      class: string
      attempt: number
      status: number | null
      failure: string | null
      durationMs: number
      retryInMs: number | null
      correlationId: string | null
      /** The X-Request-ID, the same for every attempt at a batch or file. null: none was sent. */
      requestId: string | null
      /** The quota that is left, as Genesys reports it. */
      remaining: number | null
      /** After a 403: the permission in Genesys that the gateway probably lacks. Otherwise null. */
      right: string | null
    }
    'genesys.token.renewed': { expiresInSeconds: number; durationMs: number }
    'pace.waited': { class: string; waitedMs: number }
    'pace.blocked': { blockedMs: number }
    'pace.changed': {
      cause: 'throttled' | 'recovered' | 'hint'
      requestsPerMinute: number
      configuredPerMinute: number
    }
    'genesys.circuit.changed': { open: boolean; failures: number }
    'lane.claimed': { lane: string; fence: string }
    'lane.released': { lane: string; heldMs: number; uploads: number }
    'lane.recovered': { lane: string; fence: string; silentMs: number }
    'lane.lost': { lane: string; fence: string }
    'lane.failed': { lane: string; error: string }
    'sync.attempted': {
      deliveryId: string
      endpointId: string
      eventType: string
      attempt: number
      status: number | null
      failure: string | null
      outcome: 'delivered' | 'retry' | 'dead'
      durationMs: number
      nextInMs: number | null
    }
    'list.extended': {
      tenantId: string
      requestId: string
      contactListId: string
      columns: number
      durationMs: number
    }
    'list.provisioned': {
      tenantId: string
      requestId: string
      contactListId: string
      outcome: 'created' | 'found'
      status: string
      durationMs: number
    }
    'sync.endpoint_failing': {
      tenantId: string
      endpointId: string
      consecutiveFailures: number
      failingMs: number
    }
    'sync.endpoint_disabled': {
      tenantId: string
      endpointId: string
      reason: 'gone' | 'failing'
      consecutiveFailures: number
      failingMs: number
    }
    'webhook.received': {
      receiptId: string | null
      route: string
      outcome: 'accepted' | 'duplicate' | 'malformed' | 'forged'
      status: string | null
    }
    'webhook.settled': {
      receiptId: string
      route: string
      uploadId: string | null
      outcome: 'verified' | 'contradicted' | 'ignored'
      reason: string | null
      sinceReceivedMs: number
    }
    'webhook.subscription': {
      /** The route to which the events come. */
      route: string
      outcome: string
      failure: string | null
      retryInMs: number | null
    }
    'sweep.finished': {
      receivingDiscarded: number
      heldWoken: number
      lanesRepaired: number
      syncResent: number
    }
    'clock.jumped': { of: 'database' | 'gateway'; byMs: number }
    'clock.doubted': { awayMs: number | null }
    'clock.confirmed': { offMs: number | null }
    'migration.waiting': { waitedMs: number; waitsFor: string[] }
    'job.failed': { queue: JobName; error: string }
    'queue.lost': { reason: string }
    'queue.back': { awayMs: number }
  }

export const EVENT_LEVELS: { [name in keyof GatewayEvents]: Level } = {
  'store.sealed': 'info',
  'http.answered': 'info',
  'http.probed': 'debug',
  'http.cut_off': 'warn',
  'http.failed': 'error',
  'http.problem_undeclared': 'warn',
  'upload.staged': 'info',
  'upload.discarded': 'info',
  'upload.replayed': 'info',
  'upload.held': 'warn',
  'upload.finished': 'info',
  'upload.differs': 'warn',
  'upload.reconciled': 'info',
  'phones.parsed': 'debug',
  'batch.settled': 'info',
  'batch.refused': 'warn',
  'part.sent': 'info',
  'part.settled': 'info',
  'list.cleared': 'warn',
  'genesys.attempted': 'debug',
  'genesys.token.renewed': 'info',
  'pace.waited': 'debug',
  'pace.blocked': 'warn',
  'pace.changed': 'info',
  'genesys.circuit.changed': 'warn',
  'lane.claimed': 'debug',
  'lane.released': 'debug',
  'lane.recovered': 'warn',
  'lane.lost': 'warn',
  'lane.failed': 'error',
  'sync.attempted': 'info',
  'list.provisioned': 'info',
  'list.extended': 'info',
  'sync.endpoint_failing': 'warn',
  'sync.endpoint_disabled': 'error',
  'webhook.received': 'info',
  'webhook.settled': 'info',
  'webhook.subscription': 'info',
  ...AUDIT_EVENT_LEVELS,
  ...DNC_EVENT_LEVELS,
  ...GUEST_FILE_EVENT_LEVELS,
  ...PROCESS_EVENT_LEVELS,
  ...SEGMENT_EVENT_LEVELS,
  ...UPKEEP_EVENT_LEVELS,
  'sweep.finished': 'debug',
  'clock.jumped': 'warn',
  'clock.doubted': 'info',
  'clock.confirmed': 'info',
  'migration.waiting': 'warn',
  'job.failed': 'error',
  'queue.lost': 'error',
  'queue.back': 'info',
}

/** Reports what happened. Never throws and never waits. */
export type Emit = <Name extends keyof GatewayEvents>(
  name: Name,
  fields: GatewayEvents[Name],
) => void
