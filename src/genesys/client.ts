import type { Clock } from '../lib/clock.ts'
import type { Emit } from '../telemetry/events.ts'
import type { ContactListPort, PaceStore } from '../workflows/ports/genesys.ts'
import { createGuideContactLists } from './guide/contact-lists.ts'
import { createPacer, type PaceStats } from './pacing.ts'
import { createPlatformContactLists } from './platform/contact-lists.ts'
import { createCaller } from './retry.ts'
import { createTokens } from './token.ts'
import { createTransport } from './transport.ts'

export type GenesysClientDeps = {
  dialect: 'guide' | 'platform'
  apiUrl: string
  /** The host of `/oauth/token`: the API host in `guide`, the login host in `platform`. */
  loginUrl: string
  clientId: string
  clientSecret: string
  /** What Genesys allows; the client stays 2.5 % below. */
  requestsPerMinute: number
  /** Fewer rows a batch than the dialect's own limit; null = that limit. */
  batchRows: number | null
  pace: PaceStore
  clock: Clock
  random: () => number
  emit: Emit
  /** Bounds one HTTP exchange as a whole; guide-api: 30 s. */
  requestTimeoutMs?: number
}

export type GenesysClient = {
  contactLists: ContactListPort
  /** What the pace looks like from this process, for gauges. */
  paceStats(): PaceStats
  /** Ends waiting calls with an abort and closes the connections once their requests ended. */
  close(): Promise<void>
}

const JITTER_MS = { guide: 100, platform: 0 } as const

const withoutSlash = (url: string): string => url.replace(/\/+$/, '')

/** Genesys in one dialect: one token, one pace bucket (per API host and OAuth client), one pool of connections. */
export const createGenesysClient = (deps: GenesysClientDeps): GenesysClient => {
  const { dialect, clock, random, emit } = deps
  const apiUrl = withoutSlash(deps.apiUrl)
  const transport = createTransport({ timeoutMs: deps.requestTimeoutMs ?? 30_000, clock })
  const pacer = createPacer({
    store: deps.pace,
    bucket: `${dialect}:${new URL(apiUrl).host}:${deps.clientId}`,
    requestsPerMinute: deps.requestsPerMinute,
    clock,
    emit,
  })
  const tokens = createTokens({
    transport,
    loginUrl: withoutSlash(deps.loginUrl),
    clientId: deps.clientId,
    clientSecret: deps.clientSecret,
    clock,
    random,
    emit,
  })
  const call = createCaller({
    transport,
    tokens,
    pacer,
    apiUrl,
    jitterMs: JITTER_MS[dialect],
    clock,
    random,
    emit,
  })
  const create = { guide: createGuideContactLists, platform: createPlatformContactLists }[dialect]
  return {
    contactLists: create({ call, batchRows: deps.batchRows }),
    paceStats: () => pacer.stats(),
    close: async () => {
      pacer.close()
      await transport.close()
    },
  }
}
