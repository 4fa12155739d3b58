/** What is noticed of rows that are taken, or refused for something else: permitted, and probably not meant. They become warnings. */
export const ROW_NOTICES = ['phone-decimal-tail', 'cell-holds-rows'] as const
export type RowNotice = (typeof ROW_NOTICES)[number]

/** In how many rows it was noticed, and the lines of the first. */
export type NoticedRows = { rows: number; lines: number[] }
export type Noticed = Partial<Record<RowNotice, NoticedRows>>

/** So many lines are told. */
const MOST_LINES = 20

/** Counts what is noticed, row by row. */
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
