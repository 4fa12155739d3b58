import pg from 'pg'

import { StoreUnavailable } from '../../domain/problems/store-unavailable.ts'
import { urlsOfHosts } from '../../lib/database-url.ts'
import { isUnanswered, sqlFailure, TAKES_NO_WRITES } from './sql-failure.ts'

/** Connections to the host that accepts writes. */
export type ServerPool = {
  readonly options: pg.PoolConfig
  /** A connection to the primary, checked as it was opened. Throws `StoreUnavailable`. */
  connect(): Promise<pg.PoolClient>
  /**
   * Translates what a statement over `client` failed with; a connection that is good for nothing
   * more is ended.
   */
  failed(client: pg.PoolClient, error: unknown): Error
  /**
   * Throws `StoreUnavailable` when the last commit over `client` may be lost with the primary: then
   * its outcome is unknown.
   */
  assertReplicated(client: pg.PoolClient): void
  end(): Promise<void>
}

const READ_ONLY = `select pg_is_in_recovery() or current_setting('transaction_read_only')::boolean as read_only`

/**
 * Where PostgreSQL reports that it no longer waits for its standbys: a warning after which the
 * commit continues; source: syncrep.c.
 */
const GIVEN_UP_WAITING = 'SyncRepWaitForLSN'

/** Asked of every connection before its first use. */
const verify = (client: pg.PoolClient, tell: (error?: Error) => void): void => {
  client.query<{ read_only: boolean }>(READ_ONLY).then(
    ({ rows }) =>
      tell(rows[0]?.read_only === true ? new StoreUnavailable(TAKES_NO_WRITES) : undefined),
    (error: unknown) => tell(sqlFailure(error)),
  )
}

/** Which of the hosts is tried next: the one that was good last, until it is not. */
const createHosts = (url: string) => {
  const urls = urlsOfHosts(url) ?? [url]
  let at = 0
  return {
    count: urls.length,
    at: () => at,
    url: () => urls[at] ?? url,
    /** Passes over the host `from`, once for all who found it so. */
    leave: (from: number): void => {
      if (at === from) at = (at + 1) % urls.length
    },
  }
}

/**
 * A pool whose every connection knows which host it leads to, and of which generation it is; a
 * generation ends when its host is demoted.
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
    pool: new pg.Pool({ ...config, verify, Client: HostClient }),
    isOfNow: (client: pg.PoolClient): boolean => birthOf(client)?.generation === generation,
    /** Every connection of the generation of `client` is of yesterday. */
    end: (client: pg.PoolClient): void => {
      const known = birthOf(client)
      if (known?.generation !== generation) return
      generation += 1
      hosts.leave(known.host)
    },
  }
}
type Generations = ReturnType<typeof createGenerations>

const connectOnce = async ({ pool, isOfNow }: Generations): Promise<pg.PoolClient> => {
  for (;;) {
    const client = await pool.connect()
    if (isOfNow(client)) return client
    client.release(true)
  }
}

/** Each host is tried once, from the one that was good last. */
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
 * `url` may list hosts. After a host has reported that it accepts no writes, no connection to it is
 * used any more.
 */
export const createServerPool = (url: string, config: pg.PoolConfig): ServerPool => {
  const generations = createGenerations(url, config)
  const { pool } = generations
  const unreplicated = new WeakSet<pg.PoolClient>()
  // Without a listener a broken idle connection ends the process; the pool replaces it by itself.
  pool.on('error', () => {})
  pool.on('connect', (client) => {
    // A connection that breaks while idle in our hands is heard of at the next statement.
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
      // Ended, or the rollback and whoever has the connection next wait behind the statement.
      if (readOnly || isUnanswered(error)) {
        void (client as pg.PoolClient & pg.Client).end().catch(() => {})
      }
      return failure
    },
    assertReplicated: (client) => {
      if (!unreplicated.delete(client)) return
      throw new StoreUnavailable(
        'A commit may not have reached the standby: its outcome is unknown',
      )
    },
    end: () => pool.end(),
  }
}
