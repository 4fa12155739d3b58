/** The step for characters that no text may hold: NUL, and halves of surrogate pairs. */
export const hasBadCharacters = (cell: string): boolean =>
  cell.includes('\0') || !cell.isWellFormed()
