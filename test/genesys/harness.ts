import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'

import { cutShare, grownShare, PACE_SHARE_RULE } from '../../src/domain/genesys/pace-share.ts'
import { createGenesysClient, type GenesysClientDeps } from '../../src/genesys/calls/client.ts'
import type { Clock } from '../../src/lib/clock.ts'
import type { Emit, GatewayEvents } from '../../src/telemetry/events.ts'
import type { NewLists } from '../../src/workflows/ports/contact-lists/new-lists.ts'
import type {
  BatchToSend,
  CallContext,
  PaceStore,
} from '../../src/workflows/ports/genesys/genesys.ts'

export type Seen = {
  method: string
  url: string
  headers: IncomingMessage['headers']
  body: string
}
export type Reply = (response: ServerResponse, seen: Seen) => void

export const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Reply =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify(body))
  }
export const text =
  (status: number, body: string, headers: Record<string, string> = {}): Reply =>
  (response) => {
    response.writeHead(status, headers)
    response.end(body)
  }
export const reset: Reply = (response) => {
  response.destroy()
}
/** An answer that announces more bytes than it sends. */
export const truncated: Reply = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
  response.write('{"jobId":', () => response.destroy())
}
export const silent: Reply = () => undefined

export type Upstream = {
  url: string
  seen: Seen[]
  tokensIssued: number
  /** How many connections were opened so far. */
  sockets: number
  /** The answers to API calls, in order. The last one is repeated. */
  replies: Reply[]
  tokenReplies: Reply[]
}

/** A server on loopback that gives the planned answers. */
export const startUpstream = async (t: TestContext): Promise<Upstream> => {
  const upstream: Upstream = {
    url: '',
    seen: [],
    tokensIssued: 0,
    sockets: 0,
    replies: [],
    tokenReplies: [],
  }
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('error', () => undefined)
    request.on('end', () => {
      const seen = {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(parts).toString('utf8'),
      }
      if (seen.url === '/oauth/token') {
        upstream.tokensIssued += 1
        const token = { access_token: `secret-token-${upstream.tokensIssued}`, expires_in: 86_400 }
        const reply = upstream.tokenReplies.shift() ?? json(200, token)
        reply(response, seen)
        return
      }
      upstream.seen.push(seen)
      const reply = upstream.replies.length > 1 ? upstream.replies.shift() : upstream.replies[0]
      ;(reply ?? text(500, 'no reply planned'))(response, seen)
    })
  })
  server.on('connection', () => {
    upstream.sockets += 1
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  upstream.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return upstream
}

export type SkippingClock = Clock & { slept: number[]; skip(ms: number): void }

/**
 * A clock on which waits up to `longestMs` end immediately and are recorded. Longer ones, such as
 * time limits, end only by their signal.
 */
export const createSkippingClock = (longestMs = 3_700_000): SkippingClock => {
  let nowMs = 1_800_000_000_000
  const slept: number[] = []
  return {
    slept,
    skip: (ms) => {
      nowMs += ms
    },
    now: () => new Date(nowMs),
    monotonicMs: () => nowMs,
    sleep: (ms, signal) =>
      new Promise<void>((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
        if (ms > longestMs) return
        slept.push(ms)
        nowMs += ms
        resolve()
      }),
  }
}

export type VirtualClock = Clock & { advance(ms: number): Promise<void> }

/** A clock that moves only when the test advances it, timer by timer. */
export const createVirtualClock = (): VirtualClock => {
  let nowMs = 0
  let timers: { atMs: number; fire: () => void }[] = []
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 3; i += 1) await turn()
  }
  return {
    now: () => new Date(nowMs),
    monotonicMs: () => nowMs,
    sleep: (ms, signal) =>
      new Promise<void>((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const timer = { atMs: nowMs + ms, fire: resolve }
        timers.push(timer)
        const onAbort = (): void => {
          timers = timers.filter((other) => other !== timer)
          reject(signal?.reason)
        }
        signal?.addEventListener('abort', onAbort, { once: true })
      }),
    advance: async (ms) => {
      const endMs = nowMs + ms
      await settle()
      for (;;) {
        const next = timers
          .filter(({ atMs }) => atMs <= endMs)
          .toSorted((a, b) => a.atMs - b.atMs)[0]
        if (!next) break
        timers = timers.filter((other) => other !== next)
        nowMs = Math.max(nowMs, next.atMs)
        next.fire()
        await settle()
      }
      nowMs = endMs
    },
  }
}

