import { sql } from 'kysely'

import type { Clock } from '../../lib/clock.ts'
import type { Emit } from '../../telemetry/events.ts'
import type { Db } from './database.ts'

/**
 * How often a waiting instance reports what it waits for. An instance that starts together with
 * others usually waits for less than this, and reports nothing.
 */
const TELL_EVERY_MS = 5_000

type Blocker = { pid: number; application: string; state: string; seconds: number }

const blockersOf = async (db: Db, pid: number): Promise<string[]> => {
  const { rows } =
    await sql<Blocker>`select pid, application_name as application, coalesce(state, 'unknown') as state,
      coalesce(extract(epoch from clock_timestamp() - xact_start), 0)::int as seconds
    from pg_stat_activity where pid = any(pg_blocking_pids(${pid}::int)) order by pid`.execute(db)
  return rows.map(
    ({ pid: blocker, application, state, seconds }) =>
      `process ${blocker} (${application || 'no name'}, ${state}, transaction of ${seconds} s)`,
  )
}

/**
 * While a migration waits, reports the sessions that it waits for. Without the report, operators
 * would not know why a start hangs.
 */
export const watchMigration = (deps: {
  db: Db
  clock: Clock
  emit: Emit
}): { watch(pid: number): void; stop(): Promise<void> } => {
  const ended = new AbortController()
  const startedAtMs = deps.clock.monotonicMs()
  let pid: number | null = null
  /**
   * The sessions that the migration waits for. If it has no connection yet, it waits for a
   * connection.
   */
  const ask = async (): Promise<string[]> => {
    if (pid === null) return ['a connection to the database']
    return blockersOf(deps.db, pid).catch(() => [])
  }
  const rounds = async (): Promise<void> => {
    for (;;) {
      try {
        await deps.clock.sleep(TELL_EVERY_MS, ended.signal)
      } catch {
        return
      }
      const waitsFor = await ask()
      if (ended.signal.aborted) return
      const waitedMs = Math.round(deps.clock.monotonicMs() - startedAtMs)
      if (waitsFor.length > 0) deps.emit('migration.waiting', { waitedMs, waitsFor })
    }
  }
  const running = rounds()
  return {
    watch: (waiting) => {
      pid = waiting
    },
    stop: async () => {
      ended.abort()
      await running
    },
  }
}
