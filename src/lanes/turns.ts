import type { Clock } from '../lib/clock.ts'
import type { KeptLease } from './lease.ts'

/**
 * How long a sending lane keeps its place at least, because picking up an upload again costs some
 * reading.
 */
const TURN_MS = 30_000

type Held = Iterable<Pick<KeptLease, 'claimedAtMs' | 'isAside' | 'askToRest' | 'rest'>>

/**
 * Which lanes of one process are worked, which only wait for Genesys, and who makes room for
 * another.
 */
export type Turns = {
  /** One more lane may be claimed. */
  hasRoom(): boolean
  /**
   * There is no room, and a lane has had its turn. One lane at a time: not while another is
   * stopping.
   */
  isOneOver(): boolean
  /**
   * Asks the lane with the longest turn to stop between two batches. It goes to the end of the
   * queue.
   */
  endOne(): void
}

/**
 * `maxLanes` are worked at the same time. `maxHeld` are held, including those that only wait. At
 * the first limit a waiting lane makes room, at the second any lane.
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
