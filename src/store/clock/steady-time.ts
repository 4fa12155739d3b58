import { sql } from 'kysely'

/**
 * Instances look every 2 s; a clock this far past the last look has jumped, or no instance runs.
 * Less than what is left of the lease of anybody who renews it, which is 7 s: whoever is alive when
 * the clock jumps has not lost it by then.
 */
const BEYOND_LOOK = `seen_at + interval '5 seconds'`

/**
 * The database's clock, except that it stands still at a jump ahead until an instance has looked.
 * Leases end by it: nobody takes a lane from a holder that is alive. For statements that wait for
 * no lock.
 */
export const STEADY_NOW = sql.raw(
  `(select least(clock_timestamp(), ${BEYOND_LOOK}) from database_clock)`,
)

/**
 * The latest time that has certainly come: it stands still while a jump of the clock is
 * unconfirmed. Everything that expires (a stored answer, a permission, a receipt) expires by this
 * time.
 */
export const CERTAIN_NOW_TEXT = `(select least(clock_timestamp(), ${BEYOND_LOOK}, doubted_from) from database_clock)`
export const CERTAIN_NOW = sql.raw(CERTAIN_NOW_TEXT)
