import { setTimeout as delay } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'

import type { StoreHome } from '../../src/store/homes/open-store.ts'
import type { TestHome } from '../../test/support/databases/database.ts'
import { metricOf } from '../../test/support/gateway/gateway-process.ts'
import { type RunningGateway, setStage } from '../../test/support/stages/stage.ts'
import { percent, type Report, whole } from '../report.ts'
import { LIST } from '../upload-bench.ts'
import { fillUploads } from './million-uploads.ts'
import { openPages } from './open-pages.ts'
import { type ConsoleVisitor, signedIn } from './visitor.ts'

const ENV = { KEY_REQUESTS_PER_MINUTE: '600000' }
const LOADS = 40
const PAGES = 100
const TARGET = { p95Ms: 100, bytes: 60_000, share: 0.05 }

type Times = { page: string; p50Ms: number; p95Ms: number; bytes: number }
export type ConsoleFigures = {
  home: StoreHome['kind']
  uploads: number
  times: Times[]
  /** Of the heaviest page, with all that it loads. */
  firstBytes: number
  /**
   * Of a core, over what the gateway takes alone: from the moment they are opened, and after two
   * minutes.
   */
  open: { begin: number; later: number; idle: number; looks: number }
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN

const timesOf = async (
  page: string,
  load: () => Promise<{ text: string; status: number }>,
): Promise<Times> => {
  const took: number[] = []
  let bytes = 0
  for (let n = 0; n < LOADS; n += 1) {
    const startedAt = performance.now()
    const { text, status } = await load()
    took.push(performance.now() - startedAt)
    if (status !== 200)
      throw new Error(`${page}: ${status} ${text.replaceAll(/<[^>]*>|\s+/gu, ' ')}`)
    bytes = gzipSync(text).byteLength
  }
  const sorted = took.toSorted((a, b) => a - b)
  return { page, p50Ms: quantile(sorted, 0.5), p95Ms: quantile(sorted, 0.95), bytes }
}

const assetBytes = async (address: string, text: string): Promise<number> => {
  let bytes = 0
  for (const [, url] of text.matchAll(/(?:src|href)="(\/console\/assets\/[^"]+)"/gu)) {
    const answer = await fetch(address + url!)
    bytes += gzipSync(Buffer.from(await answer.arrayBuffer())).byteLength
  }
  return bytes
}

const day = (daysAgo: number): string =>
  new Date(Date.now() - daysAgo * 86_400_000).toISOString().slice(0, 10)

/** Pages that people open, and what they narrow them by: also what hardly anything fits. */
const loads = (
  visitor: ConsoleVisitor,
  real: { id: string; sha256: string; state: string },
): [string, () => Promise<{ text: string; status: number }>][] => {
  const get = (path: string) => () => visitor.get(`/console${path}`)
  const middle = `upl_${(4_000).toString(16).padStart(32, '0')}`
  return [
    ['overview', get('')],
    ['uploads', get('/uploads')],
    ['uploads of the most frequent state', get(`/uploads?state=${real.state}`)],
    ['uploads, failed (none)', get('/uploads?state=failed')],
    ['uploads, held', get('/uploads?state=held')],
    ['uploads of a list', get('/uploads?list=bench-list-7')],
    ['uploads of a day', get(`/uploads?from=${day(20)}&to=${day(20)}`)],
    ['uploads, failed, of a day', get(`/uploads?state=failed&from=${day(20)}&to=${day(20)}`)],
    ['uploads of a file', get(`/uploads?sha256=${real.sha256}`)],
    [
      'search by file name',
      () => visitor.post('/console/uploads/search', { text: 'bench-small.csv' }),
    ],
    ['search by contact id', () => visitor.post('/console/uploads/search', { text: 'con-1' })],
    ['an upload, old', get(`/uploads/${middle}`)],
    ['an upload, new', get(`/uploads/${real.id}`)],
    ['its live part', get(`/uploads/${real.id}/live?look=3&seen=1`)],
    ['rows', get(`/uploads/${real.id}/rows`)],
    [
      'explain a contact',
      () => visitor.post('/console/people/explain', { list: LIST, contactId: 'con-1' }),
    ],
    ['audit', get('/audit')],
    ['audit of an upload', get(`/audit?object=${middle}`)],
    ['audit of a day', get(`/audit?from=${day(20)}&to=${day(20)}`)],
    ['do not call', get('/do-not-call')],
    ['keys', get('/access')],
    ['endpoints', get('/endpoints')],
    ['segments', get('/segments')],
    ['guest files', get('/guest-files')],
    ['limits', get('/limits')],
  ]
}

const cpuSeconds = async (gateway: RunningGateway): Promise<number> =>
  metricOf((await gateway.client.call('/metrics')).text, 'process_cpu_seconds_total')

/** Of a core, for so long. */
const shareOf = async (gateway: RunningGateway, seconds: number): Promise<number> => {
  const before = await cpuSeconds(gateway)
  const startedAt = performance.now()
  await delay(seconds * 1_000)
  return ((await cpuSeconds(gateway)) - before) / ((performance.now() - startedAt) / 1_000)
}

