import { sql } from 'kysely'

import type { OutboundEventType, UploadEventData } from '../../domain/endpoints/outbound-event.ts'
import type { Upload } from '../../domain/uploads/upload.ts'
import type { Ids } from '../../lib/ids.ts'
import type { JobQueue } from '../../workflows/ports/jobs/jobs.ts'
import { executorOf, type Tx } from '../homes/database.ts'

/** Writes what endpoints are to be told into the caller's transaction: told iff it commits. */
export type Outbox = {
  connect(queue: JobQueue): void
  /** One delivery and one job for each enabled endpoint of the upload's tenant; the body is rendered once. */
  tell(tx: Tx, type: OutboundEventType, upload: Upload): Promise<void>
  enqueue(tx: Tx, deliveryId: string, startAfterMs: number): Promise<void>
  /** A job that looks at what an ended upload left in Genesys. */
  reconcile(tx: Tx, uploadId: string, startAfterMs: number): Promise<void>
}

export const createOutbox = (deps: { ids: Ids; publicUrl: string }): Outbox => {
  let queue: JobQueue | null = null
  const enqueue: Outbox['enqueue'] = async (tx, deliveryId, startAfterMs) => {
    // Before the queue is connected the delivery stays pending, and the sweep of overdue ones finds it.
    await queue?.send('sync-delivery', deliveryId, { startAfterMs, sql: executorOf(tx) })
  }
  const bodyOf = (type: OutboundEventType, upload: Upload): string => {
    const data: UploadEventData = {
      uploadId: upload.id,
      contactListId: upload.contactListId,
      state: upload.state,
      hold: upload.hold,
      problem: upload.problem,
      counts: upload.counts,
      sha256: upload.source.sha256,
      rowsUrl: `${deps.publicUrl}/v1/uploads/${upload.id}/rows`,
      version: upload.version,
    }
    return JSON.stringify({ type, timestamp: upload.updatedAt, data })
  }
  return {
    connect: (connected) => {
      queue = connected
    },
    enqueue,
    reconcile: async (tx, uploadId, startAfterMs) => {
      await queue?.send('reconcile', uploadId, { startAfterMs, sql: executorOf(tx) })
    },
    tell: async (tx, type, upload) => {
      // The lock keeps an endpoint that is being deleted until its delivery can be deleted with it.
      const { rows } = await sql<{ id: string }>`
        select id from sync_endpoint where tenant_id = ${upload.tenantId} and enabled
          and (events is null or ${type} = any(events)) order by id for key share`.execute(tx)
      const body = bodyOf(type, upload)
      for (const { id: endpointId } of rows) {
        const id = deps.ids.newId('msg')
        await sql`insert into sync_delivery (id, tenant_id, endpoint_id, event_type, object, body)
          values (${id}, ${upload.tenantId}, ${endpointId}, ${type}, ${upload.id}, ${body})`.execute(
          tx,
        )
        await enqueue(tx, id, 0)
      }
    },
  }
}
