import type { Clock } from '../lib/clock.ts'
import type { Emit } from '../telemetry/events.ts'
import type { SqlExecutor } from '../workflows/ports/jobs/jobs.ts'

export type OutageWatch = {
  /**
   * The executor that the job queue must use. The first answer to a statement that began during an
   * outage ends the outage.
   */
  sql: SqlExecutor
  isAway(): boolean
}

const UNAVAILABLE = 'StoreUnavailable'

/**
 * Whether an error says that the database is unavailable. Compares the name of the error, because
 * pg-boss copies errors into plain objects.
 */
export const saysUnavailable = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'name' in error && error.name === UNAVAILABLE

/**
 * Reports the beginning and the end of each outage of the jobs' database, once each. Several
 * fetchers may notice the same outage.
 */
export const watchOutages = (deps: { sql: SqlExecutor; clock: Clock; emit: Emit }): OutageWatch => {
  let awaySinceMs: number | null = null
  return {
    isAway: () => awaySinceMs !== null,
    sql: {
      executeSql: async (text, values) => {
        // Only a statement that began during the outage can end the outage. An earlier statement
        // may still be answered.
        const asked = awaySinceMs !== null
        try {
          const answer = await deps.sql.executeSql(text, values)
          if (asked && awaySinceMs !== null) {
            const awayMs = Math.round(deps.clock.monotonicMs() - awaySinceMs)
            awaySinceMs = null
            deps.emit('queue.back', { awayMs })
          }
          return answer
        } catch (error) {
          if (awaySinceMs === null && saysUnavailable(error)) {
            awaySinceMs = deps.clock.monotonicMs()
            deps.emit('queue.lost', { reason: UNAVAILABLE })
          }
          throw error
        }
      },
    },
  }
}
