import { rm } from 'node:fs/promises'
import { join } from 'node:path'

import pg from 'pg'

import type { Edition } from '../../src/domain/do-not-call/registries/registry.ts'
import type { StoreHome } from '../../src/store/homes/open-store.ts'
import type { TestHome } from '../../test/support/databases/database.ts'
import { setStage } from '../../test/support/stages/stage.ts'
import { tidyDatabase } from '../database-figures.ts'
import { submitEntries } from '../entries/entries-bench.ts'
import { type Report, whole } from '../report.ts'
import { bodyOf, type Cost, costOf, forgetPeak, heldQuery, ROOM } from '../upload-bench.ts'
import { writeContacts } from './contacts-among.ts'
import { editionUntil, loadAlone, loadEdition, lookedBack, startUsing } from './load-edition.ts'

/**
 * Targets for the server home with 250 million numbers and a million contacts. In smaller runs, the
 * targets for times and for the size are lower in proportion. The targets for memory stay the same.
 * On the embedded home, the targets for times are three times as high.
 */
const TARGETS = {
  numbers: 250_000_000,
  rows: 1_000_000,
  sizeMB: 300,
  loadSeconds: 120,
  loadMiB: 300,
  lookUpSeconds: 8,
  lookUpMiB: 64,
  compareSeconds: 60,
} as const
const EMBEDDED_SLOWER = 3
const EMBEDDED_NUMBERS = 50_000_000
const MORE = 100_000
const ENV = { LOG_LEVEL: 'info', ...ROOM }
const COUNTRY = 'US'
const DELIVER_WITHIN_MS = 30 * 60_000

const pagesMB = async (home: StoreHome): Promise<number | null> => {
  if (home.kind === 'embedded') return null
  const client = new pg.Client({ connectionString: home.url })
  await client.connect()
  const { rows } = await client.query<{ size: string }>(
    `select pg_total_relation_size('registry_page') as size`,
  )
  await client.end()
  return Number(rows[0]!.size) / 1e6
}

/**
 * The share of the contacts that is delivered. About one contact in eight is in the registry and is
 * not delivered. The bench therefore uploads more contacts than it needs in the register.
 */
const DELIVERED_SHARE = 0.86

const measure = async (home: StoreHome, about: About & { directory: string }) => {
  const { numbers, rows, progress } = about
  const contacts = join(about.directory, 'registry-contacts.csv')
  const registered = join(about.directory, 'registry-delivered.csv')
  const edition = join(about.directory, 'registry-edition.txt')
  await writeContacts(contacts, COUNTRY, numbers, rows)
  const stage = await setStage(home, 'guide')
  try {
    let gateway = await stage.gateway(ENV)
    const receive = async () => {
      const work = () =>
        gateway.client.upload('demo-list-2', bodyOf(contacts), { query: heldQuery() })
      forgetPeak(gateway.pid)
      const { result, cost } = await costOf(gateway, home, work)
      if (result.status !== 202) throw new Error(result.text)
      return { cost, suppressed: result.body.counts.suppressed, peakMiB: gateway.peakMiB() }
    }
    // V8 still compiles the code in the first two runs.
    const receiveThird = async () => {
      await receive()
      await receive()
      return receive()
    }
    const load = (more: number) =>
      loadEdition(gateway, home, { path: edition, country: COUNTRY, numbers, more })
    const compared = async ({ id }: Edition) => {
      forgetPeak(gateway.pid)
      const { cost } = await costOf(gateway, home, () => lookedBack(gateway, id))
      const { added } = await editionUntil(gateway, id, () => true)
      return { added, cost, peakMiB: gateway.peakMiB() }
    }
    const without = await receiveThird()
    await submitEntries(gateway.address, rows)
    await startUsing(gateway, COUNTRY)
    await tidyDatabase(home)
    const loaded = await load(0)
    const sizeMB = await pagesMB(home)
    progress(`${home.kind}, loaded: ${JSON.stringify({ loaded, sizeMB })}`)
    // No contact was delivered yet, so this search finds nothing.
    await compared(loaded.edition)
    const first = await receive()
    const again = await receive()
    // The memory of the look-up is measured in a new process, as it is for `without`. A process
    // that has loaded an edition still holds the memory that the load needed.
    await gateway.stop()
    gateway = await stage.gateway(ENV)
    const restarted = await receiveThird()
    progress(`${home.kind}, looked up: ${JSON.stringify({ without, first, again, restarted })}`)
    await writeContacts(registered, COUNTRY, numbers, Math.ceil(rows / DELIVERED_SHARE))
    const { body } = await gateway.client.upload('demo-list-1', bodyOf(registered), { query: '' })
    const { counts } = await gateway.client.finished(body.id, DELIVER_WITHIN_MS)
    const next = await load(MORE)
    return {
      ...{ kind: home.kind, numbers, rows, without, loaded, sizeMB },
      ...{ first, again, restarted, next, delivered: counts.delivered },
      comparison: await compared(next.edition),
    }
  } finally {
    await stage.close()
    for (const path of [contacts, registered, edition]) await rm(path, { force: true })
  }
}

