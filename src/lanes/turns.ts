import type { Clock } from '../lib/clock.ts'
import type { KeptLease } from './lease.ts'

/**
 * The shortest time for which a lane keeps its place during one upload. Resuming an upload needs
 * reads, so lanes should not change too often.
 */
const TURN_MS = 30_000

type Held = Iterable<Pick<KeptLease, 'claimedAtMs' | 'isAside' | 'askToRest' | 'rest'>>

/**
 * Decides whether this process may claim another lane. If not, decides which lane must make room.
 */
export type Turns = {
  /** Whether one more lane may be claimed. */
  hasRoom(): boolean
  /**
   * true: there is no room, and a lane has kept its place for at least `TURN_MS`. Always false
   * while a lane is stopping, because only one lane makes room at a time.
   */
  isOneOver(): boolean
  /**
   * Asks one lane to stop between two batches: the lane that has kept its place longest. This lane
   * then goes to the end of the queue.
   */
  endOne(): void
}

/**
 * This process works on at most `maxLanes` lanes, and holds at most `maxHeld` lanes, including
 * lanes that only wait. When `maxLanes` is reached, a lane that is being worked on makes room. When
 * `maxHeld` is reached, any lane may make room.
 */
export const createTurns = (
  deps: { clock: Clock; maxLanes: number; maxHeld: number },
  held: () => Held,
): Turns => {
  const counts = () => {
    const all = [...held()]
    const worked = all.filter((lease) => !lease.isAside())
    const full = all.length >= deps.maxHeld ? all : worked.length >= deps.maxLanes ? worked : null
    return { all, full }
  }
  const over = () => {
    const { all, full } = counts()
    if (full === null || all.some(({ rest }) => rest.aborted)) return undefined
    const since = deps.clock.monotonicMs() - TURN_MS
    return full
      .filter(({ claimedAtMs }) => claimedAtMs <= since)
      .toSorted((one, other) => one.claimedAtMs - other.claimedAtMs)[0]
  }
  return {
    hasRoom: () => counts().full === null,
    isOneOver: () => over() !== undefined,
    endOne: () => over()?.askToRest(),
  }
}
