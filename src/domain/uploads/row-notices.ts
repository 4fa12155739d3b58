/**
 * Oddities of rows that are permitted but probably not intended. The upload shows them as warnings.
 */
export const ROW_NOTICES = ['phone-decimal-tail', 'cell-holds-rows'] as const
export type RowNotice = (typeof ROW_NOTICES)[number]

/** How many rows have the oddity, and the lines of the first of these rows. */
export type NoticedRows = { rows: number; lines: number[] }
export type Noticed = Partial<Record<RowNotice, NoticedRows>>

/** The maximum number of lines that are listed for one oddity. */
const MOST_LINES = 20

/** Counts the oddities of rows, row by row. */
export const createNotices = (): {
  add(notice: RowNotice, line: number): void
  noticed(): Noticed
} => {
  const noticed: Noticed = {}
  return {
    add: (notice, line) => {
      const known = (noticed[notice] ??= { rows: 0, lines: [] })
      known.rows += 1
      if (known.lines.length < MOST_LINES) known.lines.push(line)
    },
    noticed: () => noticed,
  }
}
