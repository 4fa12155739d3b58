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

/**
 * If the list was read within this time, or its columns were confirmed within this time, the list
 * is not read again [design: 4].
 */
export const FRESH_MS = 60_000
/**
 * The assumed size of a row as JSON, in bytes. It is large enough for the cells of an ordinary row
 * and the JSON around them.
 */
const ROW_BYTES = 4_096

export type UploadRowWithheld = { uploadId: string; row: number; verdict: WithheldRow['verdict'] }

/** Rows that must no longer be sent, by upload and row. */
export type Withheld = Map<string, ShipmentPart['verdicts']>

/** Adds the rows to `known`. A new verdict for a row replaces the earlier verdict. */
export const noteWithheld = (known: Withheld, rows: readonly UploadRowWithheld[]): void => {
  for (const { uploadId, row, verdict } of rows) {
    const own = known.get(uploadId) ?? new Map<number, WithheldRow['verdict']>()
    known.set(uploadId, own.set(row, verdict))
  }
}

/** The uploads of a shipment, the list as last read, and for how long this reading stays fresh. */
export type Parts = { list: ContactList; freshForMs: number; parts: ShipmentPart[] }

/** `unread`: the uploads can share a request, but the list must first be read from Genesys. */
export type MadeParts = Parts | 'unread' | null

/**
 * Reads the lane's oldest uploads with their rows, as many as one request carries. Returns null if
 * the oldest upload must be delivered alone. `known`: uploads that were read already. If given,
 * reads only later uploads.
 */
export const makeParts = async (
  deps: MakePartsDeps,
  claim: LaneClaim,
  limit: number,
  withheld: Withheld,
  known: readonly ShipmentPart[] = [],
): Promise<MadeParts> => {
  const more = await deps.shipments.waiting(claim, limit - known.length, known.at(-1)?.upload)
  const uploads = [...known.map(({ upload }) => upload), ...more]
  if (uploads.length === 0) return null
  const seen = await readyList(deps, uploads)
  if (seen === null || seen === 'unread') return seen
  const parts = await readParts(deps, uploads, withheld, known)
  return parts.length === 0 ? null : { ...seen, parts }
}

/**
 * The list as last read. It was ready, has the columns of the uploads, and has room for the rows.
 * null: one of these conditions is not met. `unread`: within the last minute, the list was not
 * read, and no accepted rows confirmed its columns.
 */
const readyList = async (
  { lists, contactLists }: DeliveryDeps,
  uploads: readonly Upload[],
): Promise<Omit<Parts, 'parts'> | 'unread' | null> => {
  const seen = await lists.get(uploads[0]!.contactListId)
  if (seen === null || seen.provenMs >= FRESH_MS) return 'unread'
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
