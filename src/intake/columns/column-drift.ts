import type { ColumnKind, ListColumn } from '../../domain/contact-lists/contact-list.ts'
import { NEW_LIST_LIMITS } from '../../domain/contact-lists/new-contact-list.ts'
import { shownName } from '../../domain/contacts/personal-name.ts'
import { FileRefused } from '../contract.ts'
import type { IntakeSpec } from '../contract.ts'
import { isForbiddenName, kindByName } from './column-names.ts'
import type { Place } from './column-place.ts'

/**
 * The differences between a file and its contact list: columns that the list lacks, columns that
 * the file lacks, and columns to which the options give another kind.
 */
export type SchemaDiff = {
  added: string[]
  removed: string[]
  retyped: { column: string; declared: ColumnKind; asked: ColumnKind }[]
}

const detailOf = (diff: SchemaDiff): string =>
  diff.retyped.length > 0
    ? 'phoneColumns or emailColumns contradicts the kind that the list declares.'
    : 'The file has columns that the list does not have.'

/** The refusal with the difference. `detail`: what to say beyond the difference. */
export const driftOf = (diff: SchemaDiff, detail: string = detailOf(diff)): FileRefused =>
  new FileRefused('schema-drift', detail, { diff })

const kindAsked = (names: readonly string[], spec: IntakeSpec): 'phone' | 'email' | null => {
  const { phoneColumns = [], emailColumns = [] } = spec.options
  if (names.some((name) => phoneColumns.includes(name))) return 'phone'
  return names.some((name) => emailColumns.includes(name)) ? 'email' : null
}

/**
 * Refuses options that give a column another kind than the list declares. With schemaDrift=drop the
 * list's kind counts.
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
 * No list gets a column of such a name. In a file without a header, a number is the name of a
 * column without a name.
 */
const cannotBeAdded = (name: string): boolean =>
  name.length > NEW_LIST_LIMITS.columnNameChars || /^\d*$/.test(name) || isForbiddenName(name)

/**
 * The columns that the list lacks, with the kind from the options or the name. None is required.
 * Throws for a name that no list should get, or that differs from another column's name only in
 * case.
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
    'Columns cannot be added to the list: their names are numbers, are too long, or differ from another column only in case. Map them, or leave them out with null.'
  throw new FileRefused('mapping-needed', detail, { unknown: bad.map(shownName) })
}
