import { CompiledQuery, type RawBuilder } from 'kysely'

import { sha256Hex } from '../../lib/digest.ts'
import type { Db, Tx } from './database.ts'
import { isStatementLost, mayRunAgain } from './sql-failure.ts'

/**
 * The names of statements with a fixed text. A server may keep their plans under these names,
 * because parsing and planning a statement that writes to five tables takes longer than running it.
 * A name is derived from the text of its statement. Two versions of the gateway behind one pooler
 * therefore never use the same name for different statements.
 */
const names = new Map<string, string>()
/**
 * True after a pooler has lost a name. Such a pooler may give each transaction a different
 * connection, on which the names are unknown. From then on, the process uses no names.
 */
let lost = false

/**
 * Registers a statement whose text never changes. Call it once for each text, when the module is
 * loaded.
 */
export const keptStatement = (text: string): string => {
  names.set(text, `gateway_${sha256Hex(text).slice(0, 16)}`)
  return text
}

/**
 * Runs a query whose text is always the same, under a kept plan and outside a transaction. Use it
 * if planning takes longer than running, for example for a query that searches for work and mostly
 * finds none.
 */
export const runKeptQuery = <Row>(db: Db, query: RawBuilder<Row>): Promise<readonly Row[]> => {
  const { sql: text, parameters } = query.compile(db)
  if (!names.has(text)) keptStatement(text)
  return runKept<Row>(db, text, parameters)
}

/**
 * Runs a query under a kept plan inside a transaction. If the name was lost, `inTransaction` runs
 * the transaction again.
 *
 * Do not use it for statements that find uploads by a list of ids or by their lane. A plan that was
 * made when there were few uploads reads all uploads, and this plan would be kept. It does not help
 * to look up each id separately. If the table is small and analysed, such a plan reads the whole
 * table for each id.
 */
export const executeKept = async <Row>(
  tx: Tx,
  query: RawBuilder<Row>,
): Promise<{ rows: readonly Row[] }> => {
  const compiled = query.compile(tx)
  if (!names.has(compiled.sql)) keptStatement(compiled.sql)
  return tx.executeQuery<Row>(compiled)
}

/**
 * The name under which the plan of the text is kept. undefined: the statement is sent without a
 * name.
 */
export const keptNameOf = (text: string): string | undefined => (lost ? undefined : names.get(text))

/** Call this with every error of a named statement. */
export const noteKeptFailure = (error: unknown): void => {
  if (isStatementLost(error)) lost = true
}

/**
 * Runs a kept statement outside a transaction. If a lost name, a deadlock or a serialisation
 * failure undid it, runs it again, at most twice.
 */
export const runKept = async <Row>(
  db: Db,
  text: string,
  values: readonly unknown[],
): Promise<readonly Row[]> => {
  const query = CompiledQuery.raw(text, [...values])
  for (let attempt = 1; ; attempt += 1) {
    try {
      return (await db.executeQuery<Row>(query)).rows
    } catch (error) {
      if (attempt === 3 || !mayRunAgain(error)) throw error
    }
  }
}
