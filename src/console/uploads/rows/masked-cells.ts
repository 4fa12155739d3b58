const MOST_CHARS = 60

/**
 * The beginning of a cell, with a dot for every letter and digit. A missing + or an extra space is
 * still visible, but the letters and digits are not.
 */
export const maskedCell = (cell: string): string =>
  [...cell]
    .slice(0, MOST_CHARS)
    .join('')
    .replaceAll(/[\p{L}\p{N}\p{M}]/gu, '•')

/** The unmasked cell, shortened for the page. */
export const shownCell = (cell: string): string =>
  cell.length <= 500 ? cell : `${cell.slice(0, 500)}…`
