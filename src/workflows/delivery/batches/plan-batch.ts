import type { DialectLimits } from '../../../domain/contact-lists/contact-list.ts'
import type { StagedChunk } from '../../../domain/uploads/chunk.ts'
import { createBitmap, hasBit, setBit } from '../../../lib/bitmap.ts'
import type { Batch, NewBatch, RowResult } from '../../ports/delivery/delivery.ts'
import type { BatchToSend } from '../../ports/genesys/genesys.ts'
import { PROOF_ROWS, provesNext } from '../clear-list.ts'
import type { DeliveryRun } from '../run.ts'
import { skipCode } from '../skip-rule.ts'

/** Why a row of a chunk is not sent, or did not arrive. */
export type RowVerdict = Omit<RowResult, 'line' | 'chunkSeq'>

/** A row's place in an upload, as a key for facts about the rows of a file. */
export const rowKey = ({ chunkSeq }: Pick<Batch, 'chunkSeq'>, row: number): string =>
  `${chunkSeq}:${row}`

/** A chunk read for delivery, with the facts known about its rows so far, by row index. */
export type ChunkPlan = {
  chunk: StagedChunk
  verdicts: Map<number, RowVerdict>
  /** 16 bytes for each row. Equal content under equal columns has equal bytes. */
  contentHashes: Buffer
  /**
   * The chunk's contacts that Genesys already holds, because this or another tenant of the list has
   * delivered them. When a request with such a contact is about to be sent, the contact's register
   * entry becomes uncertain until the request is settled.
   */
  overwritten: ReadonlySet<string>
  /** Requests built in advance, by batch id. */
  requests: Map<string, BatchToSend>
}

/**
 * Reads a chunk and looks up its rows in the register. Writes nothing. With `skipping`, rows whose
 * content Genesys already holds get a verdict and are not sent. Also pass `skipping` for batches
 * that an earlier run wrote. For such a batch, the rows to send are already decided, so the verdict
 * only explains why a row was not sent.
 */
export const planChunk = async (
  run: DeliveryRun,
  seq: number,
  skipping: boolean,
): Promise<ChunkPlan> => {
  const { deps, upload } = run
  const chunk = await deps.uploads.readChunk(upload.id, seq)
  const verdicts = new Map<number, RowVerdict>()
  const contentHashes = deps.contentHashes(chunk, upload.targetColumns)
  if (chunk.contactIds.length === 0) {
    return { chunk, verdicts, contentHashes, overwritten: new Set(), requests: new Map() }
  }
  await withhold(run, chunk, verdicts)
  const { known, ofOthers } = await deps.delivery.registered(
    upload.tenantId,
    upload.contactListId,
    chunk.contactIds,
  )
  for (const [row, contactId] of chunk.contactIds.entries()) {
    if (hasBit(chunk.leftOut, row) || verdicts.has(row)) continue
    const entry = known.get(contactId)
    const contentHash = contentHashes.subarray(row * 16, row * 16 + 16)
    const verdict = isOlder(run, entry, ofOthers.get(contactId))
      ? SUPERSEDED
      : entry && verdictOf(run, entry, contentHash, skipping)
    if (verdict) verdicts.set(row, verdict)
  }
  for (const row of await resentRows(run, chunk)) {
    if (!verdicts.has(row)) verdicts.set(row, SUPERSEDED)
  }
  const overwritten = new Set([...known.keys(), ...ofOthers.keys()])
  return { chunk, verdicts, contentHashes, overwritten, requests: new Map() }
}

/**
 * Adds verdicts for rows that must not be sent, independently of the register. A row gets a verdict
 * if a later upload replaced the whole list, if the person was erased, or if the contact was
 * suppressed since the upload was accepted.
 */
const withhold = async (
  { deps, upload, clearing }: DeliveryRun,
  chunk: StagedChunk,
  verdicts: Map<number, RowVerdict>,
): Promise<void> => {
  if (clearing.value().clearedSeq > (upload.contentSeq ?? 0)) {
    // A later upload has replaced the contents of the list, so the rows of this upload no longer
    // belong there.
    for (const row of chunk.contactIds.keys()) {
      if (!hasBit(chunk.leftOut, row)) verdicts.set(row, SUPERSEDED)
    }
  }
  const { erased } = chunk
  if (erased !== undefined) {
    for (const row of chunk.contactIds.keys()) {
      if (hasBit(erased, row) && !hasBit(chunk.leftOut, row)) verdicts.set(row, ERASED)
    }
  }
  for (const row of await deps.suppressions.suppressedIn(upload.id, chunk.seq)) {
    if (!verdicts.has(row)) verdicts.set(row, SUPPRESSED_SINCE)
  }
}

const SUPPRESSED_SINCE: RowVerdict = {
  outcome: 'unprocessed',
  code: 'suppressed-since',
  column: null,
}
/** The rows of an erased person are no longer sent. */
const ERASED: RowVerdict = { outcome: 'unprocessed', code: 'erased', column: null }
const SUPERSEDED: RowVerdict = { outcome: 'unprocessed', code: 'superseded', column: null }

/** Rows of a retry whose contacts another retry of the same upload has delivered already. */
const resentRows = async (
  { deps, upload }: DeliveryRun,
  { contactIds, leftOut }: StagedChunk,
): Promise<number[]> => {
  if (upload.parentId === null) return []
  const done = await deps.delivery.deliveredByRetries(upload, contactIds)
  return [...contactIds.keys()].filter((row) => done.has(contactIds[row]!) && !hasBit(leftOut, row))
}

