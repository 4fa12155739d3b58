const MOST_CHARS = 60

/**
 * A cell by its shape alone: every letter and digit is a dot, so that a missing + or a stray blank
 * still shows, and nobody can be known by it.
 */
export const maskedCell = (cell: string): string =>
  [...cell]
    .slice(0, MOST_CHARS)
    .join('')
    .replaceAll(/[\p{L}\p{N}\p{M}]/gu, '•')

/** A cell as it is, as far as a page has room. */
export const shownCell = (cell: string): string =>
  cell.length <= 500 ? cell : `${cell.slice(0, 500)}…`
