/**
 * Whether the cell contains a character that no text may contain: NUL, or one half of a surrogate
 * pair.
 */
export const hasBadCharacters = (cell: string): boolean =>
  cell.includes('\0') || !cell.isWellFormed()
