import fc from 'fast-check'

import { seededRandom } from '../../../src/lib/seeded-random.ts'
import type { ApiDocument, ApiOperation } from './api-document.ts'
import { createChecks, type Fault, type ToldInWords } from './checks.ts'
import { NoAnswer, type KeepAliveClient, type WireAnswer } from './keep-alive-client.ts'
import type { KnownThings } from './known-things.ts'
import { callsOf, type MadeCall } from './made-calls.ts'
import { faultLine } from './report-text.ts'
import { asCurl, type Sent } from './sent-call.ts'
import type { WiredCall } from './wired-call.ts'

/**
 * How many calls of one operation follow each other. With many more, the operations would alternate
 * too seldom for one to find what another has made.
 */
const BATCH = 6
/** The most calls that shrinking one fault may take. */
const MOST_SHRINKS = 150

export type Found = Fault & { operation: string; times: number; curl: string; answer: string }

export type Report = {
  requests: number
  /** By operation, then by status: how many. */
  statuses: Map<string, Map<number, number>>
  /** By operation: the time of its slowest answer. */
  slowestMs: Map<string, number>
  found: Found[]
}

class Faulty extends Error {
  override readonly name = 'Faulty'
}

type Deps = {
  document: ApiDocument
  known: KnownThings
  client: KeepAliveClient
  wire: (operation: ApiOperation, call: MadeCall) => WiredCall
  told: readonly ToldInWords[]
  address: string
  /** The key for the calls that follow a good call. */
  key: string
}

const readJson = ({ type, bytes }: WireAnswer): unknown => {
  if (type !== 'application/json' && !type?.endsWith('+json')) return null
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown
  } catch {
    return undefined
  }
}

const PROBE: Omit<MadeCall, 'thing'> = {
  params: {},
  query: {},
  headers: {},
  body: null,
  accept: '*/*',
  auth: 'key',
  method: null,
  trick: null,
}

const createCaller = (deps: Deps, report: Report) => {
  const { document, client, known } = deps
  const checks = createChecks(deps.told)
  const countFor = (operation: ApiOperation, status: number): void => {
    report.requests += 1
    const statuses = report.statuses.get(operation.id) ?? new Map<number, number>()
    report.statuses.set(operation.id, statuses)
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
  }
  const sent = async (operation: ApiOperation, wired: Sent): Promise<WireAnswer | Fault> => {
    const startedAt = performance.now()
    try {
      const answer = await client.send(wired)
      const tookMs = performance.now() - startedAt
      if (tookMs > (report.slowestMs.get(operation.id) ?? 0))
        report.slowestMs.set(operation.id, tookMs)
      countFor(operation, answer.status)
      return answer
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error
      countFor(operation, 0)
      return {
        check: error.kind === 'hang' ? 'no hang' : 'every call is answered',
        about: error.message,
      }
    }
  }
  const get = async (
    target: string,
  ): Promise<{ operation: ApiOperation; answer: WireAnswer; faults: Fault[] } | null> => {
    const path = target.split('?', 1)[0]!
    const operation = document.operations.find(
      (own) =>
        own.method === 'GET' &&
        new RegExp(`^${own.path.replaceAll(/\{\w+\}/gu, '[^/]+')}$`, 'u').test(path),
    )
    if (operation === undefined) return null
    const headers: [string, string][] = [['authorization', `Bearer ${deps.key}`]]
    const answer = await sent(operation, {
      method: 'GET',
      target,
      headers,
      type: null,
      multipart: false,
      body: null,
    })
    if ('check' in answer) return { operation, answer: null as never, faults: [answer] }
    const judged = { verdict: 'either', why: '' } as const
    const faults = checks.faultsOf({
      document,
      operation,
      call: { thing: null, ...PROBE },
      judged,
      answer,
      body: readJson(answer),
    })
    return { operation, answer, faults }
  }
  /** Checks that what was made exists immediately. */
  const lookAtMade = async (answer: WireAnswer): Promise<Fault[]> => {
    const { location } = answer.headers
    if ((answer.status !== 201 && answer.status !== 202) || location === undefined) return []
    const looked = await get(location.replace(/^https?:\/\/[^/]+/u, ''))
    if (looked === null)
      return [{ check: 'made is there', about: 'Location is no address of the document' }]
    if (looked.faults.length > 0) return looked.faults
    return looked.answer.status === 200
      ? []
      : [{ check: 'made is there', about: `${looked.answer.status} at the Location` }]
  }
  /** Checks that what was deleted is gone, or is shown as no longer in force. */
  const lookAtDeleted = async (
    operation: ApiOperation,
    { sent: { target, method }, params }: WiredCall,
  ): Promise<Fault[]> => {
    if (method !== 'DELETE') return []
    known.forget(params)
    const looked = await get(target)
    if (looked === null || looked.faults.length > 0) return looked?.faults ?? []
    const { answer } = looked
    if (answer.status === 404 || answer.status === 410) return []
    const body = readJson(answer) as { revokedAt?: unknown; deletedAt?: unknown } | null
    return typeof (body?.revokedAt ?? body?.deletedAt) === 'string'
      ? []
      : [{ check: 'deleted is gone', about: `${answer.status} after ${operation.id}` }]
  }
  /** The faults of a call, and those of the calls that follow from it. */
  return async (operation: ApiOperation, wired: WiredCall, call: MadeCall) => {
    const answer = await sent(operation, wired.sent)
    if ('check' in answer) return { faults: [answer], answer: null }
    const body = readJson(answer)
    const faults = checks.faultsOf({
      document,
      operation,
      call,
      judged: wired.judged,
      answer,
      body,
    })
    const fine = answer.status >= 200 && answer.status < 300
    if (fine && faults.length === 0 && call.method === null) {
      faults.push(...(await lookAtMade(answer)), ...(await lookAtDeleted(operation, wired)))
      known.learn(operation, wired.params, wired.sent.target, { headers: answer.headers, body })
    }
    return { faults, answer }
  }
}

