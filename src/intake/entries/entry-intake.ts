import type { NewDncChunk } from '../../domain/do-not-call/dnc-chunk.ts'
import type { DncEntry, EntryField, EntryTerms } from '../../domain/do-not-call/dnc-entry.ts'
import type { DncOptions } from '../../domain/do-not-call/dnc-options.ts'
import type { DncSource, StoredEntry } from '../../domain/do-not-call/dnc-submission.ts'
import { isBlank } from '../../domain/text/unseen-characters.ts'
import type { RejectedRow } from '../../domain/uploads/chunk.ts'
import type { RowFault } from '../../domain/uploads/rejection.ts'
import { createNotices, type Noticed } from '../../domain/uploads/row-notices.ts'
import { createDigestBatch } from '../../lib/keyed-digest.ts'
import { FileRefused, type IntakeSpec } from '../contract.ts'
import { rawRowOf, type CsvSink } from '../formats/csv-reader.ts'
import type { RawRow, RowSink } from '../formats/raw-row.ts'
import { readFile } from '../read-file.ts'
import { holdsRows } from '../rows/hidden-rows.ts'
import { layOutEntries, type EntryLayout } from './entry-layout.ts'
import type { EntryCells, JudgeEntry } from './entry-steps.ts'

/** Everything that decides how the entries of one submission are read and judged. */
export type EntrySpec = Pick<
  IntakeSpec,
  'format' | 'fileName' | 'maxBytes' | 'maxRows' | 'maxRecordBytes' | 'digestKey'
> & {
  options: DncOptions
  judge: JudgeEntry
  /** The fields that an entry may have. */
  fields: readonly EntryField[]
}

export type EntryResult = {
  counts: { read: number; rejected: number; blank: number }
  rejections: Record<string, number>
  columns: string[]
  source: DncSource
  /** What the caller should check, in sentences. */
  notes: string[]
  chunks: number
}

/**
 * The most entries in a chunk, including rejected ones. A request has entries of only one chunk,
 * and 4,990 entries fill exactly ten requests [contracts: 1].
 */
const CHUNK_ENTRIES = 4_990
const CHUNK_CHARACTERS = 2_000_000
/** No cell of an entry is free text, so even one delimiter in a second line is suspicious. */
const FEWEST_CELLS = 2

type OpenChunk = {
  firstLine: number
  lastLine: number
  characters: number
  terms: Map<EntryTerms, number>
  entries: StoredEntry[]
  rejected: RejectedRow[]
}

const createChunks = (digestKey: Buffer) => {
  const digests = createDigestBatch(digestKey)
  const closed: NewDncChunk[] = []
  let open: OpenChunk | null = null
  let seq = 0

  const at = (line: number): OpenChunk => {
    open ??= {
      ...{ firstLine: line, lastLine: line, characters: 0, terms: new Map() },
      ...{ entries: [], rejected: [] },
    }
    open.lastLine = line
    return open
  }
  const close = (): void => {
    if (open === null) return
    const { firstLine, lastLine, entries, rejected } = open
    const terms = [...open.terms.keys()]
    closed.push({ seq, firstLine, lastLine, terms, entries, rejected, subjects: digests.take() })
    open = null
    seq += 1
  }
  const grow = (chunk: OpenChunk, cells: readonly string[]): void => {
    for (const cell of cells) chunk.characters += cell.length
    const rows = chunk.entries.length + chunk.rejected.length
    if (rows >= CHUNK_ENTRIES || chunk.characters >= CHUNK_CHARACTERS) close()
  }
  return {
    accept: (line: number, cells: readonly string[], entry: DncEntry): void => {
      const chunk = at(line)
      let terms = chunk.terms.get(entry.terms)
      if (terms === undefined) {
        terms = chunk.terms.size
        chunk.terms.set(entry.terms, terms)
      }
      digests.add(entry.subject)
      const { kind, subject, quarantined } = entry
      chunk.entries.push({ line, cells, kind, subject, terms, quarantined })
      grow(chunk, cells)
    },
    reject: (row: RejectedRow): void => {
      const chunk = at(row.line)
      chunk.rejected.push(row)
      grow(chunk, row.cells)
    },
    close,
    takeClosed: () => closed.splice(0),
    chunks: () => seq,
  }
}

/**
 * The faults of the record's form, such as a wrong number of cells. If there is such a fault, the
 * entry is rejected and its cells are not judged. After most of these faults, the gateway cannot
 * find out which cell belongs to which field.
 */
const formFaults = (layout: EntryLayout, { cells, faults }: RawRow): RowFault[] => {
  const found = [...faults]
  const extra = cells.slice(layout.width).some((cell) => !isBlank(cell))
  if (!found.some(({ code }) => code === 'row-not-object')) {
    if (cells.length < layout.width || extra) {
      const width = { found: cells.length, expected: layout.width }
      found.push({ code: 'row-ragged', column: null, width })
    }
  }
  return found
}

