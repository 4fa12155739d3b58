const MOST_CHARS = 60

/**
 * A cell reduced to its shape: every letter and digit becomes a dot. A missing + or a stray blank
 * still shows, but nobody can be recognised.
 */
export const maskedCell = (cell: string): string =>
  [...cell]
    .slice(0, MOST_CHARS)
    .join('')
    .replaceAll(/[\p{L}\p{N}\p{M}]/gu, '•')

/** The cell unmasked, as far as a page has room. */
export const shownCell = (cell: string): string =>
  cell.length <= 500 ? cell : `${cell.slice(0, 500)}…`
