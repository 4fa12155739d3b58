/**
 * The platform trims what it stores (`trimWhitespace` of the list), and shows an empty cell as ""
 * or not at all.
 */
const shown = (cell: string | undefined): string => (cell ?? '').trim()

/** The columns in which a contact in Genesys differs from the cells that were sent. */
export const differingColumns = (
  columns: readonly string[],
  cells: readonly string[],
  held: Readonly<Record<string, string>>,
): string[] => columns.filter((name, at) => shown(held[name]) !== shown(cells[at]))
