import type { StoreHome } from '../../src/store/homes/open-store.ts'
import { type Report, whole } from '../report.ts'
import type { Cost, Percentiles, SmallCase, SmallFigures } from './small-bench.ts'

const UNPACED = 1_000_000
const BASE = {
  way: 'gateway',
  dialect: 'platform',
  perMinute: 300,
  lists: 1,
  aSecond: null,
  seconds: 20,
  lines: 32,
  receivingAlone: false,
} as const

/**
 * The share of the target rates that each home must reach: the full rates on a server, a third of
 * them on the embedded home. The embedded home may also take three times the processor time in the
 * gateway, time to Genesys and calls per contact (issue "One contact at a time").
 */
const SHARE = { server: 1, embedded: 1 / 3 } as const

export const smallCases = (home: StoreHome['kind'], quick: boolean): SmallCase[] => {
  const pace = Math.round(300 * SHARE[home])
  const seconds = quick ? 5 : 20
  const paced = { ...BASE, aSecond: pace, seconds }
  const cases: SmallCase[] = [
    { ...BASE, name: 'receiving alone', seconds, receivingAlone: true },
    { ...paced, name: `one list, ${pace} a second` },
    { ...paced, name: `100 lists, ${pace} a second`, lists: 100, seconds: 2 * seconds },
    { ...BASE, name: 'idle, three a second', aSecond: 3, seconds: 2 * seconds, lines: 4 },
    { ...paced, name: `guide, one list, ${pace} a second`, dialect: 'guide', perMinute: 900 },
    { ...BASE, name: 'one list, no pace', perMinute: UNPACED, seconds },
    { ...BASE, name: '100 lists, no pace', perMinute: UNPACED, lists: 100, seconds },
  ]
  if (home === 'embedded') return cases.slice(0, 4)
  const obvious = { ...BASE, way: 'obvious' as const, perMinute: UNPACED, seconds }
  return [...cases, { ...obvious, name: 'the obvious way, no pace' }]
}

const ms = (value: number): string => (Number.isNaN(value) ? '-' : value.toFixed(2))
const both = ({ p50, p99 }: Percentiles): string => `${whole(p50)} / ${whole(p99)}`
const parts = (cost: Cost): string[] => [ms(cost.gateway), ms(cost.database)]

const callsText = ({ calls }: SmallFigures): string =>
  Object.entries(calls)
    .toSorted(([, one], [, other]) => other - one)
    .map(([operation, count]) => `${operation} ${count}`)
    .join(', ')

export const showSmall = (
  report: Report,
  runs: readonly SmallFigures[],
  commits: Percentiles,
): void => {
  report.heading('One contact at a time')
  report.say(
    `A page is on the disk for good after ${commits.p50.toFixed(1)} ms (p99 ${commits.p99.toFixed(1)}): no commit is faster.`,
  )
  report.say()
  report.table(
    [
      '',
      'uploads',
      'unheard',
      'accepted / s',
      'delivered / s',
      'last after ms',
      'calls a contact',
      'calls',
    ],
    runs.map((run) => [
      `${run.about.name}, ${run.home}`,
      whole(run.uploads),
      whole(run.unheard),
      whole(run.acceptedASecond),
      whole(run.deliveredASecond),
      whole(run.lastMs),
      run.callsAContact.toFixed(3),
      callsText(run),
    ]),
  )
  report.say('Milliseconds of processor time an upload, and p50 / p99 of waiting times in ms:')
  report.say()
  report.table(
    [
      ...['', 'gateway to 202', 'database', 'gateway to webhook', 'database', 'sandbox', 'sender'],
      ...['to 202', 'to Genesys', 'to the CRM'],
    ],
    runs.map((run) => [
      `${run.about.name}, ${run.home}`,
      ...parts(run.toAnswered),
      ...parts(run.toHeard),
      ms(run.toHeard.sandbox),
      ms(run.toHeard.sender),
      both(run.answerMs),
      both(run.genesysMs),
      both(run.crmMs),
    ]),
  )
  for (const run of runs) judge(report, run)
}

const SLOT_MS = 60_000 / 300

const judge = (report: Report, run: SmallFigures): void => {
  const { about, home } = run
  const share = SHARE[home]
  const atLeast = (figure: string, least: number, measured: number): void =>
    report.judge({
      figure: `${figure}, ${about.name}, ${home}`,
      target: `≥ ${whole(least)}`,
      measured: whole(measured),
      met: measured >= least,
    })
  const atMost = (figure: string, most: number, measured: number, unit: string): void => {
    if (Number.isNaN(measured)) return
    const digits = most < 10 ? 2 : 0
    report.judge({
      figure: `${figure}, ${about.name}, ${home}`,
      target: `≤ ${most.toFixed(digits)}${unit}`,
      measured: `${measured.toFixed(digits)}${unit}`,
      met: measured <= most,
    })
  }
  if (about.way === 'obvious') return
  if (about.receivingAlone) {
    atLeast('accepted a second', 500 * share, run.acceptedASecond)
    atMost('gateway CPU to the 202', 1.5 / share, run.toAnswered.gateway, ' ms')
    atMost('gateway CPU to the webhook', 3 / share, run.toHeard.gateway, ' ms')
    atMost('database CPU to the webhook', 1, run.toHeard.database, ' ms')
  }
  if (about.perMinute === 300 && about.aSecond === Math.round(300 * share)) {
    const one = about.lists === 1
    atMost('uploads without a webhook', 0, run.unheard, '')
    atMost('last contact after the last 202', one ? 10_000 : 60_000, run.lastMs, ' ms')
    atMost('calls a contact', 1 / (one ? 50 : 30) / share, run.callsAContact, '')
    if (one) {
      atLeast('delivered a second', 0.95 * 300 * share, run.deliveredASecond)
      atMost('gateway CPU to the webhook', 3 / share, run.toHeard.gateway, ' ms')
      atMost('database CPU to the webhook', 1, run.toHeard.database, ' ms')
    }
  }
  if (about.lines === 4) {
    atMost('POST to Genesys p50', 60 / share, run.genesysMs.p50, ' ms')
    atMost('POST to Genesys p99', 200 / share + SLOT_MS, run.genesysMs.p99, ' ms')
  }
}