const signatureOf = (operation: ApiOperation, { check, about }: Fault): string =>
  `${operation.id} | ${check} | ${about}`

export type FuzzRun = {
  requests: number
  seed: number
  workers: number
  mostMs?: number
  /** Gets each fault when it is as small as possible, and how far the run is. */
  tell?: (line: string) => void
}

/** After how many calls a long run reports how far it is. */
const TOLD_EVERY = 10_000

/**
 * Sends this many calls, or fewer if `mostMs` are over earlier. Each operation gets a few calls in
 * turn. Shrinks every fault once to the smallest call that shows it.
 */
export const runFuzz = async (deps: Deps, about: FuzzRun): Promise<Report> => {
  const endsMs = performance.now() + (about.mostMs ?? Number.POSITIVE_INFINITY)
  const report: Report = { requests: 0, statuses: new Map(), slowestMs: new Map(), found: [] }
  const caller = createCaller(deps, report)
  const found = new Map<string, Found>()
  const arbitraries = new Map(
    deps.document.operations.map((operation) => [operation, callsOf(deps.document, operation)]),
  )
  const batch = async (operation: ApiOperation, seed: number): Promise<void> => {
    let hunted: string | null = null
    let shrinks = 0
    await fc.check(
      fc.asyncProperty(arbitraries.get(operation)!, async (call) => {
        if (hunted !== null && (shrinks += 1) > MOST_SHRINKS) return
        const wired = deps.wire(operation, call)
        const { faults, answer } = await caller(operation, wired, call)
        const named = faults.map((fault) => ({ fault, signature: signatureOf(operation, fault) }))
        const wanted = named.find(({ signature }) =>
          hunted === null ? !found.has(signature) : signature === hunted,
        )
        for (const { signature } of named) {
          const known = found.get(signature)
          if (known) known.times += 1
        }
        if (wanted === undefined) return
        hunted = wanted.signature
        found.set(hunted, {
          ...wanted.fault,
          operation: operation.id,
          times: found.get(hunted)?.times ?? 1,
          curl: asCurl(deps.address, wired.sent),
          answer: answer === null ? '' : answer.bytes.toString('utf8').slice(0, 600),
        })
        throw new Faulty(hunted)
      }),
      { seed, numRuns: BATCH },
    )
    if (hunted !== null) about.tell?.(`FOUND ${faultLine(found.get(hunted)!)}`)
  }
  let turns: ApiOperation[] = []
  let turn = 0
  let tellAt = TOLD_EVERY
  const random = seededRandom(about.seed)
  const work = async (): Promise<void> => {
    while (report.requests < about.requests && performance.now() < endsMs) {
      if (turns.length === 0) {
        // Each round has another order. Otherwise, one operation would never follow certain others.
        turns = deps.document.operations
          .map((operation) => ({ operation, place: random() }))
          .toSorted((a, b) => a.place - b.place)
          .map(({ operation }) => operation)
      }
      turn += 1
      await batch(turns.pop()!, (about.seed * 1_000_003 + turn) | 0)
      if (report.requests < tellAt) continue
      about.tell?.(`${report.requests} requests, ${found.size} faults`)
      tellAt += TOLD_EVERY
    }
  }
  await Promise.all(Array.from({ length: about.workers }, work))
  return { ...report, found: [...found.values()] }
}
