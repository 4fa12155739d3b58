import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { cpus, loadavg, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { embeddedHome, serverHome, type TestHome } from '../test/support/databases/database.ts'
import { benchConsole } from './console/console-bench.ts'
import { writeContactFile } from './contact-files.ts'
import { benchEntries } from './entries/entries-bench.ts'
import { benchOptOuts, benchPulls } from './entries/opt-outs-bench.ts'
import { benchSuppression } from './entries/suppression-bench.ts'
import { benchFiles } from './files/run-files.ts'
import { benchGuestFiles } from './guest-files-bench.ts'
import { type LanesFigures, measureLanes } from './lanes-bench.ts'
import { type LatencyFigures, measureLatency } from './latency-bench.ts'
import { measureChild } from './measured-child.ts'
import { measurePace, type PaceCase, type PaceFigures } from './pace-bench.ts'
import { benchRegistries } from './registries/registries-bench.ts'
import { createReport, percent, type Report, whole } from './report.ts'
import { benchSegments } from './segments-bench.ts'
import { measureCommits, measureSmall, type SmallFigures } from './small/small-bench.ts'
import { showSmall, smallCases } from './small/small-tables.ts'
import { measureUpload, type UploadFigures } from './upload-bench.ts'
import {
  judgePace,
  type Reading,
  showDatabase,
  showLanes,
  showLatency,
  showReading,
  showSizes,
} from './upload-tables.ts'

/**
 * Measures the numbers that have targets in the design, in one run on one machine (see README.md).
 */
const PARSERS = ['csv-parse', 'papaparse', 'fast-csv'] as const
const PARTS = [
  'reading',
  'latency',
  'lanes',
  'small',
  'pace',
  'segments',
  'entries',
  'suppression',
  'opt-outs',
  'pulls',
  'registries',
  'files',
  'guest-files',
  'console',
] as const
type Part = (typeof PARTS)[number]

const { values } = parseArgs({
  options: {
    /**
     * Rows of a file. Default: 1,000,000 (part `files`: 300,000). In the part `reading`, the
     * gateway also reads files with a quarter and with half of these rows.
     */
    rows: { type: 'string' },
    /** Rows of the largest file, which only the gateway reads. 0: there is no such file. */
    large: { type: 'string', default: '10000000' },
    /** Numbers of the part `registries`. On the embedded home at most 50,000,000. */
    numbers: { type: 'string', default: '250000000' },
    /** Files of the part `guest-files`, 10 MB each. On the embedded home at most 20. */
    files: { type: 'string', default: '200' },
    /** Uploads in the store of the part `console`. */
    uploads: { type: 'string', default: '1000000' },
    only: { type: 'string', multiple: true },
    /** In the part `small`, runs only the cases whose name contains this text. */
    case: { type: 'string', multiple: true },
    /** Runs on this home only. */
    home: { type: 'string' },
    quick: { type: 'boolean', default: false },
    save: { type: 'boolean', default: false },
  },
})
const quick = values.quick
const rowsOr = (usual: number): number =>
  Math.min(quick ? 50_000 : Infinity, Number(values.rows ?? usual))
const rows = rowsOr(1_000_000)
const large = quick ? 0 : Number(values.large)
const wanted = (part: Part): boolean => values.only?.includes(part) ?? true
const streamingSeconds = quick ? 4 : 30
const paceSeconds = 70

const version = async (): Promise<string> => {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

const commit = (): string => {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { stdio: 'pipe' })
      .toString()
      .trim()
  } catch {
    return 'unknown'
  }
}

const showMachine = async (report: Report): Promise<void> => {
  const processors = cpus()
  report.say(`# Bench of ${await version()}`)
  report.say()
  report.say(
    `${new Date().toISOString().slice(0, 16)}Z, commit ${commit()}, Node ${process.version}, ${processors.length} × ${processors[0]?.model ?? 'processor'}, ` +
      `${Math.round(totalmem() / 2 ** 30)} GiB, load at the start ${loadavg()[0]?.toFixed(1)}${quick ? ', --quick' : ''}`,
  )
  report.say()
}

/**
 * Long parts print their figures as soon as they have them. The report has only figures of complete
 * parts.
 */
const progress = (line: string): void => console.error(`  … ${line}`)

const sizesOf = (): number[] => [rows / 4, rows / 2, rows, ...(large > 0 ? [large] : [])]

const benchReading = async (
  report: Report,
  places: readonly TestHome[],
  fileOf: (rows: number) => Promise<string>,
): Promise<void> => {
  const file = await fileOf(rows)
  const yardsticks: Reading[] = [
    { name: 'obvious', figures: await measureChild('obvious-pipeline.ts', file) },
  ]
  for (const name of PARSERS) {
    yardsticks.push({ name, figures: await measureChild('parser-alone.ts', name, file) })
  }
  const uploads: UploadFigures[] = []
  for (const home of places) {
    for (const size of quick ? [rows] : sizesOf()) {
      const deliver = size === rows && !quick
      const options = { deliver, again: size === rows }
      const figures = await measureUpload(await home.fresh(), await fileOf(size), options)
      uploads.push(figures)
      progress(`${home.kind}, ${whole(size)} rows: ${JSON.stringify(figures)}`)
    }
  }
  // Finds the uploads of the file by their position. `rows` of an upload does not count blank
  // records, and therefore differs from the size.
  const sizes = quick ? [rows] : sizesOf()
  const ofFile = uploads.filter((_, at) => sizes[at % sizes.length] === rows)
  showReading(report, yardsticks, ofFile)
  showSizes(report, uploads)
  showDatabase(report, ofFile)
}

