/** What a spreadsheet takes for a formula, whatever number of guards stands before it. */
const FORMULA = /^'*[=@\t\r\n\0-]/
const PLUS = /^'*\+/
const E164 = /^\+\d{1,15}$/
const GUARDED = /^'+[=+@\t\r\n\0-]/

/** The cell as a spreadsheet may open it: one `'` before anything that would be a formula; a phone number in E.164 stays as it is. */
export const guardCell = (cell: string): string =>
  FORMULA.test(cell) || (PLUS.test(cell) && !E164.test(cell)) ? `'${cell}` : cell

/** Undoes `guardCell`. */
export const unguardCell = (cell: string): string => (GUARDED.test(cell) ? cell.slice(1) : cell)
