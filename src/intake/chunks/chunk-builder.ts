import type { NewChunk, RejectedRow } from '../../domain/uploads/chunk.ts'
import { createAcceptedRows } from '../rows/accepted-rows.ts'
import type { ReplacedRows } from '../rows/accepted-rows.ts'
import { createConsentRows } from '../rows/consent-check.ts'
import type { IdDigests } from '../rows/replaced-rows.ts'
import type { CheckedRow } from '../rows/row-check.ts'
import { createChunkText, makeRoom } from './chunk-text.ts'
import type { ChunkText } from './chunk-text.ts'
import type { ChunkDigests, RowDigests } from './row-digests.ts'

/**
 * A chunk is closed when it has a batch of accepted rows, more than this much text, or this many
 * rejected rows. The text of accepted rows counts in bytes, and the cells of rejected rows count in
 * UTF-16 units. The limits let every chunk fit into memory and into one SQL statement.
 */
const CHUNK_BYTES = 2_000_000
const CHUNK_REJECTED = 5_000
/** The most bytes that UTF-8 needs for one unit of a JavaScript string. */
const BYTES_PER_CHAR = 3

/** How many numbers `WrittenRow.subjects` has for each subject. */
export const SUBJECT_NUMBERS = 3
/** The last of these numbers. */
export const SUBJECT_KIND = { email: 0, phone: 1 } as const

/**
 * A row that the caller wrote into the chunk's text, beginning at `used`. `idEnd` and `end`: where
 * the contact id and the row end.
 */
export type WrittenRow = {
  idEnd: number
  end: number
  /**
   * For each phone and email: its start and its end in the text, and its `SUBJECT_KIND`.
   */
  subjects: Int32Array
  subjectCount: number
  /** Whether the person agreed to be called. */
  consented: boolean
}

/** Gathers the rows of a file into chunks. The store writes one chunk at a time. */
export type ChunkBuilder = {
  /**
   * Makes room for a row of at most `rowBytes` in the open chunk's text, and returns that text. Do
   * not keep the text, because the next row may be in another chunk.
   */
  room(line: number, rowBytes: number): ChunkText
  /** Accepts the row that was written into the text returned by `room`. */
  acceptWritten(line: number, row: WrittenRow): void
  accept(line: number, row: CheckedRow): void
  reject(row: RejectedRow): void
  blank(line: number): void
  /** Returns the chunks closed since the last call, in order. */
  takeClosed(): NewChunk[]
  close(): void
  chunks(): number
  /**
   * Finds the accepted rows that were replaced by a later row with the same contact id. Call it
   * after the last row.
   */
  findReplaced(idDigests: IdDigests): Promise<ReplacedRows>
}

type OpenChunk = {
  firstLine: number
  lastLine: number
  lines: Uint32Array
  rows: number
  text: ChunkText
  rejected: RejectedRow[]
  rejectedChars: number
  blank: number
  consents: ReturnType<typeof createConsentRows>
}

const openChunk = (line: number, batchRows: number, lastBytes: number): OpenChunk => ({
  firstLine: line,
  lastLine: line,
  lines: new Uint32Array(batchRows),
  rows: 0,
  text: createChunkText(lastBytes),
  rejected: [],
  rejectedChars: 0,
  blank: 0,
  consents: createConsentRows(batchRows),
})

const isFull = (chunk: OpenChunk, batchRows: number): boolean =>
  chunk.rows >= batchRows ||
  chunk.text.used + chunk.rejectedChars > CHUNK_BYTES ||
  chunk.rejected.length >= CHUNK_REJECTED

const sealed = (
  open: OpenChunk,
  seq: number,
  { width, consentCountries }: Pick<BuilderDeps, 'width' | 'consentCountries'>,
  made: ChunkDigests,
): NewChunk => {
  const { firstLine, lastLine, lines, rows, text, rejected, blank, consents } = open
  return {
    seq,
    firstLine,
    lastLine,
    width,
    lines: lines.subarray(0, rows),
    text: text.bytes.subarray(0, text.used),
    rejected,
    blank,
    ...made,
    ...(consentCountries && { withoutConsent: consents.lacking(consentCountries, made) }),
  }
}

