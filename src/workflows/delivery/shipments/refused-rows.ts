import type { GenesysRowError } from '../../../domain/genesys/genesys-failure.ts'
import { isSchemaCode } from '../../../domain/genesys/genesys-rejections.ts'
import { failedRow } from '../batches/settle-batch.ts'
import type { UploadRowWithheld } from './make-parts.ts'
import { goingRows, type ShipmentPart } from './plan-shipment.ts'

/**
 * The larger of these two limits counts. If Genesys refuses more rows than that, the gateway
 * assumes that the fault is not in single rows [design: 3].
 */
const FEW_ROWS = 5
const FEW_SHARE = 0.05

/**
 * The rows of a shipment that Genesys refused by name, with their outcomes. The other rows can be
 * sent again immediately, without the refused rows. Returns null if the uploads must be split
 * instead, because Genesys
 * - names no row, names a row that the request does not have, or names fewer rows than it counts
 *   (`failed`),
 * - refuses the columns,
 * - or refuses so many rows that the fault is probably not in single rows.
 */
export const refusedRows = (
  parts: readonly ShipmentPart[],
  errors: readonly GenesysRowError[],
  failed: number,
): UploadRowWithheld[] | null => {
  if (errors.some(({ code }) => isSchemaCode(code))) return null
  const places = parts.flatMap((part) =>
    goingRows(part).map((row) => ({
      uploadId: part.upload.id,
      row,
      contactId: part.chunk.contactIds[row]!,
    })),
  )
  const named = new Map<number, UploadRowWithheld>()
  for (const error of errors) {
    const byIndex = places[error.index]
    const at = byIndex
      ? error.index
      : places.findIndex(({ contactId }) => contactId === error.contactId)
    const place = places[at]
    if (place === undefined) return null
    const { uploadId, row } = place
    named.set(at, { uploadId, row, verdict: failedRow(error) })
  }
  const few = Math.max(FEW_ROWS, places.length * FEW_SHARE)
  return named.size === 0 || named.size < failed || named.size > few ? null : [...named.values()]
}
