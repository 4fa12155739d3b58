import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import type { StoreHome } from '../../src/store/homes/open-store.ts'
import type { TestHome } from '../../test/support/databases/database.ts'
import { FILE_COLUMNS, phoneOf } from '../../test/support/stages/contact-file.ts'
import { type RunningGateway, setStage } from '../../test/support/stages/stage.ts'
import { tidyDatabase } from '../database-figures.ts'
import { writeDirtyContacts } from '../files/dirty-contacts.ts'
import { type Report, whole } from '../report.ts'
import { bodyOf, type Cost, costOf, forgetPeak, heldQuery, startWarm } from '../upload-bench.ts'
import { submitEntries } from './entries-bench.ts'

/**
 * The target: how many more CPU seconds the intake of a million contacts may take if the tenant has
 * a million entries. In a smaller run, the target is lower in proportion.
 */
const OVER_SECONDS_A_MILLION = { server: 3, embedded: 9 } as const
const DISPATCH_OVER = 0.03
const SMALL_OVER_MS = 1
const BLOCK_ENTRIES = 4_096
/** One of a hundred entries is about a contact in the file. */
const ONE_IN = 100
const SMALL_UPLOADS = 200
/**
 * The bench delivers a tenth of the contacts: once before there are entries, and once afterwards.
 */
const DELIVERED_SHARE = 10
const POLL_MS = 500
const DELIVER_WITHIN_MS = 10 * 60_000

async function* entriesOfSome(entries: number): AsyncGenerator<Uint8Array> {
  yield Buffer.from('phoneNumber\n')
  for (let from = 0; from < entries; from += BLOCK_ENTRIES) {
    const lines = Array.from({ length: Math.min(BLOCK_ENTRIES, entries - from) }, (_, at) => {
      const n = from + at
      return n % ONE_IN === 0 ? phoneOf(n) : `+1${201 + Math.floor(n / 7e6)}${2e6 + (n % 7e6)}`
    })
    yield Buffer.from(`${lines.join('\n')}\n`)
  }
}

const middleOf = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!

const uploadTo = async (gateway: RunningGateway, list: string, path: string, query: string) => {
  const { status, body, text } = await gateway.client.upload(list, bodyOf(path), { query })
  if (status !== 202) throw new Error(`Answered ${status}: ${text}`)
  return body
}

/** Milliseconds until the 202 of an upload of one contact: the median of many. */
const smallMs = async (gateway: RunningGateway, prefix: string): Promise<number> => {
  const took: number[] = []
  for (let n = 0; n < SMALL_UPLOADS; n += 1) {
    const cells = [`${prefix}-${n}`, 'Anna', 'Smith', phoneOf(40_000_000 + n), '', 'Portland']
    const startedAt = performance.now()
    const csv = `${FILE_COLUMNS.join(',')}\n${cells.join(',')}\n`
    const { status } = await gateway.client.upload('demo-list-5', csv, { query: '' })
    if (status !== 202) throw new Error(`Answered ${status}`)
    took.push(performance.now() - startedAt)
  }
  return middleOf(took)
}

/**
 * Waits until Genesys has accepted the entries, or has refused them because the list does not
 * exist. The cost of sending them must not count in the figures of the uploads.
 */
const sentOn = async ({ client }: RunningGateway, id: string): Promise<void> => {
  for (;;) {
    const { text } = await client.call(`/v1/dnc-submissions/${id}`)
    const { state } = JSON.parse(text) as { state: string }
    if (state !== 'applying') return
    await delay(POLL_MS)
  }
}

/**
 * Waits until the gateway has searched for contacts that were delivered before the entries. That
 * search belongs to the submission, and takes much longer than its 202.
 */
const lookedBack = async ({ client }: RunningGateway, id: string): Promise<void> => {
  for (;;) {
    const { text } = await client.call(`/v1/dnc-submissions/${id}/delivered-before`)
    if ((JSON.parse(text) as { looked: boolean }).looked) return
    await delay(POLL_MS)
  }
}

const cpuOf = ({ cpuSeconds, database }: Cost): number => cpuSeconds + (database?.cpuSeconds ?? 0)

type Files = { large: string; part: string; rows: number }

