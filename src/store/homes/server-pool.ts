import pg from 'pg'

import { StoreUnavailable } from '../../domain/problems/store-unavailable.ts'
import { urlsOfHosts } from '../../lib/database-url.ts'
import { isUnanswered, sqlFailure, TAKES_NO_WRITES } from './sql-failure.ts'

/** A pool of connections to the host that accepts writes. */
export type ServerPool = {
  readonly options: pg.PoolConfig
  /**
   * A connection to a host that accepted writes before the connection was first used. Throws
   * `StoreUnavailable` if there is no such host.
   */
  connect(): Promise<pg.PoolClient>
  /**
   * Translates the error of a statement over `client`. Ends the connection if it can no longer be
   * used.
   */
  failed(client: pg.PoolClient, error: unknown): Error
  /**
   * Throws `StoreUnavailable` if the last commit over `client` may be on the primary only. Its
   * outcome is then unknown, because the commit is lost if the primary is lost.
   */
  assertReplicated(client: pg.PoolClient): void
  end(): Promise<void>
}

const READ_ONLY = `select pg_is_in_recovery() or current_setting('transaction_read_only')::boolean as read_only`

/**
 * The function in PostgreSQL that reports that a commit no longer waits for the standbys. The
 * report is a warning, and the commit continues (syncrep.c).
 */
const GIVEN_UP_WAITING = 'SyncRepWaitForLSN'

/**
 * Checks, before a connection is used first, that its host accepts writes. The check may take as
 * long as the login (`withinMs`). The `verify` of pg-pool cannot do this: it gives the connection
 * even to a caller that stopped waiting during the check, and then nobody returns the connection.
 */
const createCheck = (withinMs: number | undefined) => {
  const question = { text: READ_ONLY, query_timeout: withinMs }
  const passed = new WeakSet<pg.PoolClient>()
  return async (client: pg.PoolClient): Promise<void> => {
    if (passed.has(client)) return
    const { rows } = await client.query<{ read_only: boolean }>(question)
    if (rows[0]?.read_only === true) throw new StoreUnavailable(TAKES_NO_WRITES)
    passed.add(client)
  }
}

/**
 * Keeps the host to try next. It stays the same until `leave` switches to the next one of the list.
 */
const createHosts = (url: string) => {
  const urls = urlsOfHosts(url) ?? [url]
  let at = 0
  return {
    count: urls.length,
    at: () => at,
    url: () => urls[at] ?? url,
    /**
     * Switches to the next host, if `from` is still the present one. Many callers may notice at the
     * same time that the host fails.
     */
    leave: (from: number): void => {
      if (at === from) at = (at + 1) % urls.length
    },
  }
}

/**
 * A pool that records the host and the generation of each connection. A generation ends when its
 * host no longer accepts writes.
 */
const createGenerations = (url: string, config: pg.PoolConfig) => {
  const hosts = createHosts(url)
  let generation = 0
  const born = new WeakMap<pg.ClientBase, { generation: number; host: number }>()
  class HostClient extends pg.Client {
    constructor(options?: pg.ClientConfig) {
      super({ ...options, connectionString: hosts.url() })
      born.set(this, { generation, host: hosts.at() })
    }
  }
  const birthOf = (client: pg.PoolClient) => born.get(client)
  return {
    hosts,
    pool: new pg.Pool({ ...config, Client: HostClient }),
    check: createCheck(config.connectionTimeoutMillis),
    isOfNow: (client: pg.PoolClient): boolean => birthOf(client)?.generation === generation,
    /** Ends the generation of `client`. None of its connections is used again. */
    end: (client: pg.PoolClient): void => {
      const known = birthOf(client)
      if (known?.generation !== generation) return
      generation += 1
      hosts.leave(known.host)
    },
  }
}
type Generations = ReturnType<typeof createGenerations>

const connectOnce = async ({ pool, check, isOfNow }: Generations): Promise<pg.PoolClient> => {
  for (;;) {
    const client = await pool.connect()
    try {
      if (isOfNow(client)) await check(client)
    } catch (error) {
      client.release(true)
      throw error
    }
    // Asked again, because the generation may have ended during the check.
    if (isOfNow(client)) return client
    client.release(true)
  }
}

/** Connects to the host in use. If it is unavailable, tries each of the other hosts once. */
const connect = async (generations: Generations): Promise<pg.PoolClient> => {
  const { hosts } = generations
  for (let tried = 1; ; tried += 1) {
    const from = hosts.at()
    try {
      return await connectOnce(generations)
    } catch (error) {
      const failure = sqlFailure(error)
      if (failure instanceof StoreUnavailable) hosts.leave(from)
      if (!(failure instanceof StoreUnavailable) || tried >= hosts.count) throw failure
    }
  }
}

/**
 * Opens the pool. `url` may name several hosts. After a host has reported that it accepts no
 * writes, none of the connections opened before is used again.
 */
export const createServerPool = (url: string, config: pg.PoolConfig): ServerPool => {
  const generations = createGenerations(url, config)
  const { pool } = generations
  const unreplicated = new WeakSet<pg.PoolClient>()
  // Without this listener, an idle connection that breaks would end the process. The pool replaces
  // such a connection.
  pool.on('error', () => {})
  pool.on('connect', (client) => {
    // Nothing to do here: if a connection breaks between two statements of a caller, the next
    // statement fails.
    client.on('error', () => {})
    client.on('notice', ({ routine }) => {
      if (routine === GIVEN_UP_WAITING) unreplicated.add(client)
    })
  })
  return {
    options: pool.options,
    connect: () => connect(generations),
    failed: (client, error) => {
      const failure = sqlFailure(error)
      const readOnly = failure instanceof StoreUnavailable && failure.message === TAKES_NO_WRITES
      if (readOnly) generations.end(client)
      // The connection is ended. Otherwise the rollback, and the next user of the connection, would
      // wait for the statement.
      if (readOnly || isUnanswered(error)) {
        void (client as pg.PoolClient & pg.Client).end().catch(() => {})
      }
      return failure
    },
    assertReplicated: (client) => {
      if (!unreplicated.delete(client)) return
      throw new StoreUnavailable(
        'The standby did not confirm a commit, so the outcome of the commit is unknown',
      )
    },
    end: () => pool.end(),
  }
}
