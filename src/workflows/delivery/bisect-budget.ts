import type { Clock } from '../../lib/clock.ts'

/**
 * How many requests a lane may spend in ten minutes to find out which rows Genesys refuses [design:
 * 3].
 */
export const MAX_EXTRA_REQUESTS = 50
const WINDOW_MS = 10 * 60_000

/**
 * Counts the extra requests of a lane. An extra request is sent only because Genesys refused an
 * earlier request, or because the job of an earlier request failed as a whole. The count covers all
 * uploads of the lane.
 */
export type BisectBudget = {
  /**
   * Call this when a run of the upload begins. If the budget was the reason for a hold of this
   * upload, a person has checked and resumed the upload. The lane then counts from zero again.
   */
  begin(uploadId: string): void
  spend(requests: number): void
  /** Whether the lane has spent more than its budget for ten minutes. */
  isSpent(): boolean
  /** Call this when the upload is held because the budget is spent. */
  hold(uploadId: string): void
}

/**
 * The budget of each lane, by its key. The process that works on the lane keeps the counts in
 * memory, by the monotonic clock. If a lane moves to another process, its count starts from zero,
 * so each move may cost up to 50 more requests. In return, a refusal costs no database statement.
 */
export const createBisectBudgets = (
  clock: Pick<Clock, 'monotonicMs'>,
): ((laneKey: string) => BisectBudget) => {
  const lanes = new Map<string, Spent>()
  return (laneKey) => {
    // Expired counts are dropped, so that lanes without refusals use no memory.
    for (const [key, lane] of lanes) if (isOver(lane, clock.monotonicMs())) lanes.delete(key)
    const lane = (): Spent => {
      const known = lanes.get(laneKey) ?? { requests: [], held: new Map() }
      lanes.set(laneKey, known)
      return known
    }
    return {
      begin: (uploadId) => {
        if (lanes.get(laneKey)?.held.has(uploadId)) lanes.delete(laneKey)
      },
      spend: (requests) => void lane().requests.push({ atMs: clock.monotonicMs(), requests }),
      isSpent: () => spentOf(lanes.get(laneKey), clock.monotonicMs()) > MAX_EXTRA_REQUESTS,
      hold: (uploadId) => void lane().held.set(uploadId, clock.monotonicMs()),
    }
  }
}

type Spent = {
  requests: { atMs: number; requests: number }[]
  /** Uploads held because of the budget, and when. */
  held: Map<string, number>
}

const isRecent = (atMs: number, nowMs: number): boolean => nowMs - atMs < WINDOW_MS

const isOver = ({ requests, held }: Spent, nowMs: number): boolean =>
  [...requests.map(({ atMs }) => atMs), ...held.values()].every((atMs) => !isRecent(atMs, nowMs))

const spentOf = (lane: Spent | undefined, nowMs: number): number => {
  if (lane === undefined) return 0
  lane.requests = lane.requests.filter(({ atMs }) => isRecent(atMs, nowMs))
  return lane.requests.reduce((sum, one) => sum + one.requests, 0)
}
