import { StorageFull, StoreUnavailable } from '../../domain/problems/store-unavailable.ts'

/**
 * A failed statement, reduced to what may be logged. Drivers attach the statement and its values,
 * which may be personal data.
 */
export class SqlFailure extends Error {
  override readonly name = 'SqlFailure'
  /** The SQLSTATE of the failure. */
  readonly code: string
  readonly constraint: string | null
  constructor(code: string, message: string, constraint: string | null) {
    super(message)
    this.code = code
    this.constraint = constraint
  }
}

/**
 * The message for a standby, a demoted primary, and a database that was set to read only (25006).
 */
export const TAKES_NO_WRITES =
  'The database takes no writes: it is a standby, or is set to read only'
const READ_ONLY = '25006'
/** The codes of a refused login: a wrong password, or a role that may not log in. */
const LOGIN_REFUSED = /^28...$/

/**
 * The codes after which the database counts as unavailable:
 * - 08 (connection), 53 (no connection, memory or disk left) and 57P (shutdown)
 * - 58030: the disk fails
 * - 57014 and 55P03: the database cancelled the statement, because of `statement_timeout`,
 *   `lock_timeout` or a user's request
 * - 25P03 and 25P04: the database ended the session
 * - the errors of sockets and of the pool
 */
const UNAVAILABLE =
  /^(08...|53...|57P0.|57014|55P03|25P03|25P04|58030|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENOENT)$/
const BROKEN_CONNECTION =
  /connection terminated|timeout exceeded when trying to connect|not queryable/i
/** The message of `pg` after `query_timeout`. The error has no code. */
const NO_ANSWER = 'Query read timeout'

/**
 * Whether the driver stopped waiting for an answer that may still arrive. Nothing else may then be
 * sent over the connection.
 */
export const isUnanswered = (error: unknown): boolean =>
  error instanceof Error && error.message === NO_ANSWER

/** disk_full: the server could not extend a file. */
const DISK_FULL = '53100'

/** The error for a database that answers, but accepts no writes or no login. */
const refusalOf = (code: string): StoreUnavailable | null => {
  if (code === DISK_FULL) return new StorageFull()
  if (LOGIN_REFUSED.test(code)) {
    return new StoreUnavailable(
      `The database refuses the login (${code}). Check the user and the password in DATABASE_URL`,
    )
  }
  return code === READ_ONLY ? new StoreUnavailable(TAKES_NO_WRITES) : null
}

/** Translates an error of a driver into one of the store. Call it once, where the error arrives. */
export const sqlFailure = (error: unknown): Error => {
  if (!(error instanceof Error)) return new Error('The database driver threw no error object')
  if (error instanceof SqlFailure || error instanceof StoreUnavailable) return error
  const told = error as Error & { code?: unknown; constraint?: unknown }
  const code = typeof told.code === 'string' ? told.code : ''
  const message = error.message.slice(0, 300)
  const refused = refusalOf(code)
  if (refused !== null) return refused
  if (UNAVAILABLE.test(code) || BROKEN_CONNECTION.test(message) || isUnanswered(error)) {
    return new StoreUnavailable(`The database does not answer${code ? ` (${code})` : ''}`)
  }
  // 22P02, 22P03, 22007 and 22008: the message contains the value, so it must not be passed on.
  const safe = code.startsWith('22') ? 'A value does not fit its type' : message
  return new SqlFailure(code, safe, typeof told.constraint === 'string' ? told.constraint : null)
}

/**
 * invalid_sql_statement_name and duplicate_prepared_statement: a pooler sent a named statement over
 * a connection that does not have the name.
 */
const STATEMENT_LOST = ['26000', '42P05']

/**
 * Whether a statement failed because a pooler lost its name. The process then uses no names
 * (`noteKeptFailure`).
 */
export const isStatementLost = (error: unknown): boolean =>
  error instanceof SqlFailure && STATEMENT_LOST.includes(error.code)

/**
 * Whether the transaction had no effect and may run again: after a deadlock, a serialisation
 * failure, or a lost name.
 */
export const mayRunAgain = (error: unknown): boolean =>
  isStatementLost(error) ||
  (error instanceof SqlFailure && (error.code === '40P01' || error.code === '40001'))

/**
 * Whether a row was refused because the row to which it belongs is gone (foreign key violation,
 * 23503).
 */
export const isOwnerGone = (error: unknown): boolean =>
  error instanceof SqlFailure && error.code === '23503'
