import type { StagedChunk } from '../../../domain/uploads/chunk.ts'
import type { Upload } from '../../../domain/uploads/upload.ts'
import { createBitmap, hasBit, setBit } from '../../../lib/bitmap.ts'
import type { RowResult } from '../../ports/delivery/delivery.ts'
import { skipCode } from '../skip-rule.ts'

/** One upload of a shipment that is being composed. */
export type ShipmentPart = {
  upload: Upload
  chunk: StagedChunk
  /** 16 bytes for each row. */
  contentHashes: Buffer
  /** Why rows are not sent, by row. */
  verdicts: Map<number, Omit<RowResult, 'line' | 'chunkSeq'>>
}

/** What the register knows of a contact. */
export type Known = { contentHash: Buffer; acceptedSeq: number }

const SUPERSEDED = { outcome: 'unprocessed', code: 'superseded', column: null } as const
const KNOWN = { outcome: 'unchanged', code: 'known', column: null } as const

const ERASED = { outcome: 'unprocessed', code: 'erased', column: null } as const

const ageOf = ({ upload }: ShipmentPart): number => upload.contentSeq ?? 0

const hashOf = ({ contentHashes }: ShipmentPart, row: number): Buffer =>
  contentHashes.subarray(row * 16, row * 16 + 16)

/** What is already known about the contacts of a shipment. */
export type KnownContacts = {
  register: ReadonlyMap<string, Known>
  /** Contacts that other tenants have delivered, each with the newest sequence number. */
  ofOthers: ReadonlyMap<string, number>
  /** By upload: the contacts that another retry of the same rows has delivered. */
  byRetries: ReadonlyMap<string, ReadonlySet<string>>
}

/** The newest sequence number with which any tenant has delivered the contact. 0: none has. */
const newestOf = ({ register, ofOthers }: KnownContacts, contactId: string): number =>
  Math.max(register.get(contactId)?.acceptedSeq ?? 0, ofOthers.get(contactId) ?? 0)

const judge = (
  part: ShipmentPart,
  row: number,
  contacts: KnownContacts,
  { skipping, isResent }: { skipping: boolean; isResent: boolean },
): void => {
  const contactId = part.chunk.contactIds[row]!
  const known = contacts.register.get(contactId)
  if (newestOf(contacts, contactId) > ageOf(part)) {
    part.verdicts.set(row, SUPERSEDED)
    return
  }
  if (known === undefined) return
  const { duplicates } = part.upload
  const code = skipping ? skipCode(duplicates, known.contentHash, hashOf(part, row)) : null
  if (code !== null) part.verdicts.set(row, { outcome: 'unchanged', code, column: null })
  else if (isResent) part.verdicts.set(row, SUPERSEDED)
}

/** Whether any row would be skipped because the register knows its content. */
export const anySkipped = (
  parts: readonly ShipmentPart[],
  register: ReadonlyMap<string, Known>,
): boolean =>
  register.size > 0 &&
  parts.some((part) =>
    part.chunk.contactIds.some((contactId, row) => {
      const known = register.get(contactId)
      if (known === undefined || hasBit(part.chunk.leftOut, row)) return false
      return skipCode(part.upload.duplicates, known.contentHash, hashOf(part, row)) !== null
    }),
  )

const leaveOutErased = ({ chunk, verdicts }: ShipmentPart): void => {
  const { erased, contactIds } = chunk
  if (erased === undefined) return
  for (const row of contactIds.keys()) if (hasBit(erased, row)) verdicts.set(row, ERASED)
}

type Going = Map<string, { part: ShipmentPart; row: number }>

/** Decides between a row that may be sent and an earlier row of the shipment for its contact. */
const compete = (going: Going, { part, row }: { part: ShipmentPart; row: number }): void => {
  const contactId = part.chunk.contactIds[row]!
  const other = going.get(contactId)
  if (other !== undefined && part.upload.duplicates === 'skip') {
    part.verdicts.set(row, KNOWN)
  } else if (other !== undefined && ageOf(part) < ageOf(other.part)) {
    part.verdicts.set(row, SUPERSEDED)
  } else {
    other?.part.verdicts.set(other.row, SUPERSEDED)
    going.set(contactId, { part, row })
  }
}

/**
 * Decides for every row whether it is sent, with the same result as if the uploads were sent one by
 * one. Compares each row with the register and with the earlier uploads in the shipment. If several
 * rows are for one contact, only the row with the newest content is sent, and the older rows are
 * `superseded`. Exception: with `duplicates=skip`, a row is `unchanged` if an earlier upload of the
 * shipment sends its contact. Rows that are skipped because of the register are `unchanged`. These
 * verdicts are only true if the shipment is delivered as a whole.
 */
export const judgeRows = (
  parts: readonly ShipmentPart[],
  known: KnownContacts,
  skipping: (upload: Upload) => boolean,
): void => {
  const going: Going = new Map()
  for (const part of parts) {
    leaveOutErased(part)
    for (const [row, contactId] of part.chunk.contactIds.entries()) {
      // A row that must not be sent has its verdict already.
      if (hasBit(part.chunk.leftOut, row) || part.verdicts.has(row)) continue
      // If an earlier row of the shipment changes the content, the register does not tell what
      // Genesys will hold before this row.
      const skips = skipping(part.upload) && !going.has(contactId)
      const isResent = known.byRetries.get(part.upload.id)?.has(contactId) === true
      judge(part, row, known, { skipping: skips, isResent })
      if (!part.verdicts.has(row)) compete(going, { part, row })
    }
  }
}

/** The rows of the part that are sent, in order. */
export const goingRows = ({ chunk, verdicts }: ShipmentPart): number[] =>
  [...chunk.contactIds.keys()].filter((row) => !hasBit(chunk.leftOut, row) && !verdicts.has(row))

/** The rows of `goingRows` as bits over all rows of the chunk. */
export const goingBits = (part: ShipmentPart): Buffer => {
  const bits = createBitmap(part.chunk.contactIds.length)
  for (const row of goingRows(part)) setBit(bits, row)
  return bits
}