const notesOf = ({ 'cell-holds-rows': held }: Noticed): string[] =>
  held === undefined
    ? []
    : [
        `Entries whose quoted cell contains lines that resemble entries: ${held.rows} (line ${held.lines.join(', ')}). A quote was probably closed too late. The gateway did not read these lines as entries. Correct the quotes and send the lines again.`,
      ]

type Tally = { read: number; rejected: number; blank: number; rejections: Map<string, number> }

const createEntryRows = (spec: EntrySpec, chunks: ReturnType<typeof createChunks>) => {
  const tally: Tally = { read: 0, rejected: 0, blank: 0, rejections: new Map() }
  const notices = createNotices()
  let layout: EntryLayout | null = null
  let cells: readonly string[] = []
  const cellOf: EntryCells = (field) => {
    const place = layout!.places[field]
    return place === undefined ? '' : cells[place]!
  }
  const columnOf = (field: EntryField | null): string | null =>
    field === null ? null : (layout!.names[layout!.places[field] ?? -1] ?? field)

  const reject = (line: number, [fault, ...more]: RowFault[]): void => {
    tally.rejected += 1
    tally.rejections.set(fault!.code, (tally.rejections.get(fault!.code) ?? 0) + 1)
    const row = { line, ...fault!, cells: [...cells] }
    chunks.reject(more.length === 0 ? row : { ...row, more })
  }
  const row = (raw: RawRow): void => {
    tally.read += 1
    if (tally.read > spec.maxRows) {
      const detail = `The file has more than ${spec.maxRows} entries.`
      throw new FileRefused('upload-too-many-rows', detail, { maxRows: spec.maxRows })
    }
    cells = layout!.cellsOf(raw.cells)
    if (raw.faults.length === 0 && raw.cells.every(isBlank)) {
      tally.blank += 1
      return
    }
    const found = formFaults(layout!, raw)
    if (found.length > 0) return reject(raw.line, found)
    const judged = spec.judge(cellOf)
    if (judged.faults === null) return chunks.accept(raw.line, cells, judged.entry)
    reject(
      raw.line,
      judged.faults.map(({ code, field }) => ({ code, column: columnOf(field) })),
    )
  }
  const sink: RowSink & CsvSink = {
    header: (names) => {
      layout = layOutEntries(names, spec)
    },
    noHeader: () => undefined,
    record: (record) => {
      if (holdsRows(record, layout!.width, FEWEST_CELLS)) {
        notices.add('cell-holds-rows', record.line)
      }
      row(rawRowOf(record))
    },
    row,
  }
  return { sink, tally, noticed: notices.noticed, layout: () => layout }
}

/**
 * Reads the entries of a submission as they stream in: decompress → decode → rows → entries →
 * chunks. Waits for `take` to store a chunk before it reads more. Rejects a faulty entry and keeps
 * the others. Throws `FileRefused`, with `dnc-no-entries` if there is no entry at all.
 */
export const runEntryIntake = async (
  body: AsyncIterable<Uint8Array>,
  spec: EntrySpec,
  take: (chunk: NewDncChunk) => Promise<void>,
): Promise<EntryResult> => {
  const chunks = createChunks(spec.digestKey)
  const rows = createEntryRows(spec, chunks)
  const passOn = async (): Promise<void> => {
    for (const chunk of chunks.takeClosed()) await take(chunk)
  }
  const { delimiter, encoding } = spec.options
  const options = { delimiter, encoding, hasHeader: true }
  const jsonForm = {
    member: 'entries' as const,
    columns: spec.fields,
    lists: new Set(['contactListIds']),
  }
  const file = await readFile(body, { ...spec, options, jsonForm }, rows.sink, passOn).catch(
    (error: unknown) => {
      throw error instanceof FileRefused && error.code === 'upload-empty' ? noEntries() : error
    },
  )
  chunks.close()
  await passOn()
  const { read, rejected, blank, rejections } = rows.tally
  if (read === blank) throw noEntries()
  const { format, fileName } = spec
  return {
    counts: { read, rejected, blank },
    rejections: Object.fromEntries(rejections),
    columns: rows.layout()!.names,
    source: {
      ...{ fileName, format, bytes: file.meter.bytes, sha256: file.meter.sha256() },
      delimiter: file.reader.delimiter(),
    },
    notes: notesOf(rows.noticed()),
    chunks: chunks.chunks(),
  }
}

const noEntries = (): FileRefused =>
  new FileRefused('dnc-no-entries', 'The body has no entry. Send at least one.')