type Measured = Awaited<ReturnType<typeof measure>> & {
  alone: Awaited<ReturnType<typeof loadAlone>>
}

const bothOf = ({ cpuSeconds, database }: Cost): number => cpuSeconds + (database?.cpuSeconds ?? 0)

const costCells = ({ cost, peakMiB }: { cost: Cost; peakMiB: number }): string[] => [
  cost.wallSeconds.toFixed(1),
  cost.cpuSeconds.toFixed(1),
  cost.database?.cpuSeconds.toFixed(1) ?? '–',
  whole(peakMiB),
]

const judge = (report: Report, run: Measured): void => {
  const share = run.numbers / TARGETS.numbers
  const slower = run.kind === 'embedded' ? EMBEDDED_SLOWER : 1
  const least = (name: string, measured: number, target: number, unit: string) =>
    report.judge({
      figure: `${name}, ${run.kind}`,
      target: `≤ ${target.toFixed(1)} ${unit}`,
      measured: measured.toFixed(1),
      met: measured <= target,
    })
  const numbers = `${whole(run.numbers)} numbers`
  if (run.sizeMB !== null)
    least(`${numbers} in the database`, run.sizeMB, TARGETS.sizeMB * share, 'MB')
  const { loaded, first, restarted, without, comparison } = run
  least(`${numbers} loaded`, loaded.cost.wallSeconds, TARGETS.loadSeconds * share * slower, 's')
  if (run.kind === 'server')
    least('memory while they load', run.alone.peakMiB, TARGETS.loadMiB, 'MiB')
  const over = bothOf(first.cost) - bothOf(without.cost)
  const most = ((TARGETS.lookUpSeconds * run.rows) / TARGETS.rows) * slower
  least(`${whole(run.rows)} contacts looked up, over without`, over, most, 'CPU s')
  least(
    'memory of that, over without',
    restarted.peakMiB - without.peakMiB,
    TARGETS.lookUpMiB,
    'MiB',
  )
  const compare = TARGETS.compareSeconds * share * slower
  least(`a new edition compared and joined`, comparison.cost.wallSeconds, compare, 's')
}

const show = (report: Report, runs: readonly Measured[]): void => {
  report.table(
    ['', 'wall s', 'CPU s', 'of PostgreSQL', 'peak MiB', 'result'],
    runs.flatMap((run) => [
      [
        `${run.kind}, load in a new process`,
        ...costCells(run.alone),
        `${whole(run.alone.edition.numbers)} numbers`,
      ],
      [
        `${run.kind}, load`,
        ...costCells(run.loaded),
        `${whole(run.loaded.edition.numbers)} numbers`,
      ],
      [
        `${run.kind}, upload without`,
        ...costCells(run.without),
        `${whole(run.without.suppressed)} suppressed`,
      ],
      [`${run.kind}, upload`, ...costCells(run.first), `${whole(run.first.suppressed)} suppressed`],
      [
        `${run.kind}, upload again`,
        ...costCells(run.again),
        `${whole(run.again.suppressed)} suppressed`,
      ],
      [
        `${run.kind}, upload, third of a new process`,
        ...costCells(run.restarted),
        `${whole(run.restarted.suppressed)} suppressed`,
      ],
      [
        `${run.kind}, load the next`,
        ...costCells(run.next),
        `${whole(run.next.edition.numbers)} numbers`,
      ],
      [
        `${run.kind}, compare`,
        ...costCells(run.comparison),
        `${whole(run.comparison.added ?? 0)} added, a register of ${whole(run.delivered)}`,
      ],
    ]),
  )
  for (const run of runs) {
    const loads = [run.alone, run.loaded, run.next]
    const averages = loads.map(({ loadAverage }) => loadAverage.toFixed(1)).join(', ')
    report.say(
      `The load average of ${run.kind} was ${averages} when the three editions began to load.`,
    )
    const held = loads.map(({ heldMiB }) => whole(heldMiB)).join(', ')
    report.say(`The process held ${held} MiB before.`)
    report.say()
    judge(report, run)
  }
}

type About = { rows: number; numbers: number; progress: (line: string) => void }

/**
 * Measures a national registry. First, loads an edition: in a new process, and in a process that
 * has worked before. Then checks contacts at intake against this edition and against the tenant's
 * entries, one entry for each contact. Last, loads a second edition, compares it with the first
 * edition, and searches the register for the added numbers.
 */
export const benchRegistries = async (
  report: Report,
  homes: readonly TestHome[],
  about: About & { directory: string },
): Promise<void> => {
  report.heading('Do-not-call: a national registry')
  const runs: Measured[] = []
  for (const home of homes) {
    const numbers =
      home.kind === 'embedded' ? Math.min(EMBEDDED_NUMBERS, about.numbers) : about.numbers
    const path = join(about.directory, 'registry-alone.txt')
    const alone = await loadAlone(await home.fresh(), { path, country: COUNTRY, numbers })
    about.progress(`${home.kind}, loaded in a new process: ${JSON.stringify(alone)}`)
    const run = { ...(await measure(await home.fresh(), { ...about, numbers })), alone }
    about.progress(JSON.stringify(run))
    runs.push(run)
  }
  show(report, runs)
}
