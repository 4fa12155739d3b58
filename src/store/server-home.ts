import {
  type CompiledQuery,
  Kysely,
  PostgresDialect,
  type PostgresPool,
  type PostgresPoolClient,
} from 'kysely'
import pg from 'pg'

import type { Database } from './database.ts'
import { sqlFailure } from './sql-failure.ts'

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
      try {
        return await client.query(text, values as unknown[])
      } catch (error) {
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

/** A PostgreSQL server, shared by any number of instances. `poolSize` defaults to 10 connections. */
export const openServer = (deps: { url: string; poolSize?: number }): Database => {
  const pool = new pg.Pool({
    connectionString: deps.url,
    max: deps.poolSize ?? 10,
    application_name: 'outbound-gateway',
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // A database that is frozen or cut off, rather than down, must not hold a request or a lane for ever.
    query_timeout: 60_000,
  })
  // Without a listener a broken idle connection ends the process; the pool replaces it by itself.
  pool.on('error', () => {})
  return {
    kind: 'server',
    db: new Kysely<unknown>({ dialect: new PostgresDialect({ pool: forKysely(pool) }) }),
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
    writeBytes: async ({ sql, parameters }: CompiledQuery) => {
      try {
        await pool.query(sql, [...parameters])
      } catch (error) {
        throw sqlFailure(error)
      }
    },
    close: () => pool.end(),
  }
}
