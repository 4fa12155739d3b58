import type { ContactList } from '../../../domain/contact-lists/contact-list.ts'
import type { Upload } from '../../../domain/uploads/upload.ts'
import type { LaneClaim } from '../../ports/delivery/delivery.ts'
import type { ShipmentStore } from '../../ports/delivery/shipments.ts'
import type { WithheldRow } from '../../ports/delivery/tries.ts'
import type { UploadStore } from '../../ports/uploads/uploads.ts'
import type { DeliveryDeps } from '../run.ts'
import type { ShipmentPart } from './plan-shipment.ts'

type MakePartsDeps = DeliveryDeps & {
  shipments: ShipmentStore
  uploads: Pick<UploadStore, 'readFirstChunks'>
}

/** A list that was read this recently is not read again [design: 4]. */
export const FRESH_MS = 60_000
/** Ample room for the JSON of a row around its cells. */
const ROW_BYTES = 4_096

export type UploadRowWithheld = { uploadId: string; row: number; verdict: WithheldRow['verdict'] }

/** Rows that must not be sent any more, by upload and row. */
export type Withheld = Map<string, ShipmentPart['verdicts']>

export const noteWithheld = (known: Withheld, rows: readonly UploadRowWithheld[]): void => {
  for (const { uploadId, row, verdict } of rows) {
    const own = known.get(uploadId) ?? new Map<number, WithheldRow['verdict']>()
    known.set(uploadId, own.set(row, verdict))
  }
}

/** What is sent together, and the list as last read. */
export type Parts = { list: ContactList; freshForMs: number; parts: ShipmentPart[] }

/**
 * The lane's oldest uploads with their rows, as many as one request carries. null if the oldest
 * goes alone. `known`: uploads read before. Others may have come behind them.
 */
export const makeParts = async (
  deps: MakePartsDeps,
  claim: LaneClaim,
  limit: number,
  withheld: Withheld,
  known: readonly ShipmentPart[] = [],
): Promise<Parts | null> => {
  const more = await deps.shipments.waiting(claim, limit - known.length, known.at(-1)?.upload)
  const uploads = [...known.map(({ upload }) => upload), ...more]
  const seen = uploads.length > 0 ? await readyList(deps, uploads) : null
  const parts = seen === null ? [] : await readParts(deps, uploads, withheld, known)
  return seen === null || parts.length === 0 ? null : { ...seen, parts }
}

/**
 * The list as read within the last minute, if it took rows then and still has the columns. null if
 * it must be read first.
 */
const readyList = async (
  { lists, contactLists }: DeliveryDeps,
  uploads: readonly Upload[],
): Promise<Omit<Parts, 'parts'> | null> => {
  const seen = await lists.get(uploads[0]!.contactListId)
  if (seen === null || seen.ageMs >= FRESH_MS) return null
  const { list } = seen
  const rows = uploads.reduce((sum, upload) => sum + upload.counts.accepted, 0)
  const mostContacts = contactLists.limits.listContacts ?? Number.POSITIVE_INFINITY
  const room = list.size === null || list.size + rows <= mostContacts
  const fits = list.schemaVersion === uploads[0]!.schemaVersion
  const freshForMs = FRESH_MS - seen.ageMs
  return list.status === 'ready' && fits && room ? { list, freshForMs } : null
}

/** As many of the uploads as one request carries, starting with the oldest. */
const readParts = async (
  deps: MakePartsDeps,
  uploads: readonly Upload[],
  withheld: Withheld,
  known: readonly ShipmentPart[],
): Promise<ShipmentPart[]> => {
  const { batchRows, batchBytes } = deps.contactLists.limits
  let rows = 0
  const taken = uploads.filter((upload) => {
    const { accepted, duplicates, suppressed } = upload.counts
    rows += accepted + duplicates + suppressed
    return rows <= batchRows && rows * ROW_BYTES <= batchBytes
  })
  const fresh = taken.slice(known.length)
  const chunks = await deps.uploads.readFirstChunks(fresh.map(({ id }) => id))
  const read = fresh.map((upload, at) => {
    const chunk = chunks[at]!
    return { upload, chunk, contentHashes: deps.contentHashes(chunk, upload.targetColumns) }
  })
  const all = [...known.slice(0, taken.length), ...read]
  return all.map((part) => ({ ...part, verdicts: new Map(withheld.get(part.upload.id)) }))
}
