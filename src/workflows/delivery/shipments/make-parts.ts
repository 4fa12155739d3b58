import type { ContactList } from '../../../domain/contact-lists/contact-list.ts'
import type { Upload } from '../../../domain/uploads/upload.ts'
import type { LaneClaim } from '../../ports/delivery/delivery.ts'
import type { ShipmentStore } from '../../ports/delivery/shipments.ts'
import type { WithheldRow } from '../../ports/delivery/tries.ts'
import type { DeliveryDeps } from '../run.ts'
import type { ShipmentPart } from './plan-shipment.ts'

type MakePartsDeps = DeliveryDeps & { shipments: ShipmentStore }

/** A list that was seen so lately needs no look of its own [design: 4]. */
export const FRESH_MS = 60_000
/** Room for what a row is in JSON around its cells, by far. */
const ROW_BYTES = 4_096

export type UploadRowWithheld = { uploadId: string; row: number; verdict: WithheldRow['verdict'] }

/** Rows that may not go any more, by upload and row. */
export type Withheld = Map<string, ShipmentPart['verdicts']>

export const noteWithheld = (known: Withheld, rows: readonly UploadRowWithheld[]): void => {
  for (const { uploadId, row, verdict } of rows) {
    const own = known.get(uploadId) ?? new Map<number, WithheldRow['verdict']>()
    known.set(uploadId, own.set(row, verdict))
  }
}

/** What goes together, and the list as it was seen last. */
export type Parts = { list: ContactList; freshForMs: number; parts: ShipmentPart[] }

/** The lane's oldest uploads with their rows, as many as one request carries; null: the oldest goes alone. `known`: those that were read before. */
export const makeParts = async (
  deps: MakePartsDeps,
  claim: LaneClaim,
  limit: number,
  withheld: Withheld,
  known: readonly ShipmentPart[] = [],
): Promise<Parts | null> => {
  const uploads = await deps.shipments.waiting(claim, limit)
  const seen = uploads.length > 0 ? await readyList(deps, uploads) : null
  const parts = seen === null ? [] : await readParts(deps, uploads, withheld, known)
  return seen === null || parts.length === 0 ? null : { ...seen, parts }
}

/** The list as it was seen within a minute, if it took rows then and still has the columns; null: somebody must look first. */
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

/** As many of the uploads as one request carries, from the oldest on. */
const readParts = async (
  deps: MakePartsDeps,
  uploads: readonly Upload[],
  withheld: Withheld,
  known: readonly ShipmentPart[],
): Promise<ShipmentPart[]> => {
  const { batchRows, batchBytes } = deps.contactLists.limits
  const before = new Map(known.map((part) => [part.upload.id, part]))
  let rows = 0
  const taken = uploads.filter((upload) => {
    const { accepted, duplicates, suppressed } = upload.counts
    rows += accepted + duplicates + suppressed
    return rows <= batchRows && rows * ROW_BYTES <= batchBytes
  })
  return Promise.all(
    taken.map(async (upload) => {
      const verdicts = new Map(withheld.get(upload.id))
      const read = before.get(upload.id)
      if (read !== undefined) return { ...read, upload, verdicts }
      const chunk = await deps.uploads.readChunk(upload.id, 0)
      const contentHashes = deps.contentHashes(chunk, upload.targetColumns)
      return { upload, chunk, contentHashes, verdicts }
    }),
  )
}