/**
 * Writes the row's id and its cells after the used part of the text. A NUL follows each of them.
 * Returns where the id ends and where the row ends.
 */
const writeRow = (text: ChunkText, { contactId, cells }: CheckedRow): [number, number] => {
  let most = (contactId.length + 1) * BYTES_PER_CHAR
  for (const cell of cells) most += (cell.length + 1) * BYTES_PER_CHAR
  makeRoom(text, most)
  const { bytes } = text
  const idEnd = text.used + bytes.write(contactId, text.used)
  let end = idEnd
  bytes[end++] = 0
  for (const cell of cells) {
    end += bytes.write(cell, end)
    bytes[end++] = 0
  }
  return [idEnd, end]
}

const addRejected = (chunk: OpenChunk, row: RejectedRow): void => {
  chunk.rejected.push(row)
  for (const cell of row.cells) chunk.rejectedChars += cell.length
}

/**
 * Records the consent, if any, of the row that is being added. Call it before `rows` counts that
 * row.
 */
const noteConsent = ({ consents, rows }: OpenChunk, consented: boolean): void => {
  if (consented) consents.give(rows)
}

const addSubjects = (
  digests: RowDigests,
  chunk: OpenChunk,
  { subjects, subjectCount, consented }: WrittenRow,
): void => {
  noteConsent(chunk, consented)
  const { rows } = chunk
  const { view } = chunk.text
  for (let at = 0; at < subjectCount * SUBJECT_NUMBERS; at += SUBJECT_NUMBERS) {
    const from = subjects[at]!
    const to = subjects[at + 1]!
    if (subjects[at + 2] === SUBJECT_KIND.phone) digests.addPhone(rows, view, from, to)
    else digests.addEmail(rows, view, from, to)
  }
}

type BuilderDeps = {
  width: number
  batchRows: number
  digests: RowDigests
  /** Up to this many rows, the digests of contact ids stay in memory (`IntakeTuning`). */
  rowsInMemory: number
  /** The countries whose numbers may be called only with consent. null: consent is not checked. */
  consentCountries: ReadonlySet<string> | null
}

/**
 * Makes the builder for one file. `width`: the number of cells of an accepted row. `batchRows`: the
 * most accepted rows of a chunk.
 */
export const createChunkBuilder = (deps: BuilderDeps): ChunkBuilder => {
  const { batchRows, digests } = deps
  const accepted = createAcceptedRows(deps.rowsInMemory)
  const closed: NewChunk[] = []
  let seq = 0
  let current: OpenChunk | null = null
  let lastBytes = 0

  const at = (line: number): OpenChunk => {
    current ??= openChunk(line, batchRows, lastBytes)
    current.lastLine = line
    return current
  }
  const close = (): void => {
    if (current === null) return
    const made = digests.take()
    accepted.addChunk(made.idDigests, current.lines.subarray(0, current.rows))
    closed.push(sealed(current, seq, deps, made))
    lastBytes = current.text.used
    current = null
    seq += 1
  }
  const addRow = (chunk: OpenChunk, line: number, idEnd: number, end: number): void => {
    const { text } = chunk
    digests.addId(text.view, text.used, idEnd)
    text.used = end
    chunk.lines[chunk.rows++] = line
    if (isFull(chunk, batchRows)) close()
  }
  return {
    room: (line, rowBytes) => {
      const { text } = at(line)
      makeRoom(text, rowBytes)
      return text
    },
    acceptWritten: (line, row) => {
      const chunk = at(line)
      addSubjects(digests, chunk, row)
      addRow(chunk, line, row.idEnd, row.end)
    },
    accept: (line, row) => {
      const chunk = at(line)
      const [idEnd, end] = writeRow(chunk.text, row)
      for (const subject of row.subjects) digests.addSubjectText(chunk.rows, subject)
      noteConsent(chunk, row.consented)
      addRow(chunk, line, idEnd, end)
    },
    reject: (row) => {
      const chunk = at(row.line)
      addRejected(chunk, row)
      if (isFull(chunk, batchRows)) close()
    },
    blank: (line) => {
      at(line).blank += 1
    },
    takeClosed: () => closed.splice(0),
    close,
    chunks: () => seq,
    findReplaced: accepted.findReplaced,
  }
}
