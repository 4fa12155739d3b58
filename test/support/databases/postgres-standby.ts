import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

import { findPrograms, launch, makePlace, type PostgresServer } from './postgres-server.ts'

/**
 * Starts a standby that follows `primary`, made by `pg_basebackup`. Only the system's PostgreSQL
 * has this program.
 */
export const startStandby = async (primary: PostgresServer): Promise<PostgresServer> => {
  const programs = findPrograms()
  assert.ok(programs !== null)
  const place = await makePlace()
  const { hostname, port } = new URL(primary.url)
  const from = ['-h', hostname, '-p', port, '-U', 'postgres', '-D', place.data]
  execFileSync(
    join(programs, 'pg_basebackup'),
    [...from, '-R', '-c', 'fast', '--no-sync'],
    place.as,
  )
  return launch(programs, place, {})
}

/** Why there can be no standby here. false: there can. */
export const standbySkip = (): string | false =>
  findPrograms() !== null && process.env['TEST_DATABASE_URL'] === undefined
    ? false
    : 'no PostgreSQL of the system'
