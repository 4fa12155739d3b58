import { z } from 'zod'

/**
 * How many seconds a part of a page waits before each reload. The waits grow, so that a page in a
 * forgotten tab soon costs almost nothing.
 */
const WAITS = [2, 3, 5, 5, 8, 12, 15, 20, 30] as const

/**
 * The longest wait while something still changes: 5 seconds, as a position in `WAITS`. With a
 * reload every 2 seconds, a hundred pages that show a long delivery would use a fifth of a core.
 */
const MOVING = WAITS.indexOf(5)

export type NextLook = { look: number; seconds: number }

/**
 * The next reload. `look`: the position of the previous wait in `WAITS`. A number beyond the last
 * position counts as the last position. null: the page was opened a moment ago. `moved`: this
 * reload found something new.
 */
export const nextLook = (look: number | null, moved = false): NextLook => {
  const next = look === null ? 0 : moved ? Math.min(look + 1, MOVING) : look + 1
  return { look: next, seconds: WAITS[Math.min(next, WAITS.length - 1)]! }
}

/** The query of a reload: the position of the previous wait in `WAITS`. */
export const lookQuery = z.object({ look: z.coerce.number().int().min(0).max(1_000).catch(0) })

/** Also has the version that the page shows, to find out whether anything changed. */
export const lookQueryWithSeen = lookQuery.extend({ seen: z.coerce.number().int().catch(0) })
