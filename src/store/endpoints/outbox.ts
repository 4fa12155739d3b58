import { sql } from 'kysely'

import { dncEventOf, type DncSubmission } from '../../domain/do-not-call/dnc-submission.ts'
import type {
  DncEventType,
  GuestFileEventType,
  OutboundEventType,
  SegmentEventType,
  TEST_EVENT,
  UploadEventData,
} from '../../domain/endpoints/outbound-event.ts'
import { guestFileEventOf, type GuestFile } from '../../domain/guest-files/guest-file.ts'
import { segmentEventOf, type CampaignSegment } from '../../domain/segments/campaign-segment.ts'
import type { Ids } from '../../lib/ids.ts'
import type { EndedUpload } from '../../workflows/ports/delivery/shipments.ts'
import type { FirstAttempts, SyncDelivery } from '../../workflows/ports/endpoints/sync.ts'
import type { JobQueue } from '../../workflows/ports/jobs/jobs.ts'
import { afterCommit, executorOf, type Tx } from '../homes/database.ts'
import { executeKept } from '../homes/kept-statements.ts'
import type { Keyring } from '../homes/keyring.ts'
import { openedSecrets, SECRET_COLUMNS, type SecretRow } from './endpoint-secrets.ts'

/** The members of an upload from which its messages are made. */
export type ToldUpload = Omit<EndedUpload, 'createdAt'>

export type Telling =
  | { type: OutboundEventType; upload: ToldUpload }
  | { type: SegmentEventType; segment: CampaignSegment }
  | { type: DncEventType; submission: DncSubmission }
  | { type: 'dnc.external_change'; change: DncListChange }
  | { type: GuestFileEventType; file: GuestFile }
  | { type: typeof TEST_EVENT; tried: { tenantId: string; endpointId: string; at: string } }

/**
 * A change of a DNC list that Genesys reported. `mayBeOwn`: the gateway was sending entries to the
 * list at that time or shortly before, so it may have made the change itself.
 */
type DncListChange = { tenantId: string; dncListId: string; at: string; mayBeOwn: boolean }

/**
 * The content of a message. `alone`: only this endpoint gets it, whatever the endpoint's filter is.
 */
type Told = { tenantId: string; object: string; at: string; data: object; alone?: string }

const toldOf = (publicUrl: string, telling: Telling): Told => {
  if ('upload' in telling) {
    const { tenantId, id, updatedAt } = telling.upload
    return { tenantId, object: id, at: updatedAt, data: uploadData(publicUrl, telling.upload) }
  }
  if ('submission' in telling) {
    const { tenantId, id, updatedAt } = telling.submission
    return { tenantId, object: id, at: updatedAt, data: dncEventOf(telling.submission) }
  }
  if ('change' in telling) {
    const { tenantId, dncListId, at, mayBeOwn } = telling.change
    return { tenantId, object: dncListId, at, data: { dncListId, mayBeOwn } }
  }
  if ('file' in telling) {
    const { tenantId, id, updatedAt } = telling.file
    return { tenantId, object: id, at: updatedAt, data: guestFileEventOf(telling.file) }
  }
  if ('tried' in telling) {
    const { tenantId, endpointId, at } = telling.tried
    return { tenantId, object: endpointId, at, data: { endpointId }, alone: endpointId }
  }
  const { tenantId, campaignId, updatedAt } = telling.segment
  return { tenantId, object: campaignId, at: updatedAt, data: segmentEventOf(telling.segment) }
}

/**
 * Writes messages for endpoints within the caller's transaction. They are sent if, and only if, the
 * transaction commits.
 */
export type Outbox = {
  /** Connects the queue. If `firstAttempts` is left out, every delivery gets a job immediately. */
  connect(queue: JobQueue, firstAttempts?: FirstAttempts): void
  /**
   * For each event, writes one delivery for each of the tenant's enabled endpoints that receive the
   * event. With `firstAttempts`, the first attempt is made from memory after the commit. If that
   * attempt does not settle the delivery in time, the sweeper finds the delivery.
   */
  tell(tx: Tx, tellings: readonly Telling[]): Promise<void>
  enqueue(tx: Tx, deliveryId: string, startAfterMs: number): Promise<void>
  /** Sends a job that compares an ended upload with what Genesys holds. */
  reconcile(tx: Tx, uploadId: string, startAfterMs: number): Promise<void>
}

type EndpointRow = SecretRow & {
  id: string
  url: string
  source: 'environment' | 'registered'
  events: readonly string[] | null
}

