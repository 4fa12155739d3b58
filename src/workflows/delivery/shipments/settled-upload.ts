import { byGateway, createAuditEntry } from '../../../domain/audit/audit.ts'
import { hasBit } from '../../../lib/bitmap.ts'
import type { Ids } from '../../../lib/ids.ts'
import type { RegisterRow, RowResult } from '../../ports/delivery/delivery.ts'
import type { SettledUpload } from '../../ports/delivery/shipments.ts'
import type { ShipmentPart } from './plan-shipment.ts'

/** The outcome of an upload in a shipment, if Genesys accepted every row that was sent. */
export const settledWhole = (ids: Ids, part: ShipmentPart): SettledUpload => {
  const { upload, chunk, verdicts, contentHashes } = part
  const counts = { delivered: 0, unchanged: 0, failed: 0, unprocessed: 0 }
  const results: RowResult[] = []
  const delivered: RegisterRow[] = []
  const confirmed: string[] = []
  for (const [row, contactId] of chunk.contactIds.entries()) {
    if (hasBit(chunk.leftOut, row)) continue
    const verdict = verdicts.get(row)
    const line = chunk.lines[row]!
    if (verdict === undefined) {
      counts.delivered += 1
      const contentHash = contentHashes.subarray(row * 16, row * 16 + 16)
      if (contactId === '') continue
      delivered.push({ contactId, contentHash, line, row })
      continue
    }
    counts[verdict.outcome] += 1
    results.push({ line, chunkSeq: chunk.seq, ...verdict })
    if (verdict.code === 'identical') confirmed.push(contactId)
  }
  return {
    uploadId: upload.id,
    counts,
    superseded: counts.unprocessed,
    results,
    delivered,
    chunk,
    confirmed,
    finished: createAuditEntry(ids, byGateway(upload), {
      action: 'upload.finished',
      object: upload.id,
      details: { problem: null },
      counts,
      digest: upload.source.sha256,
    }),
  }
}
