import {
  type CompiledQuery,
  Kysely,
  PostgresAdapter,
  PostgresDialect,
  type PostgresPool,
  type PostgresPoolClient,
} from 'kysely'
import pg from 'pg'

import { createCopiedRows } from '../endpoints/copied-rows.ts'
import {
  createMessageWriter,
  type MessageWriter,
  type WireValue,
} from '../endpoints/wire-message.ts'
import type { Database } from './database.ts'
import { keptNameOf, noteKeptFailure } from './kept-statements.ts'
import { createServerListener } from './server-listener.ts'
import { createServerPool, type ServerPool } from './server-pool.ts'

type Query = (text: string, values: readonly unknown[]) => Promise<pg.QueryResult>

/**
 * The pool in the form that Kysely accepts. It translates the errors of a client. Each client has
 * one wrapper, because the dialect recognises clients by identity.
 */
const forKysely = (pool: ServerPool): PostgresPool => {
  const wrappers = new WeakMap<pg.PoolClient, PostgresPoolClient>()
  const wrap = (client: pg.PoolClient): PostgresPoolClient => {
    const known = wrappers.get(client)
    if (known) return known
    const query: Query = async (text, values) => {
      const name = keptNameOf(text)
      try {
        const result =
          name === undefined
            ? await client.query(text, values as unknown[])
            : await client.query({ name, text, values: values as unknown[] })
        pool.assertReplicated(client)
        return result
      } catch (error) {
        const failure = pool.failed(client, error)
        if (name !== undefined) noteKeptFailure(failure)
        throw failure
      }
    }
    const made = {
      query,
      get processID() {
        return (client as unknown as { processID?: number }).processID
      },
      release: (destroy?: boolean) => client.release(destroy),
    } as unknown as PostgresPoolClient
    wrappers.set(client, made)
    return made
  }
  return {
    options: pool.options,
    end: () => pool.end(),
    connect: async () => wrap(await pool.connect()),
  }
}

/**
 * Runs `work` with a connection, and returns the connection to the pool. After an error, the
 * connection is closed.
 */
const runOver = async <T>(
  pool: ServerPool,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> => {
  const client = await pool.connect()
  try {
    const result = await work(client)
    pool.assertReplicated(client)
    client.release()
    return result
  } catch (error) {
    client.release(true)
    throw pool.failed(client, error)
  }
}

/**
 * Kysely's migration lock belongs to a session, which a pooler may share among clients. `migrate`
 * locks within its transaction instead.
 */
class LocklessAdapter extends PostgresAdapter {
  override async acquireMigrationLock(): Promise<void> {}
  override async releaseMigrationLock(): Promise<void> {}
}

class ServerDialect extends PostgresDialect {
  override createAdapter(): PostgresAdapter {
    return new LocklessAdapter()
  }
}

/**
 * A statement whose messages are already written. `pg` calls `prepare` to send them, and reads the
 * answer.
 */
class WrittenQuery extends pg.Query {
  readonly #message: Uint8Array
  constructor(text: string, message: Uint8Array) {
    super({ text })
    this.#message = message
  }
  requiresPreparation(): boolean {
    return true
  }
  prepare(connection: pg.Connection): void {
    connection.stream.write(this.#message)
  }
}

/**
 * Sends the query. `pg` reports the result of such a query only to its callback, and returns no
 * promise.
 */
const answered = (client: pg.PoolClient, query: pg.Query): Promise<void> =>
  new Promise((resolve, reject) => {
    const asked = query as unknown as { callback: (error: Error | null) => void }
    asked.callback = (error) => (error ? reject(error) : resolve())
    client.query(query)
  })

/**
 * A select that runs as a COPY, so that its rows arrive in binary form. `pg` reads the results of
 * other statements as text, which needs twice the bytes.
 */
class CopiedQuery extends pg.Query {
  readonly #read: (message: Buffer) => void
  /** The error that the reader threw. All later rows are skipped. */
  failure: Error | null = null
  constructor(select: string, read: (message: Buffer) => void) {
    super({ text: `copy (${select}) to stdout (format binary)` })
    this.#read = read
  }
  handleCopyData({ chunk }: { chunk: Buffer }): void {
    if (this.failure !== null) return
    try {
      this.#read(chunk)
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error('A row could not be read')
    }
  }
}

const createReadBytes =
  (pool: ServerPool): Database['readBytes'] =>
  async (select, take) => {
    const query = new CopiedQuery(select, createCopiedRows(take))
    await runOver(pool, (client) => answered(client, query))
    if (query.failure !== null) throw query.failure
  }

/**
 * Sends large bytes with one copy, into a buffer that is used again. `pg` copies each parameter
 * into a growing message, and three times the bytes would be garbage after each statement.
 */
const createWriteBytes = (pool: ServerPool): Database['writeBytes'] => {
  const idle: MessageWriter[] = []
  return ({ sql, parameters }: CompiledQuery) =>
    // The message is written only when there is a connection. So there are never more messages in
    // memory than connections.
    runOver(pool, async (client) => {
      const writer = idle.pop() ?? createMessageWriter()
      const message = writer.statement(sql, parameters as readonly WireValue[])
      // If this call fails, the connection may still use the bytes. The writer of these bytes is
      // then not used again.
      await answered(client, new WrittenQuery(sql, message))
      idle.push(writer)
    })
}

/**
 * Opens a PostgreSQL server, which any number of instances may share. If `url` lists several hosts,
 * the one that accepts writes is used. Defaults: `poolSize` 10 connections, `queryTimeoutMs` one
 * minute.
 */
export const openServer = (deps: {
  url: string
  poolSize?: number
  queryTimeoutMs?: number
}): Database => {
  const pool = createServerPool(deps.url, {
    max: deps.poolSize ?? 10,
    application_name: 'outbound-gateway',
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // If a database is frozen or cut off but not down, a request or a lane must not wait for it
    // forever.
    query_timeout: deps.queryTimeoutMs ?? 60_000,
  })
  return {
    kind: 'server',
    db: new Kysely<unknown>({ dialect: new ServerDialect({ pool: forKysely(pool) }) }),
    sql: {
      executeSql: async (text, values = []) => {
        const result: pg.QueryResult | pg.QueryResult[] = await runOver(pool, (client) =>
          values.length > 0 ? client.query(text, values) : client.query(text),
        )
        return { rows: Array.isArray(result) ? result.flatMap((one) => one.rows) : result.rows }
      },
    },
    writeBytes: createWriteBytes(pool),
    readBytes: createReadBytes(pool),
    listen: createServerListener(deps.url),
    hasRoom: () => true,
    close: () => pool.end(),
  }
}
