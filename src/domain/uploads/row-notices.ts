/**
 * Notices about rows that are accepted, or refused for another reason: permitted, and probably not
 * intended. They become warnings.
 */
export const ROW_NOTICES = ['phone-decimal-tail', 'cell-holds-rows'] as const
export type RowNotice = (typeof ROW_NOTICES)[number]

/** In how many rows it was noticed, and the lines of the first ones. */
export type NoticedRows = { rows: number; lines: number[] }
export type Noticed = Partial<Record<RowNotice, NoticedRows>>

/** Most lines that are listed. */
const MOST_LINES = 20

/** Counts notices, row by row. */
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
