/**
 * How long a part that refreshes itself waits before each look, in seconds: a page that was
 * forgotten in a tab soon costs next to nothing.
 */
const WAITS = [2, 2, 3, 3, 5, 5, 8, 8, 12, 15, 20, 30] as const

/**
 * The slowest look at what moves: a hundred pages of one long delivery are not to cost a fifth of a
 * core.
 */
const MOVING = WAITS.indexOf(5)

export type NextLook = { look: number; seconds: number }

/**
 * The look after this one. `look`: how many there were without anything new; null: the page was
 * just opened. `moved`: there was something new.
 */
export const nextLook = (look: number | null, moved = false): NextLook => {
  const next = look === null ? 0 : moved ? Math.min(look + 1, MOVING) : look + 1
  return { look: next, seconds: WAITS[Math.min(next, WAITS.length - 1)]! }
}
