import { execFile } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseArgs, promisify } from 'node:util'

import { dirtyFile } from '../examples/demo/contacts.ts'
import { openTestHomes } from '../test/support/database.ts'
import { measurePace, type PaceCase, type PaceFigures } from './pace-bench.ts'
import { measureUpload, type UploadFigures } from './upload-bench.ts'

/** The numbers that the design sets targets for, measured in one run on one machine. README.md says how to read them. */
const OBVIOUS_ROWS = 200_000

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    quick: { type: 'boolean', default: false },
  },
})
const rows = values.quick ? Math.min(100_000, Number(values.rows)) : Number(values.rows)
const paceSeconds = values.quick ? 10 : 70

const say = (line = ''): void => console.log(line)
const whole = (value: number): string => Math.round(value).toLocaleString('en-US')
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

const table = (head: readonly string[], lines: readonly (readonly string[])[]): void => {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...lines.map((line) => line[column]?.length ?? 0)),
  )
  const show = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
  say(`  ${show(head)}`)
  say(`  ${widths.map((width) => '-'.repeat(width)).join('  ')}`)
  for (const line of lines) say(`  ${show(line)}`)
  say()
}

const writeFile = async (path: string, count: number): Promise<void> => {
  await pipeline(Readable.from(dirtyFile(count).bytes), createWriteStream(path))
}

const obviousPipeline = async (path: string): Promise<{ rows: number; cpuSeconds: number }> => {
  const script = join(import.meta.dirname, 'obvious-pipeline.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [script, path])
  return JSON.parse(stdout) as { rows: number; cpuSeconds: number }
}

const showUploads = (
  obvious: { rows: number; cpuSeconds: number },
  uploads: readonly UploadFigures[],
): void => {
  const yardstick = obvious.rows / obvious.cpuSeconds
  say('CSV bytes to staged chunks over HTTP, processor time of the gateway process')
  table(
    ['', 'rows', 'CPU s', 'wall s', 'rows / CPU s', 'against obvious'],
    [
      [
        'obvious pipeline',
        whole(obvious.rows),
        obvious.cpuSeconds.toFixed(2),
        '',
        whole(yardstick),
        '1.0 ×',
      ],
      ...uploads.map((figures) => {
        const rate = figures.rows / figures.cpuSeconds
        return [
          `gateway, ${figures.home}`,
          whole(figures.rows),
          figures.cpuSeconds.toFixed(2),
          figures.wallSeconds.toFixed(1),
          whole(rate),
          `${(rate / yardstick).toFixed(1)} ×`,
        ]
      }),
    ],
  )
  say('Resident memory of the gateway process, MiB')
  table(
    ['', 'idle', 'peak receiving', 'over idle', 'peak to the end', 'over idle'],
    uploads.map(({ home, idleMiB, receivingMiB, deliveredMiB }) => [
      `gateway, ${home}`,
      whole(idleMiB),
      whole(receivingMiB),
      whole(receivingMiB - idleMiB),
      deliveredMiB === null ? '-' : whole(deliveredMiB),
      deliveredMiB === null ? '-' : whole(deliveredMiB - idleMiB),
    ]),
  )
}

const FULL = { dialect: 'guide', lists: 5, realShare: 1, latencyMs: 0, instances: 1 } as const

const paceCases = (home: string): PaceCase[] => {
  const seconds = paceSeconds
  const cases: PaceCase[] = [
    { ...FULL, name: `1 instance, ${home}`, seconds },
    { ...FULL, name: `one list, 100 ms, guide, ${home}`, lists: 1, latencyMs: 100, seconds },
    {
      ...FULL,
      name: `one list, 100 ms, platform, ${home}`,
      dialect: 'platform',
      lists: 1,
      latencyMs: 100,
      seconds,
    },
  ]
  if (home !== 'server') return cases
  return [
    ...cases,
    { ...FULL, name: '3 instances, server', instances: 3, seconds },
    {
      ...FULL,
      name: 'half allowed, 3 instances',
      instances: 3,
      realShare: 0.5,
      seconds: 2 * seconds,
    },
  ]
}

const showPace = (runs: readonly PaceFigures[]): void => {
  say('Requests to Genesys while lists are busy')
  table(
    ['', 'seconds', 'sent', 'allowed', 'used', 'most in a minute', '429s', 'batch p50', 'p99 ms'],
    runs.map((run) => [
      run.name,
      run.seconds.toFixed(0),
      whole(run.sent),
      whole(run.allowed),
      percent(run.utilisation),
      whole(run.maxPerMinute),
      whole(run.throttled),
      run.batchMs === null ? '-' : whole(run.batchMs.p50),
      run.batchMs === null ? '-' : whole(run.batchMs.p99),
    ]),
  )
}

const main = async (): Promise<void> => {
  say(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'processor'}\n`)
  const directory = await mkdtemp(join(tmpdir(), 'gateway-bench-'))
  const homes = await openTestHomes()
  const places = [homes.server, homes.embedded].filter((home) => home !== null)
  if (!homes.server) say('No PostgreSQL server can run here: the embedded home only.\n')
  try {
    const [file, small] = [join(directory, 'contacts.csv'), join(directory, 'small.csv')]
    await writeFile(file, rows)
    await writeFile(small, Math.min(rows, OBVIOUS_ROWS))
    const obvious = await obviousPipeline(small)
    const uploads: UploadFigures[] = []
    for (const home of places) {
      uploads.push(await measureUpload(await home.fresh(), file, { deliver: !values.quick }))
    }
    showUploads(obvious, uploads)
    const paces: PaceFigures[] = []
    for (const home of places) {
      for (const about of paceCases(home.kind)) {
        paces.push(await measurePace(await home.fresh(), about))
      }
    }
    showPace(paces)
  } finally {
    await Promise.all(places.map((home) => home.close()))
    await rm(directory, { recursive: true, force: true })
  }
}

await main()
