import { setTimeout as delay } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'

import type { StoreHome } from '../../src/store/homes/open-store.ts'
import type { TestHome } from '../../test/support/databases/database.ts'
import { metricOf } from '../../test/support/gateway/gateway-process.ts'
import { type RunningGateway, setStage } from '../../test/support/stages/stage.ts'
import { readDatabase } from '../database-figures.ts'
import { percent, type Report, whole } from '../report.ts'
import { LIST } from '../upload-bench.ts'
import { fillUploads } from './million-uploads.ts'
import { openPages } from './open-pages.ts'
import { type ConsoleVisitor, signedIn } from './visitor.ts'

const ENV = { KEY_REQUESTS_PER_MINUTE: '600000' }
const LOADS = 40
const PAGES = 100
const TARGET = { p95Ms: 100, bytes: 60_000, share: 0.05 }

type Times = {
  page: string
  p50Ms: number
  p95Ms: number
  /** Processor time of one load. This time is meaningful even if the machine does other work. */
  gatewayMs: number
  databaseMs: number
  bytes: number
}
export type ConsoleFigures = {
  home: StoreHome['kind']
  uploads: number
  times: Times[]
  /**
   * Bytes (gzip) of the heaviest page, including all files that the page loads on a first visit.
   */
  firstBytes: number
  /**
   * Shares of a processor core. `idle`: what the gateway takes without open pages. `begin` and
   * `later`: what the open pages take in addition, from the moment when they are opened, and after
   * two minutes. `looks`: how many requests the pages sent.
   */
  open: { begin: number; later: number; idle: number; looks: number }
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN

type Measured = { gateway: RunningGateway; home: StoreHome }

const timesOf = async (
  { gateway, home }: Measured,
  page: string,
  load: () => Promise<{ text: string; status: number }>,
): Promise<Times> => {
  const took: number[] = []
  let bytes = 0
  const cpu = async () => [
    await cpuSeconds(gateway),
    (await readDatabase(home))?.cpuSeconds ?? Number.NaN,
  ]
  const [gatewayBefore, databaseBefore] = await cpu()
  for (let n = 0; n < LOADS; n += 1) {
    const startedAt = performance.now()
    const { text, status } = await load()
    took.push(performance.now() - startedAt)
    if (status !== 200)
      throw new Error(`${page}: ${status} ${text.replaceAll(/<[^>]*>|\s+/gu, ' ')}`)
    bytes = gzipSync(text).byteLength
  }
  const [gatewayAfter, databaseAfter] = await cpu()
  const sorted = took.toSorted((a, b) => a - b)
  return {
    ...{ page, p50Ms: quantile(sorted, 0.5), p95Ms: quantile(sorted, 0.95), bytes },
    gatewayMs: ((gatewayAfter! - gatewayBefore!) * 1_000) / LOADS,
    databaseMs: ((databaseAfter! - databaseBefore!) * 1_000) / LOADS,
  }
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

type Shown = { id: string; oldId: string; sha256: string; state: string; tenantId: string }

const person = (visitor: ConsoleVisitor, from: string) => () =>
  visitor.post('/console/people/evidence', { person: '+12125551000', from })

/**
 * Pages that people open, with the filters that they use. Some filters match nothing or almost
 * nothing.
 */
const loads = (
  visitor: ConsoleVisitor,
  real: Shown,
): [string, () => Promise<{ text: string; status: number }>][] => {
  const get = (path: string) => () => visitor.get(`/console${path}`)
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
    ['uploads of a tenant without any', get(`/uploads?tenant=${real.tenantId}`)],
    ['search by contact id', () => visitor.post('/console/uploads/search', { text: 'con-1' })],
    ['an upload, old', get(`/uploads/${real.oldId}`)],
    ['an upload, new', get(`/uploads/${real.id}`)],
    ['its live part', get(`/uploads/${real.id}/live?look=3&seen=1`)],
    ['rows', get(`/uploads/${real.id}/rows`)],
    [
      'explain a contact',
      () => visitor.post('/console/people/explain', { list: LIST, contactId: 'con-1' }),
    ],
    ['evidence of a person, since today', person(visitor, day(0))],
    ['audit', get('/audit')],
    ['audit of an upload', get(`/audit?object=${real.oldId}`)],
    ['audit of a key', get('/audit?actor=key_0198c0de11d27b6f8e3a5c90d4f7a2b6')],
    ['audit, keys revoked (none)', get('/audit?action=key.revoked')],
    ['audit, state changes (few)', get('/audit?action=upload.moved')],
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

/** The gateway's share of a processor core, measured over this many seconds. */
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

/** Loads every page and measures it. */
const measurePages = async (
  measured: Measured,
  visitor: ConsoleVisitor,
  real: Shown,
): Promise<Pick<ConsoleFigures, 'times' | 'firstBytes'>> => {
  const times: Times[] = []
  let firstBytes = 0
  for (const [page, load] of loads(visitor, real)) {
    const { text } = await load()
    const one = await timesOf(measured, page, load)
    times.push(one)
    const withAssets = one.bytes + (await assetBytes(measured.gateway.address, text))
    firstBytes = Math.max(firstBytes, withAssets)
  }
  return { times, firstBytes }
}

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
    const { oldId } = await fillUploads(home.url, { like: real.id, uploads })
    console.error(`  … ${whole(uploads)} uploads are in the store`)
    const gateway = await stage.gateway(ENV)
    const plan = `${query}&apply=manual`
    const waiting = await gateway.client.upload(LIST, contacts(), { query: plan })
    const visitor = await signedIn(gateway.address)
    const { id, state, source } = real
    const tenant = await gateway.client.call<{ id: string }>('/v1/tenants', {
      ...{
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': 'without-any' },
      },
      body: JSON.stringify({ name: 'without-any', grants: { contactLists: [] } }),
    })
    const shown = { id, oldId, state, sha256: source.sha256, tenantId: tenant.body.id }
    const { times, firstBytes } = await measurePages({ gateway, home }, visitor, shown)
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
    ['page', 'p50 ms', 'p95 ms', 'gateway CPU ms', 'database CPU ms', 'bytes, gzip'],
    times.map(({ page, p50Ms, p95Ms, gatewayMs, databaseMs, bytes }) => [
      page,
      p50Ms.toFixed(1),
      p95Ms.toFixed(1),
      gatewayMs.toFixed(1),
      databaseMs.toFixed(1),
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
 * Measures how fast pages are with a full store, how many bytes they have, and what open pages
 * cost. Runs on a server only, because nobody keeps a million uploads in an embedded home.
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
