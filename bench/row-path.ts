import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { parseArgs, promisify } from 'node:util'

import { dirtyFile } from '../examples/demo/contacts.ts'
import type { ColumnKind } from '../src/domain/contact-lists/contact-list.ts'
import type { IntakeSpec } from '../src/intake/contract.ts'
import { runIntake } from '../src/intake/run-intake.ts'
import { createDigestSink } from '../src/intake/warm-up.ts'
import { specOf } from '../test/intake/taken.ts'
import { ROW_COLUMNS, ROW_FILES } from './row-files.ts'

const KINDS: Record<string, ColumnKind> = { phoneNumber: 'phone', email: 'email' }
const OBVIOUS_ROWS = 100_000
const specFor = (rows: number): IntakeSpec =>
  specOf({
    columns: ROW_COLUMNS.map((name) => ({ name, kind: KINDS[name] ?? 'text', required: false })),
    maxRows: rows,
  })

const LOOP_RESOLUTION_MS = 1

/**
 * Measures one run of the intake over the file. Returns the rows per CPU second (user and system,
 * all threads), and how long the intake delays other work.
 */
const measureIntake = async (pieces: readonly Buffer[], rows: number) => {
  const body = async function* (): AsyncGenerator<Uint8Array> {
    yield* pieces
  }
  const sink = createDigestSink()
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

/**
 * Rows per CPU second of the obvious pipeline over the demo's dirty file, in a separate process.
 */
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

/**
 * Measures the row path alone, without HTTP and database. `--file`: one of the files (default:
 * all). Also takes `--rows` and `--runs`.
 */
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
  for (const [file, make] of Object.entries(ROW_FILES)) {
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
