import { z } from 'zod'

import type { FixedRow } from '../../../workflows/uploads/control/fix-rows.ts'

/**
 * The name of the field of a cell: the line of the row, and the place of the column in the file.
 */
const CELL_FIELD = /^c-(?<line>\d{1,10})-(?<at>\d{1,4})$/u
const EMPTIED_FIELD = /^e-(?<line>\d{1,10})-(?<at>\d{1,4})$/u

/**
 * The name of the field with the new text of a cell. `at`: the index of the column in the file,
 * from 0.
 */
export const cellField = (line: number, at: number): string => `c-${line}-${at}`
/**
 * The name of the box that empties a cell. Needed while the cells are masked: an empty field then
 * means that the cell stays as it is.
 */
export const emptiedField = (line: number, at: number): string => `e-${line}-${at}`

const line = z.coerce.number().int().min(0).max(2_000_000_000)

export const fixFormSchema = z
  .object({
    after: line,
    apply: z.enum(['manual', 'auto']),
    /**
     * Whether the page showed the real cells. `yes`: a typed cell counts as changed if it differs
     * from the stored cell. `no`: it counts as changed if it is not empty.
     */
    revealed: z.enum(['yes', 'no']),
    /** Made with the page, so that a form that is sent twice is accepted once. */
    key: z.uuid(),
  })
  .catchall(z.string().max(100_000))

export type FixForm = z.output<typeof fixFormSchema>

/** The typed cells by the names of their fields, so that the page can show them again. */
export const typedCells = (form: FixForm): Map<string, string> => {
  const { after: _after, apply: _apply, revealed: _revealed, key: _key, ...fields } = form
  const cells = Object.entries(fields).filter(([name]) => /^[ce]-/u.test(name))
  return new Map(cells)
}

/**
 * The rows in which a cell was changed. `cellsOf`: the cells of each row before the change, by
 * line.
 */
export const changedRows = (
  form: FixForm,
  cellsOf: ReadonlyMap<number, readonly string[]>,
): FixedRow[] => {
  const changed = new Map<number, Map<number, string>>()
  const change = (row: number, at: number, value: string): void => {
    if (!cellsOf.has(row)) return
    changed.set(row, (changed.get(row) ?? new Map()).set(at, value))
  }
  for (const [name, value] of typedCells(form)) {
    const cell = CELL_FIELD.exec(name)?.groups
    const before = cellsOf.get(Number(cell?.['line']))?.[Number(cell?.['at'])] ?? ''
    const isChange = form.revealed === 'yes' ? value !== before : value !== ''
    if (cell !== undefined && isChange) change(Number(cell['line']), Number(cell['at']), value)
    const emptied = EMPTIED_FIELD.exec(name)?.groups
    if (emptied !== undefined) change(Number(emptied['line']), Number(emptied['at']), '')
  }
  return [...changed].map(([row, cells]) => ({ line: row, cells }))
}
