import type {
  ContactList,
  DialectLimits,
  ListColumn,
} from '../domain/contact-lists/contact-list.ts'
import type { NewChunk } from '../domain/uploads/chunk.ts'
import { uploadOptionsSchema } from '../domain/uploads/upload-options.ts'
import type { ChunkSink, IntakeSpec } from './contract.ts'
import type { BuildContactSteps } from './rows/contact-steps.ts'
import { createRunIntake } from './run-intake.ts'

/**
 * V8 compiles the row path again if a second file brings different objects. So the rows are read as
 * several files.
 */
const FILES = 3
const ROWS_PER_PIECE = 500

const COLUMNS: readonly Pick<ListColumn, 'name' | 'kind'>[] = [
  { name: 'contactId', kind: 'text' },
  { name: 'name', kind: 'text' },
  { name: 'phone', kind: 'phone' },
  { name: 'email', kind: 'email' },
  { name: 'city', kind: 'text' },
]
/** In some of the files, these columns are required. */
const REQUIRED = new Set(['contactId', 'name'])
const NAMES = ['Anna Lee', 'José García', '"O""Neil, Jr."', 'Zoë Müller', '"Nowak, Łucja"']

/** A peculiarity occurs once in this number of rows. */
const EVERY = {
  capital: 9,
  city: 3,
  email: 5,
  hyphen: 7,
  lineBreak: 41,
  longEmail: 50,
  longId: 60,
  phone: 31,
}
const FAULTS_EVERY = 100

/**
 * A number in one of eight spellings. Half of them have a country code, so that many rows are
 * accepted whatever the configured country is.
 */
const phoneOf = (n: number): string => {
  const exchange = String(200 + (n % 700))
  const line = String(n % 10_000).padStart(4, '0')
  const spellings = [
    `+1415${exchange}${line}`,
    `(415) ${exchange}-${line}`,
    `415-${exchange}-${line}`,
    `415.${exchange}.${line}`,
    `+1 415 ${exchange} ${line}`,
    `+1 (415) ${exchange}-${line}`,
    `+1-415-${exchange}-${line}`,
    `415${exchange}${line}`,
  ]
  return spellings[n % spellings.length]!
}

const emailOf = (n: number): string => {
  if (n % EVERY.email === 0) return ''
  const longer = n % EVERY.longEmail === 1 ? 'with.a.long.name.' : ''
  if (n % EVERY.hyphen === 0) return `person.${longer}${n}@mail-1.example.org`
  return `person.${longer}${n}@${n % EVERY.capital === 0 ? 'Example.COM' : 'example.com'}`
}

const cityOf = (n: number): string => {
  if (n % EVERY.city === 0) return ''
  return n % EVERY.lineBreak === 1 ? '"San\nJosé"' : 'Portland'
}

type Cells = { id: string; name: string; phone: string; email: string; city: string }

const lineOf = ({ id, name, phone, email, city }: Cells): string =>
  `${id},${name},${phone},${email},${city}\n`

/**
 * Rows that are blank, faulty, duplicates, or plainly valid only as text. Each occurs once in
 * `FAULTS_EVERY` rows.
 */
const FAULTS: readonly ((row: Cells) => string)[] = [
  () => '\n',
  ({ id }) => `${id},cut off\n`,
  (row) => lineOf({ ...row, city: 'Austin,one cell too many' }),
  (row) => lineOf({ ...row, city: 'Big "Apple"' }),
  (row) => lineOf({ ...row, id: 'A 17' }),
  (row) => lineOf({ ...row, id: '' }),
  (row) => lineOf({ ...row, phone: '911' }),
  (row) => lineOf({ ...row, phone: '415 555 01' }),
  (row) => lineOf({ ...row, email: 'anna@example' }),
  (row) => lineOf({ ...row, phone: '', email: '' }),
  (row) => lineOf({ ...row, phone: 'tel:+14155550101' }),
  (row) => lineOf({ ...row, phone: '415.555.0000', name: 'Ángel' }),
  (row) => lineOf({ ...row, city: "'Portland" }),
  (row) => lineOf({ ...row, id: 'TWICE-1' }),
  (row) => lineOf({ ...row, id: 'TWICE-2' }),
]

