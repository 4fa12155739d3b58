import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { StoreHome } from '../../src/store/homes/open-store.ts'
import type { Dialect } from '../../test/support/stages/stage.ts'
import { type Posted, postStream, type Stream } from './post-stream.ts'
import { LISTS, type Reading, setSmallStage, type SmallStage } from './small-stage.ts'

/** One way in which single contacts arrive. */
export type SmallCase = {
  name: string
  way: 'gateway' | 'obvious'
  dialect: Dialect
  /** Calls a minute to Genesys. 1,000,000: without a pace. */
  perMinute: number
  lists: number
  /** null: as fast as the connections get answers. */
  aSecond: number | null
  seconds: number
  lines: number
  /**
   * true: Genesys answers calls that carry contacts only after the sender has ended. The case then
   * measures receiving alone.
   */
  receivingAlone: boolean
}

export type Percentiles = { p50: number; p99: number }

export type SmallFigures = {
  about: SmallCase
  home: StoreHome['kind']
  uploads: number
  /** Uploads whose end was not yet reported to the CRM when the bench stopped waiting. */
  unheard: number
  acceptedASecond: number
  /** Contacts a second, from the first POST to the last contact in Genesys. */
  deliveredASecond: number
  /** The time from the last 202 to the last contact in Genesys. */
  lastMs: number
  callsAContact: number
  /** Calls to Genesys until the end of the wait for the CRM, by operation. */
  calls: Record<string, number>
  /** The cost of an upload: up to the last 202, and up to the last webhook. */
  toAnswered: Cost
  toHeard: Cost
  answerMs: Percentiles
  genesysMs: Percentiles
  crmMs: Percentiles
}

/** Milliseconds of processor time for each upload. */
export type Cost = Record<'gateway' | 'database' | 'sandbox' | 'sender', number>

const WARM_UP = { seconds: 4, aSecond: 150 } as const
const HEARD_WITHIN_MS = 120_000
const WARM_WITHIN_MS = 30_000
/** Longer than the sender runs, and shorter than the gateway waits for an answer. */
const HELD_BACK_MS = 26_000

const costOf = (before: Reading, after: Reading, uploads: number): Cost => ({
  gateway: (after.gatewayCpuMs - before.gatewayCpuMs) / uploads,
  database: ((after.databaseCpuMs ?? NaN) - (before.databaseCpuMs ?? NaN)) / uploads,
  sandbox: (after.sandboxCpuMs - before.sandboxCpuMs) / uploads,
  sender: (after.senderCpuMs - before.senderCpuMs) / uploads,
})

export const percentilesOf = (values: readonly number[]): Percentiles => {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
  return { p50: at(0.5), p99: at(0.99) }
}

const callsBetween = (before: Reading, after: Reading): Record<string, number> =>
  Object.fromEntries(
    Object.entries(after.calls)
      .map(([operation, count]) => [operation, count - (before.calls[operation] ?? 0)] as const)
      .filter(([, count]) => count > 0),
  )

const streamTo = (
  stage: SmallStage,
  about: SmallCase,
  prefix: string,
  pace: Pick<SmallCase, 'seconds' | 'aSecond'>,
): Promise<Stream> =>
  postStream({
    ...pace,
    address: stage.address,
    key: stage.key,
    prefix,
    lists: LISTS.slice(0, about.lists),
    lines: about.lines,
    ...(about.way === 'obvious' ? { pathOf: (listId) => `/contact-lists/${listId}` } : {}),
  })

const figuresOf = (
  about: SmallCase,
  home: StoreHome['kind'],
  run: {
    stream: Stream
    unheard: number
    before: Reading
    answered: Reading
    heard: Reading
    taken: ReadonlyMap<string, number>
    heardAt: ReadonlyMap<string, number>
  },
): SmallFigures => {
  const { posted, seconds } = run.stream
  const takenAt = (one: Posted): number => run.taken.get(`${one.listId} ${one.contactId}`) ?? NaN
  const firstAt = Math.min(...posted.map(({ startedAt }) => startedAt))
  const lastAnswerAt = Math.max(...posted.map(({ answeredAt }) => answeredAt))
  const delivered = posted.filter((one) => !Number.isNaN(takenAt(one)))
  const lastTakenAt = Math.max(...delivered.map(takenAt))
  const calls = callsBetween(run.before, run.heard)
  return {
    about,
    home,
    uploads: posted.length,
    unheard: run.unheard,
    acceptedASecond: posted.length / seconds,
    deliveredASecond: (delivered.length * 1000) / (lastTakenAt - firstAt),
    lastMs: Math.max(0, lastTakenAt - lastAnswerAt),
    callsAContact: Object.values(calls).reduce((sum, count) => sum + count, 0) / posted.length,
    calls,
    toAnswered: costOf(run.before, run.answered, posted.length),
    toHeard: costOf(run.before, run.heard, posted.length),
    answerMs: percentilesOf(posted.map((one) => one.answeredAt - one.startedAt)),
    genesysMs: percentilesOf(delivered.map((one) => takenAt(one) - one.startedAt)),
    crmMs: percentilesOf(
      posted.flatMap((one) => {
        const heardAt = run.heardAt.get(one.uploadId)
        return heardAt === undefined ? [] : [heardAt - one.startedAt]
      }),
    ),
  }
}

/**
 * Runs one case on a fresh home: the warm-up, the stream, and the wait until the CRM was notified
 * of the end of every upload.
 */
export const measureSmall = async (home: StoreHome, about: SmallCase): Promise<SmallFigures> => {
  const stage = await setSmallStage(home, about)
  try {
    const warm = await streamTo(stage, about, 'W', WARM_UP)
    await stage.allHeard(warm.posted, WARM_WITHIN_MS)
    if (about.receivingAlone) {
      const operations = ['contacts', 'bulk']
      const hold = { kind: 'slow', delayMs: HELD_BACK_MS }
      await stage.setFaults(operations.map((operation) => ({ ...hold, operation })))
    }
    const before = await stage.read()
    const stream = await streamTo(stage, about, 'S', about)
    const answered = await stage.read()
    if (about.receivingAlone) await stage.setFaults([])
    const unheard = await stage.allHeard(stream.posted, HEARD_WITHIN_MS)
    const heard = await stage.read()
    const taken = await stage.takenAt()
    const { heardAt } = stage.crm
    return figuresOf(about, home.kind, { stream, unheard, before, answered, heard, taken, heardAt })
  } finally {
    await stage.close()
  }
}

const COMMITS = 200
const PAGE_BYTES = 8192

/**
 * Measures how long the disk takes to store a page durably. Every commit takes at least this long,
 * so all waiting times are compared with it.
 */
export const measureCommits = (): Percentiles => {
  const directory = mkdtempSync(join(tmpdir(), 'gateway-commit-'))
  const file = openSync(join(directory, 'log'), 'w')
  const page = Buffer.alloc(PAGE_BYTES, 1)
  try {
    const times = Array.from({ length: COMMITS }, () => {
      const startedAt = performance.now()
      writeSync(file, page)
      fsyncSync(file)
      return performance.now() - startedAt
    })
    return percentilesOf(times)
  } finally {
    closeSync(file)
    rmSync(directory, { recursive: true })
  }
}
