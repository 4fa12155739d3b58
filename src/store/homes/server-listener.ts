import { backoffMs } from '../../lib/backoff.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Hearing, Listening } from '../../workflows/ports/delivery/heard-nudges.ts'
import { createServerPool } from './server-pool.ts'

/**
 * Receives what any instance sends on `channel` with `pg_notify`, once the sender's transaction has
 * committed. Messages may be lost, so the receivers also poll.
 */
export type Listen = (about: {
  channel: string
  hear: (word: string) => void
  clock: Clock
}) => Listening

/** The waits before the connection is opened again. In this time the receivers only poll. */
const AGAIN = { baseMs: 1_000, capMs: 30_000 }
const LONGEST = (): number => 1

/**
 * Listens on a separate connection, and opens it again after it breaks. The connection must lead to
 * a host that accepts writes, because only such a host passes notifications on.
 */
export const createServerListener =
  (url: string): Listen =>
  ({ channel, hear, clock }) => {
    const pool = createServerPool(url, {
      max: 1,
      application_name: 'outbound-gateway-listener',
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      // If the database freezes after the login, a stop must not wait for it longer than `main.ts`
      // allows. Between notifications no statement runs, so this does not limit the listening.
      query_timeout: 5_000,
    })
    const stopped = new AbortController()
    const known = Promise.withResolvers<Hearing>()

    /**
     * Listens until the connection ends. Throws if no connection can be opened. `pooled`: the
     * connection leads to a pooler, which cannot pass notifications on.
     */
    const listenOnce = async (): Promise<Hearing> => {
      const client = await pool.connect()
      const ended = new Promise<void>((resolve) => {
        client.once('end', resolve)
        stopped.signal.addEventListener('abort', () => resolve(), { once: true })
        if (stopped.signal.aborted) resolve()
      })
      try {
        const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
        // A pooler reports itself as the process of the connection. The session that runs the query
        // then has another id.
        const { processID } = client as unknown as { processID: number }
        if (rows[0]?.pid !== processID) return 'pooled'
        client.on('notification', (told) => {
          if (told.channel === channel) hear(told.payload ?? '')
        })
        await client.query(`listen ${channel}`)
        known.resolve('direct')
        await ended
        return 'direct'
      } finally {
        client.release(true)
      }
    }
    const run = async (): Promise<void> => {
      for (let failed = 0; !stopped.signal.aborted;) {
        try {
          const hearing = await listenOnce()
          known.resolve(hearing)
          if (hearing === 'pooled') return
          failed = 1
        } catch {
          failed += 1
        }
        const waitMs = backoffMs(AGAIN, failed, LONGEST, AGAIN.baseMs)
        await clock.sleep(waitMs, stopped.signal).catch(() => undefined)
      }
    }
    const running = run()
    return {
      hearing: known.promise,
      stop: async () => {
        stopped.abort()
        await running
        await pool.end()
      },
    }
  }