const FULL = { dialect: 'guide', lists: 5, realShare: 1, latencyMs: 0, instances: 1 } as const

const paceCases = (home: string): (PaceCase & { judged: boolean })[] => {
  const seconds = paceSeconds
  const cases = [
    { ...FULL, name: `1 instance, ${home}`, seconds, judged: true },
    {
      ...FULL,
      name: `one list, 100 ms, guide, ${home}`,
      lists: 1,
      latencyMs: 100,
      seconds,
      judged: false,
    },
    {
      ...FULL,
      name: `one list, 100 ms, platform, ${home}`,
      dialect: 'platform' as const,
      lists: 1,
      latencyMs: 100,
      seconds,
      judged: false,
    },
  ]
  if (home !== 'server') return cases
  return [
    ...cases,
    { ...FULL, name: '3 instances, server', instances: 3, seconds, judged: true },
    {
      ...FULL,
      name: 'half allowed, 3 instances',
      instances: 3,
      realShare: 0.5,
      seconds: 2 * seconds,
      judged: false,
    },
  ]
}

const showPace = (report: Report, runs: readonly PaceFigures[]): void => {
  report.heading('Requests to Genesys while lists are busy')
  report.table(
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

const benchPace = async (report: Report, places: readonly TestHome[]): Promise<void> => {
  const runs: PaceFigures[] = []
  for (const home of places) {
    const cases = paceCases(home.kind)
    // Shorter runs say little, because in the first minute the sliding window is still being
    // filled.
    for (const about of quick ? cases.slice(0, 1).map((one) => ({ ...one, seconds: 8 })) : cases) {
      const figures = await measurePace(await home.fresh(), about)
      runs.push(figures)
      progress(JSON.stringify(figures))
      if (about.judged) judgePace(report, figures)
    }
  }
  showPace(report, runs)
}

const benchLatency = async (
  report: Report,
  places: readonly TestHome[],
  fileOf: (rows: number) => Promise<string>,
): Promise<void> => {
  const runs: LatencyFigures[] = []
  const file = await fileOf(Math.max(rows, large))
  for (const home of places) {
    runs.push(await measureLatency(await home.fresh(), file, streamingSeconds))
  }
  showLatency(report, runs)
}

const benchLanes = async (report: Report, places: readonly TestHome[]): Promise<void> => {
  const runs: LanesFigures[] = []
  for (const home of places) {
    for (const instances of home.kind === 'server' ? [1, 3] : [1]) {
      runs.push(await measureLanes(await home.fresh(), { instances, lists: 300 }))
    }
  }
  showLanes(report, runs)
}

const benchSmall = async (report: Report, places: readonly TestHome[]): Promise<void> => {
  const commits = measureCommits()
  const runs: SmallFigures[] = []
  for (const home of places) {
    for (const about of smallCases(home.kind, quick)) {
      if (values.case && !values.case.some((part) => about.name.includes(part))) continue
      const figures = await measureSmall(await home.fresh(), about)
      runs.push(figures)
      progress(JSON.stringify({ ...figures, about: about.name }))
    }
  }
  showSmall(report, runs, commits)
}

const save = async (report: Report): Promise<void> => {
  const directory = new URL('history/', import.meta.url)
  await mkdir(directory, { recursive: true })
  const parts = values.only === undefined ? '' : `-${values.only.join('-')}`
  await writeFile(new URL(`${await version()}${parts}.md`, directory), report.text())
}

const main = async (): Promise<void> => {
  const report = createReport((line) => console.log(line))
  await showMachine(report)
  const directory = await mkdtemp(join(tmpdir(), 'gateway-bench-'))
  const runnable = [serverHome({ durable: true }), embeddedHome()].filter(
    ({ skip }) => skip === false,
  )
  if (runnable.length === 1)
    report.say('No PostgreSQL server can run here: the embedded home only.\n')
  const places = runnable.filter(({ kind }) => (values.home ?? kind) === kind)
  const files = new Map<number, string>()
  const fileOf = async (count: number): Promise<string> => {
    const path = files.get(count) ?? join(directory, `${count}.csv`)
    if (!files.has(count)) await writeContactFile(path, count)
    files.set(count, path)
    return path
  }
  try {
    if (wanted('reading')) await benchReading(report, places, fileOf)
    if (wanted('latency')) await benchLatency(report, places, fileOf)
    if (wanted('lanes') && !quick) await benchLanes(report, places)
    if (wanted('small')) await benchSmall(report, places)
    if (wanted('pace')) await benchPace(report, places)
    if (wanted('files')) await benchFiles(report, places, { directory, rows: rowsOr(300_000) })
    if (wanted('segments')) await benchSegments(report, places, quick)
    if (wanted('entries')) await benchEntries(report, places, rows)
    if (wanted('suppression')) await benchSuppression(report, places, { directory, rows })
    if (wanted('opt-outs')) await benchOptOuts(report, places, { directory, rows, quick })
    if (wanted('pulls')) await benchPulls(report, places, rows)
    if (wanted('registries')) {
      const numbers = quick ? 500_000 : Number(values.numbers)
      await benchRegistries(report, places, { directory, rows, numbers, progress })
    }
    if (wanted('guest-files'))
      await benchGuestFiles(report, places, quick ? 20 : Number(values.files))
    if (wanted('console')) {
      await benchConsole(report, places, {
        uploads: quick ? 20_000 : Number(values.uploads),
        quick,
      })
    }
    report.heading('Targets')
    report.showVerdicts()
    if (values.save) await save(report)
  } finally {
    await Promise.all(places.map((home) => home.close()))
    await rm(directory, { recursive: true, force: true })
  }
}

await main()
