import { CompiledQuery, type Kysely, type Transaction } from 'kysely'

import type { SqlExecutor } from '../../workflows/ports/jobs/jobs.ts'
import type { TakeBytes } from '../endpoints/copied-rows.ts'
import type { Listen } from './server-listener.ts'
import { mayRunAgain } from './sql-failure.ts'

export type Db = Kysely<unknown>
export type Tx = Transaction<unknown>

/** One PostgreSQL database, on either home. */
export type Database = {
  readonly kind: 'embedded' | 'server'
  readonly db: Db
  /**
   * For statements outside a transaction. Accepts several statements in one call if there are no
   * values.
   */
  readonly sql: SqlExecutor
  /**
   * Runs one statement with large bytes among its values, in a separate transaction. The bytes are
   * sent in binary form.
   */
  writeBytes(statement: CompiledQuery): Promise<void>
  /**
   * Passes each row of a select to `take`. The select has two columns, a bigint and bytes. The
   * bytes are read in binary form, not as text. The select has no parameters, so put only numbers
   * into its text.
   */
  readBytes(select: string, take: TakeBytes): Promise<void>
  /** Listens to messages of other instances. null: there are no other instances. */
  readonly listen: Listen | null
  /**
   * Whether there is space for new work. Always true for a server, because the gateway cannot see
   * its disk.
   */
  hasRoom(): boolean
  close(): Promise<void>
}

const uponCommit = new WeakMap<Tx, (() => void)[]>()

/**
 * Runs `act` after the transaction has committed. If it does not commit, `act` does not run. A
 * crash after the commit may prevent `act`, so nothing may depend on `act`. `act` must not throw.
 */
export const afterCommit = (tx: Tx, act: () => void): void => {
  uponCommit.get(tx)?.push(act)
}

/**
 * Runs `work` in a transaction. `work` may await only statements on its handle. Anything else would
 * keep locks for long, and on the embedded home stop all other statements. If a deadlock, a
 * serialisation failure or a lost name of a kept statement undoes the transaction, `work` runs
 * again, at most twice.
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

/** The open transaction, in the form that pg-boss accepts. */
export const executorOf = (tx: Tx): SqlExecutor => ({
  executeSql: async (text, values = []) => {
    const { rows } = await tx.executeQuery(CompiledQuery.raw(text, [...values]))
    return { rows }
  },
})
