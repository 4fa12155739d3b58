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
import { isUnanswered, sqlFailure } from './sql-failure.ts'

type Query = (text: string, values: readonly unknown[]) => Promise<pg.QueryResult>

/** Errors of a client are translated where they come in. One wrapper a client: the dialect keeps what it knows by identity. */
const forKysely = (pool: pg.Pool): PostgresPool => {
  const wrappers = new WeakMap<pg.PoolClient, PostgresPoolClient>()
  const wrap = (client: pg.PoolClient): PostgresPoolClient => {
    const known = wrappers.get(client)
    if (known) return known
    // A connection that breaks while idle in our hands is heard of at the next statement.
    client.on('error', () => {})
    const query: Query = async (text, values) => {
      const name = keptNameOf(text)
      try {
        return name === undefined
          ? await client.query(text, values as unknown[])
          : await client.query({ name, text, values: values as unknown[] })
      } catch (error) {
        if (name !== undefined) noteKeptFailure(sqlFailure(error))
        // Ended, or the rollback and whoever has the connection next wait behind the statement.
        if (isUnanswered(error)) void (client as pg.PoolClient & pg.Client).end().catch(() => {})
        throw sqlFailure(error)
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
    connect: async () => {
      try {
        return wrap(await pool.connect())
      } catch (error) {
        throw sqlFailure(error)
      }
    },
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

/** A statement as the bytes of its messages; what comes back is read by `pg`. It calls `prepare` to send. */
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

/** `pg` copies each parameter into a message that grows with it: three times its bytes to be collected after each statement. */
const createWriteBytes = (pool: pg.Pool): Database['writeBytes'] => {
  const idle: MessageWriter[] = []
  return async ({ sql, parameters }: CompiledQuery) => {
    const writer = idle.pop() ?? createMessageWriter()
    const message = writer.statement(sql, parameters as readonly WireValue[])
    try {
      // Typed as if whoever gives a query of its own wanted no promise.
      await (pool.query(new WrittenQuery(sql, message)) as unknown as Promise<unknown>)
    } catch (error) {
      // Its bytes may still be on their way: this writer is not used again.
      throw sqlFailure(error)
    }
    idle.push(writer)
  }
}

/** A PostgreSQL server, shared by any number of instances. `poolSize` defaults to 10 connections, `queryTimeoutMs` to a minute. */
export const openServer = (deps: {
  url: string
  poolSize?: number
  queryTimeoutMs?: number
}): Database => {
  const pool = new pg.Pool({
    connectionString: deps.url,
    max: deps.poolSize ?? 10,
    application_name: 'outbound-gateway',
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // A database that is frozen or cut off, rather than down, must not hold a request or a lane for ever.
    query_timeout: deps.queryTimeoutMs ?? 60_000,
  })
  // Without a listener a broken idle connection ends the process; the pool replaces it by itself.
  pool.on('error', () => {})
  return {
    kind: 'server',
    db: new Kysely<unknown>({ dialect: new ServerDialect({ pool: forKysely(pool) }) }),
    sql: {
      executeSql: async (text, values = []) => {
        try {
          const result: pg.QueryResult | pg.QueryResult[] =
            values.length > 0 ? await pool.query(text, values) : await pool.query(text)
          return { rows: Array.isArray(result) ? result.flatMap((one) => one.rows) : result.rows }
        } catch (error) {
          throw sqlFailure(error)
        }
      },
    },
    writeBytes: createWriteBytes(pool),
    close: () => pool.end(),
  }
}
