import { shownName } from '../../domain/contacts/personal-name.ts'
import { FileRefused } from '../contract.ts'
import type { IntakeSpec } from '../contract.ts'

/**
 * The number of a column in the text of an option. The first column is 1. null: the text is a name.
 */
const positionIn = (text: string): number | null =>
  /^[1-9]\d{0,3}$/.test(text) ? Number(text) : null

const refuseNoPositions = (keys: readonly string[], width: number): void => {
  const unknown = keys.filter((key) => (positionIn(key) ?? Infinity) > width)
  if (unknown.length === 0) return
  const detail = `The file has no header, so the keys of the option mapping must be positions, "1" to "${width}".`
  throw new FileRefused('mapping-needed', detail, { unknown: unknown.map(shownName) })
}

/**
 * Names the `width` columns of a file without a header. The option `mapping` gives names to
 * positions. Without `mapping`, the columns get the names of the list's columns, in their order. A
 * column that then still has no name is named by its position. Also returns `spec` with these names
 * in place of the positions in its options. Throws `mapping-needed` if a key of `mapping` is not a
 * position in the file.
 */
export const headlessColumns = (
  width: number,
  spec: IntakeSpec,
): { names: string[]; spec: IntakeSpec } => {
  const { mapping, contactIdColumn, phoneColumns, emailColumns } = spec.options
  if (mapping !== undefined) refuseNoPositions(Object.keys(mapping), width)
  const names = Array.from({ length: width }, (_, index) => {
    const position = String(index + 1)
    if (mapping === undefined) return spec.list.columns[index]?.name ?? position
    return mapping[position] ?? position
  })
  const named = (text: string): string => names[(positionIn(text) ?? 0) - 1] ?? text
  const options = { ...spec.options }
  if (mapping !== undefined) {
    const targets = Object.entries(mapping).map(([position, target]) => [named(position), target])
    options.mapping = Object.fromEntries(targets)
  }
  if (contactIdColumn !== undefined) options.contactIdColumn = named(contactIdColumn)
  if (phoneColumns !== undefined) options.phoneColumns = phoneColumns.map(named)
  if (emailColumns !== undefined) options.emailColumns = emailColumns.map(named)
  return { names, spec: { ...spec, options } }
}
