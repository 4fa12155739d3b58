import {
  type CompiledQuery,
  Kysely,
  PostgresAdapter,
  PostgresDialect,
  type PostgresPool,
  type PostgresPoolClient,
} from 'kysely'
import pg from 'pg'

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
 * Errors of a client are translated where they come in. One wrapper a client: the dialect keeps
 * what it knows by identity.
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

/** One statement, or several, over a connection that is given back. */
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

/** Kysely's lock of migrations is one of the session; `migrate` locks within its transaction. */
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
 * A statement as the bytes of its messages; what comes back is read by `pg`. It calls `prepare` to
 * send.
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

/** A query of one's own is answered by its callback alone: `pg` gives no promise for it. */
const answered = (client: pg.PoolClient, query: WrittenQuery): Promise<void> =>
  new Promise((resolve, reject) => {
    const asked = query as unknown as { callback: (error: Error | null) => void }
    asked.callback = (error) => (error ? reject(error) : resolve())
    client.query(query)
  })

/**
 * `pg` copies each parameter into a message that grows with it: three times its bytes to be
 * collected after each statement.
 */
const createWriteBytes = (pool: ServerPool): Database['writeBytes'] => {
  const idle: MessageWriter[] = []
  return ({ sql, parameters }: CompiledQuery) =>
    // Written once there is a connection for it: no more messages than connections, however many
    // wait.
    runOver(pool, async (client) => {
      const writer = idle.pop() ?? createMessageWriter()
      const message = writer.statement(sql, parameters as readonly WireValue[])
      // When it fails its bytes may still be on their way: then this writer is not used again.
      await answered(client, new WrittenQuery(sql, message))
      idle.push(writer)
    })
}

/**
 * A PostgreSQL server, shared by any number of instances. `url` may list several hosts, of which
 * the one that accepts writes is used. Defaults: `poolSize` 10 connections, `queryTimeoutMs` a
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
    // A database that is frozen or cut off, rather than down, must not hold a request or a lane for
    // ever.
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
    listen: createServerListener(deps.url),
    hasRoom: () => true,
    close: () => pool.end(),
  }
}
