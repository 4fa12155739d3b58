/**
 * A cell in the form in which sent cells and cells in Genesys are compared. The platform trims
 * cells when it stores them (`trimWhitespace` of the list). It shows an empty cell as "" or leaves
 * the cell out.
 */
const shown = (cell: string | undefined): string => (cell ?? '').trim()

/** The columns in which a contact in Genesys differs from the cells that were sent. */
export const differingColumns = (
  columns: readonly string[],
  cells: readonly string[],
  held: Readonly<Record<string, string>>,
): string[] => columns.filter((name, at) => shown(held[name]) !== shown(cells[at]))