/** Does not measure the first two runs, in which V8 still compiles the code of a large upload. */
const measure = async (home: StoreHome, { large, part, rows }: Files) => {
  const stage = await setStage(home, 'guide')
  try {
    const gateway = await startWarm(stage)
    const receive = async () => {
      const work = () => uploadTo(gateway, 'demo-list-1', large, heldQuery())
      const { result, cost } = await costOf(gateway, home, work)
      return { cost, suppressed: result.counts.suppressed }
    }
    const deliver = async (list: string): Promise<Cost> => {
      const { id } = await uploadTo(gateway, list, part, '')
      const work = () => gateway.client.finished(id, DELIVER_WITHIN_MS)
      return (await costOf(gateway, home, work)).cost
    }
    await receive()
    await receive()
    const without = await receive()
    await deliver('demo-list-2')
    const sent = await deliver('demo-list-3')
    await smallMs(gateway, 'w')
    const small = await smallMs(gateway, 's')
    const { id } = await submitEntries(gateway.address, rows, entriesOfSome(rows))
    const after = await costOf(gateway, home, async () => {
      await sentOn(gateway, id)
      await lookedBack(gateway, id)
    })
    await tidyDatabase(home)
    forgetPeak(gateway.pid)
    const idleMiB = gateway.residentMiB()
    const first = await receive()
    const again = await receive()
    const overMiB = gateway.peakMiB() - idleMiB
    return {
      ...{ kind: home.kind, without, first, again, overMiB, sent, small },
      lookedBack: { cost: after.cost, suppressed: 0 },
      sentBeside: await deliver('demo-list-4'),
      smallBeside: await smallMs(gateway, 'b'),
    }
  } finally {
    await stage.close()
  }
}

const NAMES = {
  without: 'without',
  lookedBack: 'entries look among delivered',
  first: 'first',
  again: 'again',
} as const

type Measured = Awaited<ReturnType<typeof measure>>

const show = (report: Report, runs: readonly Measured[], rows: number): void => {
  report.table(
    ['', 'suppressed', 'CPU s', 'of PostgreSQL', 'over without, both'],
    runs.flatMap((run) =>
      (['without', 'lookedBack', 'first', 'again'] as const).map((name) => [
        `${run.kind}, ${NAMES[name]}`,
        whole(run[name].suppressed),
        run[name].cost.cpuSeconds.toFixed(2),
        run[name].cost.database?.cpuSeconds.toFixed(2) ?? '-',
        name === 'lookedBack' ? '-' : (cpuOf(run[name].cost) - cpuOf(run.without.cost)).toFixed(2),
      ]),
    ),
  )
  for (const run of runs) {
    const most = (OVER_SECONDS_A_MILLION[run.kind] * rows) / 1e6
    const over = cpuOf(run.first.cost) - cpuOf(run.without.cost)
    const dispatch = cpuOf(run.sentBeside) / cpuOf(run.sent) - 1
    const smallOver = run.smallBeside - run.small
    report.judge({
      figure: `${whole(rows)} contacts looked up among as many entries, ${run.kind}`,
      target: `≤ ${most.toFixed(1)} CPU s more`,
      measured: over.toFixed(2),
      met: over <= most,
    })
    report.judge({
      figure: `delivering beside entries, ${run.kind}`,
      target: '≤ 3 % more CPU',
      measured: `${(dispatch * 100).toFixed(1)} %`,
      met: dispatch <= DISPATCH_OVER,
    })
    report.judge({
      figure: `an upload of one contact beside entries, ${run.kind}`,
      target: `≤ ${SMALL_OVER_MS} ms more`,
      measured: `${smallOver.toFixed(2)} ms (of ${run.small.toFixed(1)})`,
      met: smallOver <= SMALL_OVER_MS,
    })
  }
}

/**
 * Measures what it costs to check contacts against entries: in the first upload after the entries,
 * in the next upload, during delivery, and in uploads of one contact.
 */
export const benchSuppression = async (
  report: Report,
  homes: readonly TestHome[],
  about: { directory: string; rows: number },
): Promise<void> => {
  report.heading('Do-not-call: contacts looked up')
  const { directory, rows } = about
  const [large, part] = ['large', 'part'].map((name) => join(directory, `looked-up-${name}.csv`))
  await writeDirtyContacts(large!, rows)
  await writeDirtyContacts(part!, Math.ceil(rows / DELIVERED_SHARE))
  const runs: Measured[] = []
  for (const home of homes) {
    runs.push(await measure(await home.fresh(), { large: large!, part: part!, rows }))
  }
  await Promise.all([large!, part!].map((path) => rm(path)))
  show(report, runs, rows)
}
