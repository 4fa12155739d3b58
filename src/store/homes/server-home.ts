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
import type { WireValue } from '../endpoints/wire-message.ts'
import type { Database } from './database.ts'
import { keptNameOf, noteKeptFailure } from './kept-statements.ts'
import { createServerListener } from './server-listener.ts'
import { createServerPool, type ServerPool } from './server-pool.ts'
import { answered, createSendWritten, holdsLargeBytes, type SendWritten } from './written-query.ts'

type Query = (text: string, values: readonly unknown[]) => Promise<pg.QueryResult>

/**
 * The pool in the form that Kysely accepts. It translates the errors of a client. Each client has
 * one wrapper, because the dialect recognises clients by identity.
 */
const forKysely = (pool: ServerPool, send: SendWritten): PostgresPool => {
  const wrappers = new WeakMap<pg.PoolClient, PostgresPoolClient>()
  const ask = (
    client: pg.PoolClient,
    name: string | undefined,
    text: string,
    values: readonly unknown[],
  ): Promise<pg.QueryResult> => {
    if (name !== undefined) return client.query({ name, text, values: values as unknown[] })
    if (holdsLargeBytes(values)) return send(client, text, values)
    return client.query(text, values as unknown[])
  }
  const wrap = (client: pg.PoolClient): PostgresPoolClient => {
    const known = wrappers.get(client)
    if (known) return known
    const query: Query = async (text, values) => {
      const name = keptNameOf(text)
      try {
        const result = await ask(client, name, text, values)
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

const createWriteBytes =
  (pool: ServerPool, send: SendWritten): Database['writeBytes'] =>
  async ({ sql, parameters }: CompiledQuery) =>
    // The message is written only when there is a connection. So there are never more messages in
    // memory than connections.
    void (await runOver(pool, (client) => send(client, sql, parameters as readonly WireValue[])))

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
  const send = createSendWritten()
  return {
    kind: 'server',
    db: new Kysely<unknown>({ dialect: new ServerDialect({ pool: forKysely(pool, send) }) }),
    sql: {
      executeSql: async (text, values = []) => {
        const result: pg.QueryResult | pg.QueryResult[] = await runOver(pool, (client) =>
          values.length > 0 ? client.query(text, values) : client.query(text),
        )
        return { rows: Array.isArray(result) ? result.flatMap((one) => one.rows) : result.rows }
      },
    },
    writeBytes: createWriteBytes(pool, send),
    readBytes: createReadBytes(pool),
    listen: createServerListener(deps.url),
    hasRoom: () => true,
    close: () => pool.end(),
  }
}
