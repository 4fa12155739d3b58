/**
 * How long a part that refreshes itself waits before each look, in seconds: a page that was
 * forgotten in a tab soon costs next to nothing.
 */
const WAITS = [2, 2, 3, 3, 5, 5, 8, 8, 12, 15, 20, 30] as const

export type NextLook = { look: number; seconds: number }

/**
 * The next check of a live page. `look`: how many checks found nothing new. null: the page was just
 * opened.
 */
export const nextLook = (look: number | null): NextLook => {
  const next = look === null ? 0 : look + 1
  return { look: next, seconds: WAITS[Math.min(next, WAITS.length - 1)]! }
}
