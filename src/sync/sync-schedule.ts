const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/**
 * The waits after the first, second and later failed attempts. They are about 75 h in all (Standard
 * Webhooks 1.0, "deliverability").
 */
export const SYNC_SCHEDULE_MS: readonly number[] = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
]
/**
 * Each wait gets longer by a random time of at most this share. Deliveries that failed together are
 * therefore not all repeated at the same moment.
 */
const JITTER = 0.1

/**
 * Milliseconds until the next attempt after `attempts` failed attempts. null: the schedule is used
 * up.
 */
export const nextSyncInMs = (attempts: number, random: () => number): number | null => {
  const waitMs = SYNC_SCHEDULE_MS[attempts - 1]
  return waitMs === undefined ? null : Math.round(waitMs * (1 + JITTER * random()))
}
