import { sql } from 'kysely'

import type { ClockLook, DatabaseClock } from '../../workflows/ports/clock/database-clock.ts'
import { inTransaction, type Database, type Db, type Tx } from '../homes/database.ts'
import { followAhead, followBack } from './clock-jump.ts'

/**
 * If the clock and the elapsed time differ by no more than this, the difference counts as a
 * correction of the clock, or as the time that the answer took.
 */
const TOLERANCE_MS = 2_000
/**
 * For the first check of a process. If the last check was less than this time ago, the process was
 * only restarted. The time without checks then raises no doubt about the clock.
 */
const AWAY_MS = 60_000
/**
 * A clock is trusted if all its jumps together come to at most this. The checks run every few
 * seconds and add up the jumps.
 */
const BELIEVED_MS = 30_000
/** A check this soon after another one writes nothing. */
const FRESH_MS = 1_000

/**
 * `at`: the time of this check by the database's clock. It is stored as `seen_at`, and the next
 * check measures its gap from there.
 */
type ClockRow = {
  at: string
  now_ms: number
  gap_ms: number
  doubted: boolean
  off_ms: number | null
}

const read = async (db: Db): Promise<ClockRow> => {
  const { rows } =
    await sql<ClockRow>`select now.at::text, (extract(epoch from now.at) * 1000)::float8 as now_ms,
      (extract(epoch from now.at - seen_at) * 1000)::float8 as gap_ms, doubted_from is not null as doubted,
      off_ms::float8 as off_ms
    from database_clock cross join lateral (select clock_timestamp() as at offset 0) as now`.execute(
      db,
    )
  return rows[0]!
}

/**
 * By how many milliseconds the clock has jumped since the last check. Negative: it was set back.
 * null: no jump was found. `elapsedMs`: an upper limit of the real time that has passed. null:
 * unknown. Only a jump back can then be found.
 */
const jumpOf = (gapMs: number, elapsedMs: number | null): number | null => {
  const jumpedMs = gapMs - (elapsedMs ?? 0)
  if (gapMs < -TOLERANCE_MS) return jumpedMs
  return elapsedMs !== null && jumpedMs > TOLERANCE_MS ? jumpedMs : null
}

/**
 * Adds up the jumps. Returns whether the clock is in doubt. If the total of the jumps is known and
 * at most `BELIEVED_MS`, a doubt ends without a confirmation.
 */
const noteJump = async (tx: Tx, row: ClockRow, jumpMs: number): Promise<boolean> => {
  const known = !row.doubted || row.off_ms !== null
  const offMs = known ? Math.round((row.off_ms ?? 0) + jumpMs) : null
  if (offMs !== null && Math.abs(offMs) <= BELIEVED_MS) {
    await sql`update database_clock set seen_at = ${row.at}::timestamptz, doubted_from = null, off_ms = null`.execute(
      tx,
    )
    return false
  }
  await sql`update database_clock set seen_at = ${row.at}::timestamptz, off_ms = ${offMs}::bigint,
    doubted_from = least(doubted_from, seen_at, ${row.at}::timestamptz)`.execute(tx)
  return true
}

const lookAgain = async (tx: Tx, elapsedMs: () => number | null): Promise<ClockLook> => {
  // A separate statement, because the time must be read after the wait for the lock.
  await sql`select 1 from database_clock for update`.execute(tx)
  const row = await read(tx)
  const elapsed = elapsedMs()
  const jumpedMs = jumpOf(row.gap_ms, elapsed)
  const found = { nowMs: row.now_ms, jumpedMs, awayMs: null, doubted: row.doubted }
  if (jumpedMs !== null) {
    if (jumpedMs < 0) await followBack(tx, -jumpedMs)
    else await followAhead(tx, jumpedMs)
    return { ...found, doubted: await noteJump(tx, row, jumpedMs) }
  }
  const awayMs = elapsed === null && row.gap_ms > AWAY_MS ? row.gap_ms : null
  await sql`update database_clock set seen_at = ${row.at}::timestamptz,
    doubted_from = case when ${awayMs !== null} then least(doubted_from, seen_at) else doubted_from end,
    off_ms = case when ${awayMs !== null} then null else off_ms end`.execute(tx)
  return { ...found, awayMs, doubted: row.doubted || awayMs !== null }
}

/**
 * The clock check, implemented in SQL. Call `open` before anything else uses the clock. It makes
 * the first check, and the next `look` reports the result of that check.
 */
export const createDatabaseClock = (
  database: Database,
): DatabaseClock & { open(): Promise<void> } => {
  let untold: Pick<ClockLook, 'jumpedMs' | 'awayMs'> | null = null
  const look: DatabaseClock['look'] = async (elapsedMs) => {
    const seen = await read(database.db)
    if (seen.gap_ms >= 0 && seen.gap_ms < FRESH_MS) {
      return { nowMs: seen.now_ms, jumpedMs: null, awayMs: null, doubted: seen.doubted }
    }
    return inTransaction(database, (tx) => lookAgain(tx, elapsedMs))
  }
  return {
    open: async () => {
      untold = await look(() => null)
    },
    look: async (elapsedMs) => {
      const found = await look(elapsedMs)
      const before = untold
      untold = null
      return {
        ...found,
        jumpedMs: found.jumpedMs ?? before?.jumpedMs ?? null,
        awayMs: found.awayMs ?? before?.awayMs ?? null,
      }
    },
    confirm: async () => {
      await sql`update database_clock set doubted_from = null, off_ms = null where doubted_from is not null`.execute(
        database.db,
      )
    },
  }
}
