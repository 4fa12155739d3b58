import { sql } from 'kysely'

/**
 * After a check, the clock is trusted up to this time. Instances check every 2 s. If the clock is
 * more than 5 s past the last check, it has jumped, or no instance has checked it in time. A lease
 * that is renewed in time always has at least 7 s left, so a running instance does not lose its
 * leases by a jump.
 */
const BEYOND_LOOK = `seen_at + interval '5 seconds'`

/**
 * The time of the database's clock. After the clock has jumped ahead, this time does not advance
 * until an instance has checked the clock. This time decides when a lease has ended, so that no
 * instance takes a lane from a live holder. Use it in statements that do not wait for a lock.
 */
export const STEADY_NOW = sql.raw(
  `(select least(clock_timestamp(), ${BEYOND_LOOK}) from database_clock)`,
)

/**
 * The latest time that has certainly come. It does not advance while the clock is in doubt. The
 * clock is in doubt after a jump that nothing has confirmed, and after a time in which no instance
 * checked the clock. This time decides whether something with a final expiry (a stored answer, a
 * receipt, a permission) has expired.
 */
export const CERTAIN_NOW_TEXT = `(select least(clock_timestamp(), ${BEYOND_LOOK}, doubted_from) from database_clock)`
export const CERTAIN_NOW = sql.raw(CERTAIN_NOW_TEXT)