const hears = (
  { id, tenant_id, events }: EndpointRow,
  type: string,
  { tenantId, alone }: Told,
): boolean =>
  tenant_id === tenantId &&
  (alone === undefined ? events === null || events.includes(type) : id === alone)

/**
 * Reads the enabled endpoints and locks them. The deletion of an endpoint then waits for this
 * transaction, so it also deletes the deliveries that are written here.
 */
const readEndpoints = async (tx: Tx, tenantIds: readonly string[]): Promise<EndpointRow[]> => {
  const { rows } = await executeKept(
    tx,
    sql<EndpointRow>`select id, url, source, events, ${sql.raw(SECRET_COLUMNS)}
    from sync_endpoint where tenant_id = any(${[...tenantIds]}::text[]) and enabled
    order by id for key share`,
  )
  return [...rows]
}

const insertDeliveries = async (
  tx: Tx,
  deliveries: readonly SyncDelivery[],
  firstWithinMs: number,
): Promise<void> => {
  const rows = deliveries.map(({ id, tenantId, endpointId, eventType, object, body }) => ({
    ...{ id, tenant_id: tenantId, endpoint_id: endpointId, event_type: eventType, object, body },
  }))
  await executeKept(
    tx,
    sql`insert into sync_delivery (id, tenant_id, endpoint_id, event_type, object, body, next_at)
    select id, tenant_id, endpoint_id, event_type, object, body,
      clock_timestamp() + make_interval(secs => ${firstWithinMs / 1000}::float8)
    from json_to_recordset(${JSON.stringify(rows)}::json)
      as d (id text, tenant_id text, endpoint_id text, event_type text, object text, body text)`,
  )
}

const uploadData = (publicUrl: string, upload: ToldUpload): UploadEventData => ({
  uploadId: upload.id,
  contactListId: upload.contactListId,
  state: upload.state,
  hold: upload.hold,
  problem: upload.problem,
  counts: upload.counts,
  sha256: upload.source.sha256,
  rowsUrl: `${publicUrl}/v1/uploads/${upload.id}/rows`,
  version: upload.version,
})

/**
 * `publicUrl`: the URL of the gateway without a slash at its end, for links in messages. Until
 * `connect`, no jobs are sent, and the sweeper finds the deliveries and reconciliations.
 */
export const createOutbox = (deps: { ids: Ids; publicUrl: string; keyring: Keyring }): Outbox => {
  let queue: JobQueue | null = null
  let firstAttempts: FirstAttempts | null = null
  const enqueue: Outbox['enqueue'] = async (tx, deliveryId, startAfterMs) => {
    // Before the queue is connected, a delivery only becomes pending. The sweep of overdue
    // deliveries then finds it.
    await queue?.send('sync-delivery', deliveryId, { startAfterMs, sql: executorOf(tx) })
  }
  const deliveriesOf = (
    endpoints: readonly EndpointRow[],
    tellings: readonly Telling[],
  ): SyncDelivery[] => {
    const secrets = new Map(endpoints.map((row) => [row.id, openedSecrets(deps.keyring, row)]))
    return tellings.flatMap((telling) => {
      const { type } = telling
      const told = toldOf(deps.publicUrl, telling)
      const hearing = endpoints.filter((endpoint) => hears(endpoint, type, told))
      if (hearing.length === 0) return []
      const body = JSON.stringify({ type, timestamp: told.at, data: told.data })
      return hearing.map(({ id, url, source }) => ({
        id: deps.ids.newId('msg'),
        tenantId: told.tenantId,
        endpointId: id,
        url,
        trusted: source === 'environment',
        secrets: secrets.get(id)!,
        eventType: type,
        object: told.object,
        body,
        attempts: 0,
        createdAt: new Date(told.at),
      }))
    })
  }
  return {
    connect: (connected, first) => {
      queue = connected
      firstAttempts = first ?? null
    },
    enqueue,
    reconcile: async (tx, uploadId, startAfterMs) => {
      await queue?.send('reconcile', uploadId, { startAfterMs, sql: executorOf(tx) })
    },
    tell: async (tx, tellings) => {
      const tenantIds = new Set(tellings.map((telling) => toldOf(deps.publicUrl, telling).tenantId))
      const endpoints = await readEndpoints(tx, [...tenantIds])
      const deliveries = deliveriesOf(endpoints, tellings)
      if (deliveries.length === 0) return
      const first = firstAttempts
      await insertDeliveries(tx, deliveries, first?.withinMs ?? 0)
      if (first !== null) afterCommit(tx, () => first.take(deliveries))
      else for (const { id } of deliveries) await enqueue(tx, id, 0)
    },
  }
}
