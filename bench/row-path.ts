import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { parseArgs, promisify } from 'node:util'

import { dirtyFile } from '../examples/demo/contacts.ts'
import type { ColumnKind } from '../src/domain/contact-lists/contact-list.ts'
import type { ChunkSink, IntakeSpec } from '../src/intake/contract.ts'
import { runIntake } from '../src/intake/run-intake.ts'
import { specOf } from '../test/intake/taken.ts'

const KINDS: Record<string, ColumnKind> = { phoneNumber: 'phone', email: 'email' }
const OBVIOUS_ROWS = 100_000
const COLUMNS = ['customerId', 'firstName', 'lastName', 'phoneNumber', 'email', 'city']
const FIRST = ['Anna', 'Ben', 'Chloé', 'Dmitri', 'Emma', 'Farid', 'Grace', 'Hugo', 'Ines', 'Jürgen']
const LAST = ['Martin', 'Smith', 'García', 'Rossi', 'Novak', 'Okafor', 'Tanaka', 'Lopez', 'Ng']
const CITIES = ['Berlin', 'Paris', 'London', 'Madrid', 'Zürich', 'Chicago', 'Austin', 'Oslo']
/** Area codes in service, so that every number is valid. */
const AREAS = ['212', '415', '312', '617', '206', '512', '303', '404']

/** Written the ways that CRMs write them: half in E.164, the others national with and without punctuation. */
const phoneOf = (row: number): string => {
  const area = AREAS[row % AREAS.length]!
  const number = String(2_000_000 + ((row * 7919) % 7_999_999)).padStart(7, '0')
  const [exchange, line] = [number.slice(0, 3), number.slice(3)]
  switch (row % 8) {
    case 0:
      return `(${area}) ${exchange}-${line}`
    case 1:
      return `${area}-${exchange}-${line}`
    case 2:
      return `${area}${number}`
    case 3:
      return `+44 7400 ${String(row % 1_000_000).padStart(6, '0')}`
    default:
      return `+1${area}${number}`
  }
}

type Names = { first: readonly string[]; last: readonly string[]; cities: readonly string[] }

const LATIN: Names = { first: FIRST, last: LAST, cities: CITIES }
/** Names of two and of three bytes a letter. */
const CYRILLIC: Names = {
  first: ['Анна', 'Борис', 'Дмитрий', 'Елена', 'Ольга'],
  last: ['Иванова', 'Петров', 'Смирнова', 'Кузнецов'],
  cities: ['Москва', 'Київ', 'София', 'Београд'],
}
const CJK: Names = {
  first: ['太郎', '花子', '美咲', '伟', '芳'],
  last: ['佐藤', '鈴木', '高橋', '王', '李'],
  cities: ['東京', '大阪', '北京', '上海'],
}

const cellsOf = (row: number, { first, last, cities }: Names): string[] => [
  `crm-${row}`,
  first[row % first.length]!,
  last[row % last.length]!,
  phoneOf(row),
  `user.${row}@example${row % 50}.com`,
  cities[row % cities.length]!,
]

/** A contact file of so many rows, in memory, so that only the intake is measured. */
const contactFile = (rows: number, names: Names, quote: '' | '"'): Buffer[] => {
  const pieces = [Buffer.from(`${COLUMNS.join(',')}\n`)]
  for (let from = 0; from < rows; from += 1000) {
    let text = ''
    for (let row = from; row < Math.min(rows, from + 1000); row += 1) {
      text += `${quote}${cellsOf(row, names).join(`${quote},${quote}`)}${quote}\n`
    }
    pieces.push(Buffer.from(text))
  }
  return pieces
}

const FILES: Record<string, (rows: number) => Buffer[] | Promise<Buffer[]>> = {
  plain: (rows) => contactFile(rows, LATIN, ''),
  // Numbers in all spellings, 4 % faulty rows, a quarter of the rows with a quoted cell.
  dirty: async (rows) =>
    (await Array.fromAsync(dirtyFile(rows).bytes)).map((piece) => Buffer.from(piece)),
  cyrillic: (rows) => contactFile(rows, CYRILLIC, ''),
  cjk: (rows) => contactFile(rows, CJK, ''),
  quoted: (rows) => contactFile(rows, LATIN, '"'),
}

const specFor = (rows: number): IntakeSpec =>
  specOf({
    columns: COLUMNS.map((name) => ({ name, kind: KINDS[name] ?? 'text', required: false })),
    maxRows: rows,
  })

/** Keeps nothing but what a second pass would read back. */
const createSink = (): ChunkSink => {
  const kept: Buffer[] = []
  return {
    take: async ({ idDigests }) => void kept.push(idDigests),
    idDigests: async function* () {
      yield* kept
    },
  }
}

const LOOP_RESOLUTION_MS = 1

/** Rows per CPU second (user and system, all threads) of one run of the intake over the file, and how late it lets others be. */
const measureIntake = async (pieces: readonly Buffer[], rows: number) => {
  const body = async function* (): AsyncGenerator<Uint8Array> {
    yield* pieces
  }
  const sink = createSink()
  const loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS })
  loop.enable()
  const before = process.cpuUsage()
  const { counts, phones } = await runIntake(body(), specFor(rows), sink)
  const { user, system } = process.cpuUsage(before)
  loop.disable()
  return {
    rowsPerCpuSecond: Math.round(rows / ((user + system) / 1e6)),
    accepted: counts.accepted,
    loopDelayMs: { p50: loop.percentile(50) / 1e6, p99: loop.percentile(99) / 1e6 },
    ...phones,
  }
}

/** Rows per CPU second of the obvious pipeline over the demo's dirty file, in a process of its own. */
const measureObvious = async (): Promise<number> => {
  const directory = await mkdtemp(join(tmpdir(), 'gateway-bench-'))
  try {
    const file = join(directory, 'contacts.csv')
    await writeFile(file, dirtyFile(OBVIOUS_ROWS).bytes)
    const script = join(import.meta.dirname, 'obvious-pipeline.ts')
    const { stdout } = await promisify(execFile)(process.execPath, [script, file])
    const { rows, cpuSeconds } = JSON.parse(stdout) as { rows: number; cpuSeconds: number }
    return Math.round(rows / cpuSeconds)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** The row path alone, without HTTP and database: `--file` one of the files (all by default), `--rows`, `--runs`. */
const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '500000' },
      runs: { type: 'string', default: '3' },
      file: { type: 'string' },
    },
  })
  const rows = Number(values.rows)
  const obvious = await measureObvious()
  console.log(JSON.stringify({ file: 'dirty', obviousPipeline: true, rowsPerCpuSecond: obvious }))
  for (const [file, make] of Object.entries(FILES)) {
    if (values.file !== undefined && values.file !== file) continue
    const pieces = await make(rows)
    for (let run = 0; run < Number(values.runs); run += 1) {
      const figures = await measureIntake(pieces, rows)
      const timesObvious = Number((figures.rowsPerCpuSecond / obvious).toFixed(1))
      console.log(JSON.stringify({ file, ...figures, timesObvious }))
    }
  }
}

await main()
