import type { ColumnKind, ListColumn } from '../../domain/contact-lists/contact-list.ts'
import { NEW_LIST_LIMITS } from '../../domain/contact-lists/new-contact-list.ts'
import { shownName } from '../../domain/contacts/personal-name.ts'
import { FileRefused } from '../contract.ts'
import type { IntakeSpec } from '../contract.ts'
import { isForbiddenName, kindByName } from './column-names.ts'
import type { Place } from './column-place.ts'

/**
 * How the columns of a file differ from those of its contact list. `added`: columns that the list
 * does not have. `removed`: columns that the file does not have. `retyped`: columns for which the
 * upload's options name another kind than the list declares.
 */
export type SchemaDiff = {
  added: string[]
  removed: string[]
  retyped: { column: string; declared: ColumnKind; asked: ColumnKind }[]
}

const detailOf = (diff: SchemaDiff): string =>
  diff.retyped.length > 0
    ? 'phoneColumns or emailColumns names a column that has a different kind in the list.'
    : 'Some columns of the file are not in the list.'

/**
 * Creates the refusal `schema-drift`. `detail`: the sentence for the caller. Default: a sentence
 * that says how the columns differ.
 */
export const driftOf = (diff: SchemaDiff, detail: string = detailOf(diff)): FileRefused =>
  new FileRefused('schema-drift', detail, { diff })

const kindAsked = (names: readonly string[], spec: IntakeSpec): 'phone' | 'email' | null => {
  const { phoneColumns = [], emailColumns = [] } = spec.options
  if (names.some((name) => phoneColumns.includes(name))) return 'phone'
  return names.some((name) => emailColumns.includes(name)) ? 'email' : null
}

/**
 * Refuses the options if they name another kind for a column than the list declares. For a column
 * that the list declares as text, the options may name any kind. With schemaDrift=drop, nothing is
 * refused. The kind that the list declares then applies, except for text columns, for which the
 * options apply.
 */
export const refuseRetyped = (
  names: readonly string[],
  places: readonly Place[],
  spec: IntakeSpec,
): void => {
  if (spec.options.schemaDrift === 'drop') return
  const declared = new Map(spec.list.columns.map(({ name, kind }) => [name, kind]))
  const retyped = names.flatMap((name, index) => {
    const target = places[index]!.target
    const kind = target === null ? undefined : declared.get(target)
    const asked = target === null ? null : kindAsked([name, target], spec)
    const agree = kind === undefined || kind === 'text' || asked === null || asked === kind
    return agree ? [] : [{ column: name, declared: kind, asked }]
  })
  if (retyped.length > 0) throw driftOf({ added: [], removed: [], retyped })
}

/**
 * Whether the gateway must not add a column with this name to the list: the name is too long, is
 * forbidden, or has only digits. A name that has only digits probably comes from a file without a
 * header, because the gateway numbers the columns of such a file.
 */
const cannotBeAdded = (name: string): boolean =>
  name.length > NEW_LIST_LIMITS.columnNameChars || /^\d*$/.test(name) || isForbiddenName(name)

/**
 * The columns of the file that the list does not have, as columns for the list. The added columns
 * are optional. Their kind comes from the options or from their name. Default: text. Throws
 * `mapping-needed` for a name that must not be added (`cannotBeAdded`), or that differs from
 * another name only in upper and lower case.
 */
export const addedColumns = (
  names: readonly string[],
  places: readonly Place[],
  spec: IntakeSpec,
): ListColumn[] => {
  const known = new Set(spec.list.columns.map(({ name }) => name))
  const folded = new Set([...known].map((name) => name.toLowerCase()))
  const bad: string[] = []
  const added = names.flatMap((column, index): ListColumn[] => {
    const name = places[index]!.target
    if (name === null || known.has(name)) return []
    if (cannotBeAdded(name) || folded.has(name.toLowerCase())) bad.push(column)
    folded.add(name.toLowerCase())
    const kind = kindAsked([column, name], spec) ?? kindByName(name) ?? 'text'
    return [{ name, kind, required: false }]
  })
  if (bad.length === 0) return added
  const detail =
    'The gateway cannot add some columns of the file to the list: their names are numbers, are too long, are not allowed, or differ from another name only in upper and lower case. In `mapping`, assign each of these columns to another name, or to null to leave the column out.'
  throw new FileRefused('mapping-needed', detail, { unknown: bad.map(shownName) })
}
