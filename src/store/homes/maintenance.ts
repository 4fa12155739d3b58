import type { Clock } from '../../lib/clock.ts'
import type { Emit } from '../../telemetry/events.ts'
import type { SqlExecutor } from '../../workflows/ports/jobs/jobs.ts'

const EVERY_MS = 60_000

/**
 * Selects the tables that need a vacuum: those with enough dead rows or old statistics. The
 * thresholds are like those of autovacuum, which the embedded database does not have. Only the
 * fixed number of rows is higher (1,000 instead of 50). The large values of a table (TOAST:
 * payloads and digests of chunks) are counted separately and vacuumed with it.
 */
const WORTH_IT = `select format('%I.%I', main.schemaname, main.relname) as name from pg_stat_user_tables as main
  join pg_class on pg_class.oid = main.relid left join pg_stat_all_tables as beside on beside.relid = reltoastrelid
  where main.n_dead_tup > 1000 + main.n_live_tup / 5 or main.n_mod_since_analyze > 1000 + main.n_live_tup / 10
    or beside.n_dead_tup > 1000 + beside.n_live_tup / 5`

/**
 * Does the work of a server's background processes, which the embedded database lacks. A checkpoint
 * every minute keeps the log and the next start short. A vacuum cleans the tables that need it.
 * Each call has one statement, because several would run as one transaction, which VACUUM refuses.
 */
export const runMaintenance = (deps: {
  sql: SqlExecutor
  clock: Clock
  emit: Emit
}): { stop(): Promise<void> } => {
  const ending = new AbortController()
  const round = async (): Promise<void> => {
    const { rows } = await deps.sql.executeSql(WORTH_IT)
    for (const { name } of rows as { name: string }[]) {
      if (ending.signal.aborted) return
      await deps.sql.executeSql(`vacuum (analyze) ${name}`)
    }
    await deps.sql.executeSql('checkpoint')
  }
  const loop = async (): Promise<void> => {
    for (;;) {
      try {
        await deps.clock.sleep(EVERY_MS, ending.signal)
      } catch {
        return
      }
      try {
        await round()
      } catch (error) {
        deps.emit('job.failed', {
          queue: 'maintenance',
          error: error instanceof Error ? error.message : 'unknown',
        })
      }
    }
  }
  const running = loop()
  return {
    stop: async () => {
      ending.abort()
      await running
    },
  }
}
