import { z } from 'zod'

import { createCircuit } from '../../../src/genesys/calls/circuit.ts'
import { createRetryBudget } from '../../../src/genesys/calls/retry-budget.ts'
import { createCaller } from '../../../src/genesys/calls/retry.ts'
import type { Tokens } from '../../../src/genesys/calls/token.ts'
import type { HttpAnswer, Transport } from '../../../src/genesys/calls/transport.ts'
import { createPacer } from '../../../src/genesys/pace/pacing.ts'
import { seededRandom } from '../../../src/lib/seeded-random.ts'
import { createRateReferee, type SandboxDialect } from '../../../src/sandbox/faults/rate-referee.ts'
import { contextOf, createMemoryPace, createTeller, createVirtualClock } from '../harness.ts'

const TOKENS: Tokens = {
  get: async () => ({ authorization: () => 'Bearer t' }) as never,
  isCurrent: () => true,
  drop: () => undefined,
}

const LATENCY_MS = 80

export type Said = Pick<HttpAnswer, 'allowed' | 'remaining'>

/**
 * Instances that share a bucket, each with busy callers. A referee of the sandbox counts their
 * calls. All have one clock, which the test moves.
 */
export const startBusyClients = (about: {
  dialect: SandboxDialect
  configured: number
  real: number
  instances: number
  /** What Genesys says in its answers about its count. */
  says: (count: { limit: number; used: number; remaining: number }) => Said
  /** Whether Genesys is away at this time. */
  away?: (nowMs: number) => boolean
}) => {
  const clock = createVirtualClock()
  const limits = { guide: about.real, platform: about.real }
  const referee = createRateReferee({ clock, limits })
  const pace = createMemoryPace(clock)
  const { emit, told } = createTeller()
  const stop = new AbortController()
  const answered: number[] = []
  const arrivals: number[] = []
  let lost = 0

  const transport: Transport = {
    send: async () => {
      const verdict = referee.arrive('client', about.dialect)
      arrivals.push(clock.monotonicMs())
      await clock.sleep(LATENCY_MS)
      const away = about.away?.(clock.monotonicMs()) ?? false
      return {
        status: away ? 503 : verdict.admitted ? 200 : 429,
        text: '{}',
        retryAfterMs: verdict.admitted ? null : verdict.resetSeconds * 1000,
        resetMs: null,
        correlationId: null,
        ...about.says(verdict),
      }
    },
    close: async () => undefined,
  }
  const pacers = Array.from({ length: about.instances }, (_, n) => {
    const random = seededRandom(n + 1)
    const pacer = createPacer({
      store: pace,
      bucket: 'b',
      requestsPerMinute: about.configured,
      clock,
      emit,
    })
    const call = createCaller({
      transport,
      tokens: TOKENS,
      pacer,
      apiUrl: 'http://sandbox',
      jitterMs: about.dialect === 'guide' ? 100 : 0,
      clock,
      random,
      emit,
      circuit: createCircuit({ emit }),
      budget: createRetryBudget({ clock }),
    })
    const busy = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        await call(
          { operation: 'send-batch', method: 'POST', path: '/', schema: z.object({}), right: 'r' },
          contextOf({ signal: stop.signal }),
        )
        answered.push(clock.monotonicMs())
      }
    }
    for (let i = 0; i < 6; i += 1) {
      busy().catch(() => {
        if (!stop.signal.aborted) lost += 1
      })
    }
    return pacer
  })
  return {
    clock,
    told,
    answered,
    arrivals,
    pacers,
    report: () => ({ ...referee.report()[about.dialect], lost }),
    end: (): void => {
      stop.abort(new Error('over'))
      for (const pacer of pacers) pacer.close()
    },
  }
}