const measureOpen = async (
  gateway: RunningGateway,
  visitor: ConsoleVisitor,
  paths: readonly string[],
  seconds: number,
): Promise<ConsoleFigures['open']> => {
  await delay(3_000)
  const idle = await shareOf(gateway, seconds)
  const end = new AbortController()
  const opened = openPages(visitor, paths, end.signal)
  const begin = await shareOf(gateway, 2 * seconds)
  await delay(2 * seconds * 1_000)
  const later = await shareOf(gateway, 2 * seconds)
  end.abort()
  return { idle, begin: begin - idle, later: later - idle, looks: await opened }
}

const contacts = (): string =>
  [
    'customerId,firstName,lastName,phoneNumber,email,city',
    ...Array.from({ length: 500 }, (_, at) => `con-${at},Ada,Lo,+1212555${1_000 + at},,Bonn`),
    ...Array.from({ length: 20 }, (_, at) => `con-x${at},Ada,Lo,12,,Bonn`),
  ].join('\n')

const measureConsole = async (
  home: StoreHome & { kind: 'server' },
  { uploads, seconds }: { uploads: number; seconds: number },
): Promise<ConsoleFigures> => {
  const stage = await setStage(home, 'guide')
  try {
    const first = await stage.gateway(ENV)
    const query = 'fileName=bench-small.csv'
    const sent = await first.client.upload(LIST, contacts(), { query })
    const real = await first.client.finished(sent.body.id)
    await first.stop()
    await fillUploads(home.url, { like: real.id, uploads })
    const gateway = await stage.gateway(ENV)
    const plan = `${query}&apply=manual`
    const waiting = await gateway.client.upload(LIST, contacts(), { query: plan })
    const visitor = await signedIn(gateway.address)
    const times: Times[] = []
    let firstBytes = 0
    for (const [page, load] of loads(visitor, {
      ...{ id: real.id, state: real.state },
      sha256: real.source.sha256,
    })) {
      const { text } = await load()
      const measured = await timesOf(page, load)
      times.push(measured)
      firstBytes = Math.max(firstBytes, measured.bytes + (await assetBytes(gateway.address, text)))
    }
    const tabs = Array.from({ length: PAGES }, (_, at) =>
      at % 2 === 0 ? '/console' : `/console/uploads/${waiting.body.id}`,
    )
    const open = await measureOpen(gateway, visitor, tabs, seconds)
    return { home: home.kind, uploads, times, firstBytes, open }
  } finally {
    await stage.close()
  }
}

const show = (report: Report, { home, uploads, times, firstBytes, open }: ConsoleFigures): void => {
  report.heading(`The console, ${whole(uploads)} uploads, ${home}`)
  report.table(
    ['page', 'p50 ms', 'p95 ms', 'bytes, gzip'],
    times.map(({ page, p50Ms, p95Ms, bytes }) => [
      page,
      p50Ms.toFixed(1),
      p95Ms.toFixed(1),
      whole(bytes),
    ]),
  )
  report.say(
    `${PAGES} open pages, half of them the overview, half an upload that waits: ${percent(open.begin)} of a core when they have just been opened, ` +
      `${percent(open.later)} later, over ${percent(open.idle)} of the gateway alone; ${whole(open.looks)} looks.`,
  )
  report.say()
  const slowest = times.toSorted((a, b) => b.p95Ms - a.p95Ms)[0]!
  report.judge({
    figure: `slowest page of the console, p95 (${slowest.page}), ${whole(uploads)} uploads, ${home}`,
    target: `≤ ${TARGET.p95Ms} ms`,
    measured: `${whole(slowest.p95Ms)} ms`,
    met: slowest.p95Ms <= TARGET.p95Ms,
  })
  report.judge({
    figure: 'first load of the heaviest page, gzip',
    target: `≤ ${whole(TARGET.bytes)} bytes`,
    measured: whole(firstBytes),
    met: firstBytes <= TARGET.bytes,
  })
  for (const [when, share] of [
    ['just opened', open.begin],
    ['later', open.later],
  ] as const) {
    report.judge({
      figure: `${PAGES} open pages, ${when}, ${home}`,
      target: `< ${percent(TARGET.share)} of a core`,
      measured: percent(share),
      met: share < TARGET.share,
    })
  }
}

/**
 * How fast pages are with a full store, what they weigh, and what open ones cost. On a server: the
 * store of a year does not fit the embedded home's uses.
 */
export const benchConsole = async (
  report: Report,
  places: readonly TestHome[],
  about: { uploads: number; quick: boolean },
): Promise<void> => {
  for (const place of places) {
    const home = place.kind === 'server' ? await place.fresh() : null
    if (home?.kind !== 'server') continue
    const seconds = about.quick ? 5 : 30
    show(report, await measureConsole(home, { uploads: about.uploads, seconds }))
  }
}
