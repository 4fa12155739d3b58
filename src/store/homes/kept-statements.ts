import { CompiledQuery, type RawBuilder } from 'kysely'

import { sha256Hex } from '../../lib/digest.ts'
import type { Db, Tx } from './database.ts'
import { isStatementLost, mayRunAgain } from './sql-failure.ts'

/**
 * Statements of one text each, whose plans a server may keep under a name: parsing and planning one
 * that writes to five tables takes it longer than running it. By their text, so that instances of
 * two versions behind one pooler never mean different statements by one name.
 */
const names = new Map<string, string>()
/**
 * A pooler that gives each transaction another connection, and does not carry names over, loses
 * them: then nobody uses any.
 */
let lost = false

/** Registers a text that never changes. Call it once for each, when a module is loaded. */
export const keptStatement = (text: string): string => {
  names.set(text, `gateway_${sha256Hex(text).slice(0, 16)}`)
  return text
}

/**
 * The same for a query whose text is the same each time, such as one that looks for work. Parsing
 * and planning it takes longer than finding that there is none.
 */
export const runKeptQuery = <Row>(db: Db, query: RawBuilder<Row>): Promise<readonly Row[]> => {
  const { sql: text, parameters } = query.compile(db)
  if (!names.has(text)) keptStatement(text)
  return runKept<Row>(db, text, parameters)
}

/**
 * The same, inside a transaction, which `inTransaction` runs again if the name was lost. Not for
 * statements that find uploads by a list of ids or by their lane: a plan from a time with few of
 * them reads all of them, and would be kept.
 */
export const executeKept = async <Row>(
  tx: Tx,
  query: RawBuilder<Row>,
): Promise<{ rows: readonly Row[] }> => {
  const compiled = query.compile(tx)
  if (!names.has(compiled.sql)) keptStatement(compiled.sql)
  return tx.executeQuery<Row>(compiled)
}

/** The name under which the text's plan is kept. undefined: it is sent without one. */
export const keptNameOf = (text: string): string | undefined => (lost ? undefined : names.get(text))

/** Called with each error of a named statement. */
export const noteKeptFailure = (error: unknown): void => {
  if (isStatementLost(error)) lost = true
}

/**
 * Runs a kept statement outside any transaction. Runs it again if a lost name, or a deadlock, undid
 * it.
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
