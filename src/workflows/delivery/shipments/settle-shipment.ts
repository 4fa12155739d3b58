import { byGateway, createAuditEntry } from '../../../domain/audit/audit.ts'
import type { ShipmentStore } from '../../ports/delivery/shipments.ts'
import type { DeliveryRun } from '../run.ts'
import type { ShipmentPart } from './plan-shipment.ts'
import { settledWhole } from './settled-upload.ts'

/**
 * Settles a shipment of which Genesys took every row. Writes one audit entry for the shipment, and
 * one for each upload that ends. `startedMs`: when the shipment began (monotonic clock).
 */
export const settleShipment = async (
  run: DeliveryRun,
  shipments: ShipmentStore,
  shipmentId: string,
  parts: readonly ShipmentPart[],
  startedMs: number,
): Promise<void> => {
  const { deps, claim } = run
  const latencyMs = Math.round(deps.clock.monotonicMs() - startedMs)
  const uploads = parts.map((part) => settledWhole(deps.ids, part))
  const sum = { delivered: 0, unchanged: 0, failed: 0, unprocessed: 0 }
  for (const { counts } of uploads) {
    for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += counts[name]
  }
  const audit = createAuditEntry(deps.ids, byGateway(parts[0]!.upload), {
    action: 'upload.batch.settled',
    object: shipmentId,
    details: {
      uploadIds: parts.map((part) => part.upload.id),
      // The store adds the job id, which it knows.
      jobId: null,
      ended: 'completed',
    },
    latencyMs,
    counts: sum,
  })
  const input = { shipmentId, ended: 'completed' as const, uploads, audit }
  const ended = await shipments.settleShipment(claim, input)
  const about = { uploadId: parts[0]!.upload.id, batchId: shipmentId, attempt: 1 }
  deps.emit('batch.settled', { ...about, ...sum, durationMs: latencyMs })
  for (const upload of ended) {
    const { delivered, unchanged, failed, unprocessed } = upload.counts
    deps.emit('upload.finished', {
      uploadId: upload.id,
      tenantId: upload.tenantId,
      contactListId: upload.contactListId,
      state: upload.state,
      problem: null,
      ...{ delivered, unchanged, failed, unprocessed },
      unsettled: 0,
      sinceAcceptedMs: Math.max(0, deps.clock.now().getTime() - Date.parse(upload.createdAt)),
    })
  }
}
