import { sql } from 'kysely'

/**
 * Instances check every 2 s; a clock this far past the last check has jumped, or no instance runs.
 * It is less than the rest of any lease that is renewed, which is 7 s: an instance that is alive
 * when the clock jumps has not lost its lease by then.
 */
const BEYOND_LOOK = `seen_at + interval '5 seconds'`

/**
 * The database's clock, but it stands still at a jump ahead until an instance has checked it.
 * Leases end by it, so no instance takes a lane from a live holder. For statements that wait for no
 * lock.
 */
export const STEADY_NOW = sql.raw(
  `(select least(clock_timestamp(), ${BEYOND_LOOK}) from database_clock)`,
)

/**
 * The latest time that has certainly come. It stands still while a jump of the clock is
 * unconfirmed. Everything that expires (a stored answer, a permission, a receipt) expires by this
 * time.
 */
export const CERTAIN_NOW_TEXT = `(select least(clock_timestamp(), ${BEYOND_LOOK}, doubted_from) from database_clock)`
export const CERTAIN_NOW = sql.raw(CERTAIN_NOW_TEXT)
