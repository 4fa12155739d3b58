import { CompiledQuery, type Kysely, type Transaction } from 'kysely'

import type { SqlExecutor } from '../../workflows/ports/jobs/jobs.ts'
import type { Listen } from './server-listener.ts'
import { mayRunAgain } from './sql-failure.ts'

export type Db = Kysely<unknown>
export type Tx = Transaction<unknown>

/** One PostgreSQL, on either home. */
export type Database = {
  readonly kind: 'embedded' | 'server'
  readonly db: Db
  /** Outside any transaction; accepts several statements in one call when there are no values. */
  readonly sql: SqlExecutor
  /**
   * One statement with large bytes among its values, in one transaction of its own: they go as they
   * are, not as text.
   */
  writeBytes(statement: CompiledQuery): Promise<void>
  /** What other instances say. null if there are none. */
  readonly listen: Listen | null
  /** Whether there is room for new work; always, where the disk is a server's. */
  hasRoom(): boolean
  close(): Promise<void>
}

const uponCommit = new WeakMap<Tx, (() => void)[]>()

/**
 * Runs `act` once the transaction has committed, and never if it does not. A crash in between loses
 * it. It must not throw.
 */
export const afterCommit = (tx: Tx, act: () => void): void => {
  uponCommit.get(tx)?.push(act)
}

/**
 * Runs `work` in a transaction. `work` may await only statements on its handle: anything else would
 * hold locks, and on the embedded home stop every other statement. A deadlock's victim runs again,
 * at most twice.
 */
export const inTransaction = async <T>(
  database: Database,
  work: (tx: Tx) => Promise<T>,
): Promise<T> => {
  for (let attempt = 1; ; attempt += 1) {
    const acts: (() => void)[] = []
    try {
      const result = await database.db.transaction().execute((tx) => {
        uponCommit.set(tx, acts)
        return work(tx)
      })
      for (const act of acts) act()
      return result
    } catch (error) {
      if (attempt === 3 || !mayRunAgain(error)) throw error
    }
  }
}

/** The open transaction in the form that pg-boss accepts. */
export const executorOf = (tx: Tx): SqlExecutor => ({
  executeSql: async (text, values = []) => {
    const { rows } = await tx.executeQuery(CompiledQuery.raw(text, [...values]))
    return { rows }
  },
})
