import { readdirSync, readFileSync } from 'node:fs'

import pg from 'pg'

import type { StoreHome } from '../src/store/homes/open-store.ts'

/**
 * What a PostgreSQL server has done, and how much it holds, at one moment. Sizes include indexes
 * and TOAST.
 */
export type DatabaseFigures = {
  /**
   * Processor time of all processes of the server since it started. NaN if it runs on another
   * machine.
   */
  cpuSeconds: number
  walBytes: number
  chunkBytes: number
  registerBytes: number
  databaseBytes: number
  /** Connections that gateways hold open. */
  connections: number
}

/** Linux counts processor time of processes in hundredths of a second (proc(5), USER_HZ). */
const TICKS_A_SECOND = 100

/**
 * Reads the parent of a process, and its fields 14 to 17 (times of the process and of its ended
 * children), from /proc/pid/stat. These fields come after the name, which is in brackets.
 */
const statOf = (pid: string): { parent: string; ticks: number } | null => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0)
    return { parent: fields[1] ?? '', ticks }
  } catch {
    return null
  }
}

const serverCpuSeconds = (backendPid: number): number => {
  const server = statOf(String(backendPid))?.parent
  if (server === undefined) return NaN
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const stats = pids.map((pid) => ({ pid, stat: statOf(pid) }))
  const ticks = stats
    .filter(({ pid, stat }) => pid === server || stat?.parent === server)
    .reduce((sum, { stat }) => sum + (stat?.ticks ?? 0), 0)
  return ticks / TICKS_A_SECOND
}

/**
 * Reads the figures from the server of `home`. null on the embedded home, whose database is part of
 * the gateway's process.
 */
export const readDatabase = async (home: StoreHome): Promise<DatabaseFigures | null> => {
  if (home.kind === 'embedded') return null
  const client = new pg.Client({ connectionString: home.url })
  await client.connect()
  try {
    const { rows } = await client.query<Record<string, string>>(`
      select pg_backend_pid() as pid,
        pg_current_wal_insert_lsn() - '0/0'::pg_lsn as wal,
        coalesce(pg_total_relation_size(to_regclass('chunk')), 0) as chunks,
        coalesce(pg_total_relation_size(to_regclass('contact_register')), 0) as register,
        pg_database_size(current_database()) as database,
        (select count(*) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid()) as connections`)
    const row = rows[0] ?? {}
    return {
      cpuSeconds: serverCpuSeconds(Number(row['pid'])),
      walBytes: Number(row['wal']),
      chunkBytes: Number(row['chunks']),
      registerBytes: Number(row['register']),
      databaseBytes: Number(row['database']),
      connections: Number(row['connections']),
    }
  } finally {
    await client.end()
  }
}

/**
 * Runs VACUUM ANALYZE. Otherwise, the server would start this work by itself some time after many
 * new rows, and the next measurement would include its cost. Does nothing on the embedded home.
 */
export const tidyDatabase = async (home: StoreHome): Promise<void> => {
  if (home.kind === 'embedded') return
  const client = new pg.Client({ connectionString: home.url })
  await client.connect()
  await client.query('vacuum analyze')
  await client.end()
}
