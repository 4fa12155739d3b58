/** The step for characters that no text may hold: NUL, and halves of surrogate pairs. The index of the first bad cell, or -1. */
export const findBadCharacters = (cells: readonly string[]): number =>
  cells.findIndex((cell) => cell.includes('\0') || !cell.isWellFormed())