/** Whether this tenant or another tenant of the list has delivered newer content of the contact. */
const isOlder = (
  { upload: { contentSeq } }: DeliveryRun,
  own: { acceptedSeq: number } | undefined,
  ofOthers = 0,
): boolean => Math.max(own?.acceptedSeq ?? 0, ofOthers) > (contentSeq ?? 0)

const verdictOf = (
  run: DeliveryRun,
  entry: { contentHash: Buffer },
  contentHash: Buffer,
  skipping: boolean,
): RowVerdict | null => {
  const { duplicates } = run.upload
  const code = skipping ? skipCode(duplicates, entry.contentHash, contentHash) : null
  return code === null ? null : { outcome: 'unchanged', code, column: null }
}

/**
 * Splits a chunk into ranges that fit one request each, by rows and bytes. Returns none if every
 * row of the chunk was left out.
 */
export const batchesOf = (
  run: DeliveryRun,
  plan: ChunkPlan,
  columns: readonly string[],
): NewBatch[] => {
  const { chunk } = plan
  const rows = chunk.contactIds.length
  let deliverable = false
  for (let row = 0; row < rows && !deliverable; row += 1) deliverable = !hasBit(chunk.leftOut, row)
  if (!deliverable) return []
  const { limits } = run.deps.contactLists
  return rangesOf(chunk, limits, columns, provesNext(run) ? PROOF_ROWS : limits.batchRows).map(
    ([fromRow, toRow]) => ({
      id: run.deps.ids.newUuid(),
      chunkSeq: chunk.seq,
      fromRow,
      toRow,
      sent: sendableRows(plan, fromRow, toRow),
    }),
  )
}

const sendableRows = (plan: ChunkPlan, fromRow: number, toRow: number): Buffer => {
  const sent = createBitmap(toRow - fromRow)
  for (let row = fromRow; row < toRow; row += 1) {
    if (!hasBit(plan.chunk.leftOut, row) && !plan.verdicts.has(row)) setBit(sent, row - fromRow)
  }
  return sent
}

/** Worst case of a UTF-16 unit in JSON: an escaped control character, `\u0000`. */
const MAX_JSON_BYTES_PER_UNIT = 6
/** The quotes, the colon and the comma of a cell and its column name. */
const CELL_FRAME_BYTES = 6
const ROW_FRAME_BYTES = 64

/**
 * An upper bound for the bytes of each row as JSON. null if a cheaper calculation already shows
 * that the bytes of the whole chunk fit into one request.
 */
const rowSizes = (
  chunk: StagedChunk,
  limits: DialectLimits,
  columns: readonly string[],
): number[] | null => {
  let names = ROW_FRAME_BYTES
  for (const column of columns) names += Buffer.byteLength(column) + CELL_FRAME_BYTES
  let units = 0
  for (const id of chunk.contactIds) units += id.length
  for (const cell of chunk.cells) units += cell.length
  const rows = chunk.contactIds.length
  if (units * MAX_JSON_BYTES_PER_UNIT + rows * names <= limits.batchBytes) return null
  return chunk.contactIds.map((id, row) => {
    const cells = chunk.cells.slice(row * chunk.width, (row + 1) * chunk.width)
    return names + Buffer.byteLength(id) + Buffer.byteLength(JSON.stringify(cells))
  })
}

const rangesOf = (
  chunk: StagedChunk,
  limits: DialectLimits,
  columns: readonly string[],
  firstRows: number,
): [number, number][] => {
  const sizes = rowSizes(chunk, limits, columns)
  const ranges: [number, number][] = []
  let from = 0
  let bytes = 0
  for (let row = 0; row < chunk.contactIds.length; row += 1) {
    const size = sizes?.[row] ?? 0
    const full =
      row - from >= (from === 0 ? Math.min(firstRows, limits.batchRows) : limits.batchRows)
    const heavy = bytes + size > limits.batchBytes
    if (row > from && (full || heavy)) {
      ranges.push([from, row])
      from = row
      bytes = 0
    }
    bytes += size
  }
  ranges.push([from, chunk.contactIds.length])
  return ranges
}

/** The rows of the chunk that the batch sends, in the order in which they are sent. */
export const sentRows = (batch: Pick<Batch, 'fromRow' | 'toRow' | 'sent'>): number[] => {
  const rows: number[] = []
  for (let row = batch.fromRow; row < batch.toRow; row += 1) {
    if (hasBit(batch.sent, row - batch.fromRow)) rows.push(row)
  }
  return rows
}

/** The range `[fromRow, toRow)` as a separate batch that sends the given rows. */
export const partOf = (
  run: DeliveryRun,
  chunkSeq: number,
  range: { fromRow: number; toRow: number },
  rows: readonly number[],
): NewBatch => {
  const sent = createBitmap(range.toRow - range.fromRow)
  for (const row of rows) {
    if (row >= range.fromRow && row < range.toRow) setBit(sent, row - range.fromRow)
  }
  return { id: run.deps.ids.newUuid(), chunkSeq, ...range, sent }
}

/** A batch as the store holds it right after writing it. */
export const freshBatch = (uploadId: string, batch: NewBatch): Batch => ({
  ...batch,
  uploadId,
  state: 'intended',
  jobId: null,
  partId: null,
  shared: false,
  attempts: 0,
  refusals: 0,
})
