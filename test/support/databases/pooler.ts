import { spawn } from 'node:child_process'
import { chownSync, existsSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import pg from 'pg'

import { freePort } from '../gateway/free-port.ts'
import { serverUser, untilReady } from './postgres-server.ts'

const PROGRAM = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'].find((path) => existsSync(path))

/** Why no pooler can run here. false: one can. If `CI=true`, throws an error where none can. */
export const poolerSkip = (): string | false => {
  if (PROGRAM !== undefined) return false
  if (process.env['CI'] === 'true') throw new Error('pgbouncer is not installed')
  return 'pgbouncer is not installed'
}

/**
 * A PgBouncer in transaction mode in front of a database. Each transaction uses whichever of a few
 * connections is free.
 */
export type Pooler = { url: string; stop(): Promise<void> }

/** A pooler opens connections only on demand, so this keeps sending queries. */
const untilConnected = async (
  server: string,
  pooler: string,
  connections: number,
): Promise<void> => {
  const asking = new pg.Client({ connectionString: pooler })
  const looking = new pg.Client({ connectionString: server })
  await Promise.all([asking.connect(), looking.connect()])
  const opened = `select count(*)::int as n from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()`
  while ((await looking.query<{ n: number }>(opened)).rows[0]!.n < connections) {
    await asking.query('select 1')
    await delay(20)
  }
  await Promise.all([asking.end(), looking.end()])
}

/**
 * `connections`: how many the pooler keeps to the server. All of them are open from the beginning,
 * so that they are used in turn.
 */
export const startPooler = async (url: string, connections: number): Promise<Pooler> => {
  const user = serverUser()
  if (user === 'none' || PROGRAM === undefined) throw new Error('pgbouncer cannot run here')
  const target = new URL(url)
  const directory = await mkdtemp(join(tmpdir(), 'gateway-pooler-'))
  const port = await freePort()
  const database = target.pathname.slice(1)
  const settings = join(directory, 'pgbouncer.ini')
  writeFileSync(
    settings,
    `[databases]
${database} = host=${target.hostname} port=${target.port} dbname=${database} user=${target.username} password=${target.password || 'none'}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = ${connections}
min_pool_size = ${connections}
max_client_conn = 200
server_round_robin = 1
`,
  )
  if (user) for (const path of [directory, settings]) chownSync(path, user.uid, user.gid)
  const child = spawn(PROGRAM, [settings], { ...user, cwd: directory, stdio: 'ignore' })
  const kill = (): void => {
    child.kill('SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  }
  process.once('exit', kill)
  target.port = String(port)
  await untilReady(target.href, child)
  await untilConnected(url, target.href, connections)
  return {
    url: target.href,
    stop: async () => {
      process.off('exit', kill)
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await ended
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
