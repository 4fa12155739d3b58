import type { ApiKey, GrantKind, Scope } from '../../domain/access.ts'
import type { AuditEntry } from '../../domain/audit.ts'
import type { EndpointEventType } from '../../domain/outbound-event.ts'
import type { HoldReason, UploadState } from '../../domain/upload.ts'
import type { DeliveryFailure } from '../../domain/webhook-endpoint.ts'

export type AccessStore = {
  /** By the SHA-256 of the presented key; null when unknown. Expired and revoked keys come back with their stamps. */
  findKey(digest: Buffer): Promise<ApiKey | null>
  /** Tenant `default` with grant `*` on every kind, and its admin key, exist after this; an older admin key from the environment ends. */
  ensureAdmin(input: { digest: Buffer; scopes: readonly Scope[] }): Promise<void>
  isGranted(tenantId: string, kind: GrantKind, objectId: string): Promise<boolean>
}

export type AuditStore = { append(entries: readonly AuditEntry[]): Promise<void> }

/** A message to one endpoint; the body is fixed when the event happens and never re-rendered. */
export type SyncDelivery = {
  /** Also the `webhook-id`: the same on every attempt. */
  id: string
  tenantId: string
  endpointId: string
  url: string
  /** The URL comes from the environment, so it may lead anywhere. */
  trusted: boolean
  /** `whsec_…`, decrypted; the present one first, then the one before it while its overlap lasts. */
  secrets: readonly string[]
  eventType: string
  object: string
  body: string
  attempts: number
  createdAt: Date
}

/** `disabledAudit` is written when the failure disables the endpoint. */
export type FailedSync = {
  status: number | null
  failure: DeliveryFailure
  /** The receiver wants nothing more. */
  gone: boolean
  disabledAudit: AuditEntry
}

export type SyncResult =
  | { state: 'delivered'; status: number; audit: AuditEntry }
  | ({ state: 'pending'; nextInMs: number } & FailedSync)
  | ({ state: 'dead'; audit: AuditEntry } & FailedSync)

/** What an attempt did to its endpoint: it is disabled now, or has failed so long that its operators must hear of it. */
export type EndpointVerdict = {
  kind: 'gone' | 'failing' | 'warn'
  consecutiveFailures: number
  failingMs: number
}

export type SyncStore = {
  /** The endpoints of the environment (`crm`, `dms`, `cdp`) are exactly these, and enabled, after this; tenant `default`. */
  ensureEnvEndpoints(
    endpoints: readonly {
      name: string
      url: string
      secret: string
      events: readonly EndpointEventType[]
    }[],
  ): Promise<void>
  /** null when unknown, no longer pending, not due yet (it was replayed meanwhile), or its endpoint disabled. */
  load(deliveryId: string): Promise<SyncDelivery | null>
  /**
   * Records an attempt and what it says of the endpoint's health; `pending` with `nextInMs` sends the next job in the same
   * transaction. null: nothing to be told of the endpoint.
   */
  record(deliveryId: string, result: SyncResult): Promise<EndpointVerdict | null>
  /** Ids of pending deliveries whose time passed more than `graceMs` ago: a lost job is found here. */
  overdue(graceMs: number): Promise<string[]>
}

export type Home = {
  readonly kind: 'embedded' | 'server'
  /** Throws when the database does not answer. */
  ping(): Promise<void>
  /** For gauges; one cheap query each scrape. */
  gauges(): Promise<{
    uploads: Partial<Record<UploadState, number>>
    /** Held uploads by reason. */
    holds: Partial<Record<HoldReason, number>>
    /** By state: how long the upload waits that longest had neither a settled batch nor a change. */
    longestUnchangedSeconds: Partial<Record<UploadState, number>>
    lanesHeld: number
    lanesWaiting: number
    oldestLaneWaitSeconds: number
    syncPending: number
    /** Since the oldest message arose that an enabled endpoint has not taken; 0 when there is none. */
    oldestSyncPendingSeconds: number
    syncDead: number
  }>
  /** The store belongs to one Genesys org. `other`: bound to another while unfinished work exists. */
  bind(binding: { dialect: string; apiHost: string; clientId: string }): Promise<'bound' | 'other'>
  close(): Promise<void>
}

/** Runs SQL on the caller's open transaction, in the shape pg-boss takes. */
export type SqlExecutor = {
  executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>
}

export const QUEUES = ['sync-delivery', 'webhook-verify', 'reconcile'] as const
export type QueueName = (typeof QUEUES)[number]

/** Unordered work. A job carries an id and nothing else; of the jobs that wait in a queue none has the id of another. */
export type JobQueue = {
  /**
   * On the given transaction when there is one: the job exists iff the transaction commits. Where a job for the id waits already, that
   * one is moved to the time asked for last.
   */
  send(
    queue: QueueName,
    id: string,
    options: { startAfterMs: number; sql?: SqlExecutor },
  ): Promise<void>
}

/** For ids whose job may have been lost. */
export type JobResender = {
  /** A job for each, at once, but for those whose job still waits; returns how many it made. */
  resend(queue: QueueName, ids: readonly string[]): Promise<number>
}
