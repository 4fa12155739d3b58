import type { DncChunk, NewDncChunk } from '../../../domain/do-not-call/dnc-chunk.ts'
import type { EntryField, SubjectKind } from '../../../domain/do-not-call/dnc-entry.ts'
import type { JudgeEntry } from '../../../intake/entries/entry-steps.ts'

/**
 * The gateway's names for the columns of an export between the value and the expiry. The gateway
 * does not read these columns.
 */
const BETWEEN = ['source', 'reason', 'region', 'receivedAt', 'contactListIds'] as const

/** The fields under which the columns of an export are read. */
export const EXPORT_FIELDS: readonly EntryField[] = ['phoneNumber', ...BETWEEN, 'expiresAt']

/**
 * The columns of a pull. All entries of a pull have these columns. An export has phone numbers and
 * email addresses in one column instead. Entries that are sent again had other columns in their
 * first submission.
 */
export const PULLED_COLUMNS = ['phoneNumber', 'email', 'expiresAt']

const cellsOf = (kind: SubjectKind, value: string, expiresAt: string): string[] => [
  kind === 'phone' ? value : '',
  kind === 'email' ? value : '',
  expiresAt,
]

/** Maps lines of an export to the columns of a pull. The value stays as the export has it. */
export const asExported = (chunk: NewDncChunk): NewDncChunk => {
  const expiryOf = (cells: readonly string[]): string => (cells.length > 1 ? cells.at(-1)! : '')
  return {
    ...chunk,
    entries: chunk.entries.map((entry) => ({
      ...entry,
      cells: cellsOf(entry.kind, entry.cells[0]!, expiryOf(entry.cells)),
    })),
    rejected: chunk.rejected.map((row) => {
      const value = row.cells[0] ?? ''
      const kind = value.includes('@') ? 'email' : 'phone'
      return { ...row, cells: cellsOf(kind, value, expiryOf(row.cells)) }
    }),
  }
}

/** Maps entries of any submission to the columns of a pull. */
export const asSentAgain = ({ entries, terms, ...chunk }: DncChunk): DncChunk => ({
  ...{ ...chunk, terms },
  rejected: [],
  entries: entries.map((entry) => ({
    ...entry,
    cells: cellsOf(entry.kind, entry.subject, terms[entry.terms]!.expiresAt ?? ''),
  })),
})

const LINE_FEED = 10
/** A first line longer than this is not a header. */
const MAX_HEADER_BYTES = 64 * 1024

/**
 * A header with the gateway's names for the columns. In an export, only the position tells what a
 * column contains: the value comes first and the expiry last [platform-api: 2.7].
 */
const ourHeader = (header: string): string => {
  const columns = header.replaceAll(/"[^"]*"/gu, '').split(',').length
  const between = BETWEEN.slice(0, Math.max(0, columns - 2))
  return `${['phoneNumber', ...between, ...(columns > 1 ? ['expiresAt'] : [])].join(',')}\n`
}

/** The bytes of the export, with its header replaced by the names of an entry's fields. */
export const withOurHeader = async function* (
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  let start: Buffer | null = Buffer.alloc(0)
  for await (const part of body) {
    if (start === null) {
      yield part
      continue
    }
    start = Buffer.concat([start, part])
    const end = start.indexOf(LINE_FEED)
    if (end < 0 && start.length < MAX_HEADER_BYTES) continue
    yield Buffer.from(ourHeader(start.subarray(0, Math.max(0, end)).toString()))
    yield start.subarray(end + 1)
    start = null
  }
}

const BY_THE_MINUTE = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})Z$/u

/**
 * Validates a line of an export as an entry whose source is Genesys. The line has one value (a
 * phone number or an address) and an expiry without seconds.
 */
export const judgeExported =
  (judge: JudgeEntry): JudgeEntry =>
  (cellOf) => {
    const value = cellOf('phoneNumber')
    const subject = value.includes('@') ? 'email' : 'phoneNumber'
    return judge((field) => {
      if (field === subject) return value
      if (field === 'expiresAt') return cellOf('expiresAt').replace(BY_THE_MINUTE, '$1:00Z')
      return field === 'source' ? 'genesys' : ''
    })
  }