export type MemoryPace = PaceStore & { blocks: number[]; asked: number; slots: number[] }

/** The contract of the pace bucket on a clock, in memory. All instances share one bucket. */
export const createMemoryPace = (clock: Clock): MemoryPace => {
  let lastMs = -1e12
  let blockedUntilMs = -1e12
  let cutMs = -1e12
  let kept = { share: 1, atMs: -1e12 }
  const shareNow = (): number => grownShare(kept.share, clock.monotonicMs() - kept.atMs)
  const pace: MemoryPace = {
    blocks: [],
    asked: 0,
    slots: [],
    reserve: async ({ intervalMs, maxAheadMs }) => {
      pace.asked += 1
      const nowMs = clock.monotonicMs()
      const share = shareNow()
      if (nowMs < blockedUntilMs) return { kind: 'wait', waitMs: blockedUntilMs - nowMs, share }
      const slotMs = Math.max(nowMs, lastMs)
      if (slotMs - nowMs > maxAheadMs)
        return { kind: 'wait', waitMs: slotMs - nowMs - maxAheadMs, share }
      lastMs = slotMs + intervalMs / share
      pace.slots.push(slotMs)
      return { kind: 'reserved', waitMs: slotMs - nowMs, share }
    },
    throttle: async (_bucket, ms) => {
      const nowMs = clock.monotonicMs()
      const cut = nowMs >= blockedUntilMs && nowMs - cutMs >= PACE_SHARE_RULE.cutPauseMs
      const share = cut ? cutShare(shareNow()) : shareNow()
      if (cut) cutMs = nowMs
      pace.blocks.push(ms)
      blockedUntilMs = Math.max(blockedUntilMs, nowMs + ms)
      kept = { share, atMs: blockedUntilMs }
      return { share, cut }
    },
    read: async () => ({
      share: shareNow(),
      blockedMs: Math.max(0, blockedUntilMs - clock.monotonicMs()),
    }),
  }
  return pace
}

/** Lists that are always new, in memory. */
export const createMemoryNewLists = (): NewLists => {
  const ids = new Set<string>()
  return { add: async (id) => void ids.add(id), has: async (id) => ids.has(id) }
}

export type Told = { name: string; fields: Record<string, unknown> }
export const createTeller = (): { emit: Emit; told: Told[] } => {
  const told: Told[] = []
  const emit = <Name extends keyof GatewayEvents>(
    name: Name,
    fields: GatewayEvents[Name],
  ): void => {
    told.push({ name, fields })
  }
  return { emit, told }
}

/** A client on a skipping clock, with an upstream that gives planned answers. */
export const startClient = async (
  t: TestContext,
  dialect: 'guide' | 'platform',
  more: Partial<GenesysClientDeps> = {},
  longestSleepMs?: number,
) => {
  const upstream = await startUpstream(t)
  const clock = createSkippingClock(longestSleepMs)
  const pace = createMemoryPace(clock)
  const { emit, told } = createTeller()
  const client = createGenesysClient({
    dialect,
    apiUrl: upstream.url,
    loginUrl: upstream.url,
    clientId: 'client-1',
    clientSecret: 'the-client-secret',
    requestsPerMinute: 60_000,
    batchRows: null,
    pace,
    newLists: createMemoryNewLists(),
    clock,
    random: () => 0,
    emit,
    ...more,
  })
  t.after(() => client.close())
  return { upstream, clock, pace, told, client, lists: client.contactLists }
}

export const contextOf = (more: Partial<CallContext> = {}): CallContext => ({
  tenantId: 'default',
  class: 'delivery',
  signal: new AbortController().signal,
  retryForMs: 86_400_000,
  ...more,
})

export const batchOf = (more: Partial<BatchToSend> = {}): BatchToSend => ({
  listId: 'list:1',
  requestId: '0198c0de-0000-7000-8000-000000000001',
  columns: [
    { name: 'phone', kind: 'phone', required: true },
    { name: 'the "note"', kind: 'text', required: false },
  ],
  contactIds: ['a-1', 'a-2'],
  cells: ['+14155550100', 'say "hi"\n\ud800', '+14155550101', ''],
  ...more,
})
