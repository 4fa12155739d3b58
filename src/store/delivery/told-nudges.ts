import { sql, type RawBuilder } from 'kysely'

import type { Clock } from '../../lib/clock.ts'
import type { HearNudges } from '../../workflows/ports/delivery/heard-nudges.ts'
import type { Database } from '../homes/database.ts'

const CHANNEL = 'gateway_lane_nudged'

/**
 * An additional column for a select from `nudged`. It notifies all instances when the transaction
 * commits. Empty if there can be only one instance.
 */
export const tellOfNudge = ({ listen }: Database): RawBuilder<unknown> =>
  listen === null ? sql`` : sql`, pg_notify(${CHANNEL}, key || ' ' || nudges)`

/**
 * Reads a notification. null: a message of another version. The lane's holder then finds the count
 * when it renews its lease.
 */
const toldOf = (word: string): { laneKey: string; count: number } | null => {
  const at = word.lastIndexOf(' ')
  const count = Number(word.slice(at + 1))
  return at > 0 && Number.isInteger(count) ? { laneKey: word.slice(0, at), count } : null
}

/**
 * Listens for the notifications that `tellOfNudge` sends. There is only one instance on the
 * embedded home, so `nudge` is never called there.
 */
export const createHearNudges =
  ({ listen }: Database, clock: Clock): HearNudges =>
  (nudge) => {
    if (listen === null) return { hearing: Promise.resolve('none'), stop: async () => {} }
    const hear = (word: string): void => {
      const told = toldOf(word)
      if (told !== null) nudge(told.laneKey, told.count)
    }
    return listen({ channel: CHANNEL, hear, clock })
  }
