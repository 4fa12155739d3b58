import { backoffMs } from '../../lib/backoff.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Hearing, Listening } from '../../workflows/ports/delivery/heard-nudges.ts'
import { createServerPool } from './server-pool.ts'

/**
 * Receives what transactions of any instance send on `channel` with `pg_notify`, after they have
 * committed. Messages may be lost, so listeners also poll.
 */
export type Listen = (about: {
  channel: string
  hear: (word: string) => void
  clock: Clock
}) => Listening

/** While the connection is away, listeners poll as if there were no messages. */
const AGAIN = { baseMs: 1_000, capMs: 30_000 }
const LONGEST = (): number => 1

/**
 * Listens on a separate connection, which is opened again when it breaks, and to a host that
 * accepts writes, because only such a host carries notifications.
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
    })
    const stopped = new AbortController()
    const known = Promise.withResolvers<Hearing>()

    /** Resolves with its end. Throws when there is no connection. */
    const listenOnce = async (): Promise<Hearing> => {
      const client = await pool.connect()
      const ended = new Promise<void>((resolve) => {
        client.once('end', resolve)
        stopped.signal.addEventListener('abort', () => resolve(), { once: true })
        if (stopped.signal.aborted) resolve()
      })
      try {
        const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
        // A pooler answers for many sessions, so it names itself and not the session that works for
        // it.
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
