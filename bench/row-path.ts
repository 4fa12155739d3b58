import { once } from 'node:events'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

import type { ColumnKind } from '../src/domain/contact-list.ts'
import type { ChunkSink, IntakeSpec } from '../src/intake/contract.ts'
import { runIntake } from '../src/intake/run-intake.ts'
import { specOf } from '../test/intake/taken.ts'

const KINDS: Record<string, ColumnKind> = { phoneNumber: 'phone', email: 'email' }
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

const rowOf = (row: number): string => {
  const first = FIRST[row % FIRST.length]!
  const last = LAST[row % LAST.length]!
  return `crm-${row},${first},${last},${phoneOf(row)},user.${row}@example${row % 50}.com,${CITIES[row % CITIES.length]!}\n`
}

/** A contact file of so many rows, in memory, so that only the intake is measured. */
export const contactFile = (rows: number): Buffer[] => {
  const pieces = [Buffer.from(`${COLUMNS.join(',')}\n`)]
  for (let from = 0; from < rows; from += 1000) {
    let text = ''
    for (let row = from; row < Math.min(rows, from + 1000); row += 1) text += rowOf(row)
    pieces.push(Buffer.from(text))
  }
  return pieces
}

const specFor = (rows: number): IntakeSpec =>
  specOf({
    columns: COLUMNS.map((name) => ({ name, kind: KINDS[name] ?? 'text', required: false })),
    maxRows: rows,
  })

const SINK: ChunkSink = {
  take: async () => {},
  idDigests: async function* () {},
}

/** Rows per CPU second (user and system, all threads) of one run of the intake over the file. */
export const measureIntake = async (
  pieces: readonly Buffer[],
  rows: number,
): Promise<{ rowsPerCpuSecond: number; accepted: number; direct: number; library: number }> => {
  const body = async function* (): AsyncGenerator<Uint8Array> {
    yield* pieces
  }
  const before = process.cpuUsage()
  const result = await runIntake(body(), specFor(rows), SINK)
  const { user, system } = process.cpuUsage(before)
  return {
    rowsPerCpuSecond: Math.round(rows / ((user + system) / 1e6)),
    accepted: result.counts.accepted,
    ...result.phones,
  }
}

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '500000' },
      runs: { type: 'string', default: '3' },
    },
  })
  const rows = Number(values.rows)
  const pieces = contactFile(rows)
  for (let run = 0; run < Number(values.runs); run += 1) {
    const line = JSON.stringify(await measureIntake(pieces, rows))
    if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain')
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main()