/** Row `n` of a made-up file. It may have a fault. */
const madeUpRow = (n: number): string => {
  const row = {
    id: n % EVERY.longId === 0 ? `A-LONGER-IDENTIFIER-${n}` : `WARM-${n}`,
    name: NAMES[n % NAMES.length]!,
    phone: n % EVERY.phone === 0 ? '' : phoneOf(n),
    email: emailOf(n),
    city: cityOf(n),
  }
  return (FAULTS[n % FAULTS_EVERY] ?? lineOf)(row)
}

/** A made-up CSV file with faults, duplicates and blank lines, as CRMs export them. */
export const madeUpFile = async function* (
  rows: number,
  lineEnd: '\n' | '\r\n' = '\n',
): AsyncGenerator<Uint8Array> {
  let text = `${COLUMNS.map(({ name }) => name).join(',')}\n`
  for (let n = 1; n <= rows; n += 1) {
    text += madeUpRow(n)
    if (n % ROWS_PER_PIECE > 0 && n < rows) continue
    yield Buffer.from(text.replaceAll('\n', lineEnd))
    text = ''
  }
}

const listOf = (strict: boolean): ContactList => ({
  id: 'warm-up',
  name: 'warm-up',
  status: 'ready',
  schemaVersion: '1',
  columns: COLUMNS.map((column) => ({ ...column, required: strict && REQUIRED.has(column.name) })),
  size: 0,
})

/** What a gateway does with a chunk of a file besides storing it. */
export type UseChunk = (chunk: NewChunk, columns: readonly string[]) => unknown

/** Keeps only what a search for duplicates reads. */
export const createDigestSink = (use: UseChunk = () => undefined): ChunkSink => {
  const kept: Buffer[] = []
  const columns = COLUMNS.map(({ name }) => name)
  return {
    take: async (chunk) => {
      await use(chunk, columns)
      kept.push(chunk.idDigests)
    },
    idDigests: async function* () {
      yield* kept
    },
  }
}

/**
 * The functions that read the last file of the warm-up. Each file has its own functions. V8 drops
 * compiled code together with the last function that uses it, and would then compile the row path
 * again for the next file. So the functions of one file stay in memory while the process runs.
 */
const kept: { functions: object | null } = { functions: null }

export type WarmUpDeps = {
  intake: Pick<IntakeSpec, 'maxRecordBytes' | 'digestKey'>
  limits: DialectLimits
  /** The steps that later files use. Steps made elsewhere would be compiled separately. */
  steps: BuildContactSteps
  /** Called with each chunk. Use the functions that later files use, for the same reason. */
  use?: UseChunk
  /**
   * Runs `read` for one file. `read` passes each chunk to the given function. It may run again if
   * storing failed.
   */
  inUpload?: (read: (store: StoreChunk) => Promise<void>) => Promise<void>
}
type StoreChunk = (chunk: NewChunk) => Promise<void>

/**
 * Reads about `rows` made-up rows (at least one) and drops the result, so that V8 compiles the row
 * path before the first file arrives. Sends nothing, and stores nothing but what `inUpload` stores.
 */
export const warmUp = async (deps: WarmUpDeps, rows: number): Promise<void> => {
  const { intake, limits, steps, use, inUpload = (read) => read(async () => undefined) } = deps
  const rowsOfFile = Math.ceil(rows / FILES)
  const read = createRunIntake({
    readBy: (functions) => {
      kept.functions = functions
    },
  })
  for (let file = 0; file < FILES; file += 1) {
    const options = uploadOptionsSchema.parse({})
    const spec: IntakeSpec = {
      ...intake,
      // The configured limits are for files of callers. They must not stop a start.
      maxBytes: Number.MAX_SAFE_INTEGER,
      maxRows: rowsOfFile,
      format: 'csv',
      fileName: null,
      options,
      list: listOf(file % 2 === 1),
      limits,
      steps: steps({ options, limits }),
    }
    await inUpload(async (store) => {
      const useAndStore: UseChunk = async (chunk, columns) => {
        // As if each file had another list. Otherwise, V8 would compile the digests of contents for
        // one list, and again for the next.
        await use?.(chunk, [...columns, `file ${file}`])
        await store(chunk)
      }
      const body = madeUpFile(rowsOfFile, file === 1 ? '\r\n' : '\n')
      await read(body, spec, createDigestSink(useAndStore))
    })
  }
}
