import { byGateway, createAuditEntry } from '../../../domain/audit/audit.ts'
import type { ContactList } from '../../../domain/contact-lists/contact-list.ts'
import type { Ids } from '../../../lib/ids.ts'
import type { Shipment } from '../../ports/delivery/shipments.ts'
import type { BatchToSend } from '../../ports/genesys/genesys.ts'
import { goingBits, goingRows, type ShipmentPart } from './plan-shipment.ts'

/** The request to Genesys: the rows that are sent, in the order of the uploads. */
export const requestOf = (
  list: ContactList,
  parts: readonly ShipmentPart[],
  requestId: string,
): BatchToSend => {
  const declared = new Map(list.columns.map((column) => [column.name, column]))
  const { contactListId: listId, targetColumns, queue } = parts[0]!.upload
  const contactIds: string[] = []
  const cells: string[] = []
  for (const part of parts) {
    const { width, contactIds: ids, cells: own } = part.chunk
    for (const row of goingRows(part)) {
      contactIds.push(ids[row]!)
      cells.push(...own.slice(row * width, (row + 1) * width))
    }
  }
  const columns = targetColumns.map((name) => {
    const column = declared.get(name)
    return { name, kind: column?.kind ?? 'text', required: column?.required ?? false }
  })
  return { listId, requestId, columns, contactIds, cells, ...(queue === null ? {} : { queue }) }
}

/**
 * The shipment of a request as the store keeps it. `known`: contact ids that any tenant of the list
 * has delivered.
 */
export const shipmentOf = (
  ids: Ids,
  parts: readonly ShipmentPart[],
  { requestId: id, contactIds }: BatchToSend,
  known: ReadonlySet<string>,
): Shipment => {
  const audit = createAuditEntry(ids, byGateway(parts[0]!.upload), {
    action: 'upload.batch.intended',
    object: id,
    details: { uploadIds: parts.map((part) => part.upload.id) },
    outcome: 'intended',
    counts: { rows: contactIds.length, uploads: parts.length },
  })
  const uploads = parts.map((part) => ({
    upload: part.upload,
    batchId: ids.newUuid(),
    rows: part.chunk.contactIds.length,
    sent: goingBits(part),
  }))
  return { id, uploads, overwrites: contactIds.filter((contactId) => known.has(contactId)), audit }
}
