import { looksPersonal, shownName } from '../../domain/contacts/personal-name.ts'
import type { EntryField } from '../../domain/do-not-call/dnc-entry.ts'
import type { DncOptions } from '../../domain/do-not-call/dnc-options.ts'
import { isForbiddenName } from '../columns/column-names.ts'
import { readHeader } from '../columns/file-header.ts'
import { FileRefused } from '../contract.ts'
import { unguardCell } from '../formats/cell-guard.ts'

/** The column of the file for each field of an entry. Does not change after the header is read. */
export type EntryLayout = {
  /** The names of the file's columns, without those that a ledger added. */
  names: string[]
  /** For each field, the index of its column in `names`. */
  places: Partial<Record<EntryField, number>>
  /** The fewest cells of a record. */
  width: number
  cellsOf(record: readonly string[]): readonly string[]
}

/**
 * What decides the field of a column: the fields that an entry may have, and the option `mapping`.
 */
type Columns = { fields: readonly EntryField[]; mapping: DncOptions['mapping'] }

const fieldOf = (name: string, { fields, mapping }: Columns): EntryField | null | undefined => {
  if (mapping !== undefined && Object.hasOwn(mapping, name)) return mapping[name]!
  return fields.find((field) => field === name)
}

const refusePersonal = (names: readonly string[]): void => {
  const positions = [...names.keys()].filter((at) => looksPersonal(names[at]!)).map((at) => at + 1)
  if (positions.length === 0) return
  throw new FileRefused(
    'header-forbidden',
    'The first line is not a header. Send a header, for example phoneNumber,reason.',
    { positions: positions.slice(0, 50) },
  )
}

const refuseUnknown = (names: readonly string[], about: Columns): void => {
  const { fields } = about
  const unknown = names.filter(
    (name) => isForbiddenName(name) || fieldOf(name, about) === undefined,
  )
  const absent = Object.keys(about.mapping ?? {}).filter((name) => !names.includes(name))
  if (unknown.length + absent.length === 0) return
  const columns = [...new Set([...unknown, ...absent])].slice(0, 50).map(shownName)
  const detail =
    'Some columns of the file are not fields of an entry, or `mapping` names columns that the file does not have.'
  throw new FileRefused('dnc-columns-unknown', detail, { columns, fields })
}

/**
 * Finds the field of each column. Throws `FileRefused` if the header looks like a person's data, if
 * a column is not a field of an entry, if two columns are the same field, or if `mapping` names a
 * column that the file does not have.
 */
export const layOutEntries = (
  record: readonly string[],
  {
    format,
    options,
    fields,
  }: { format: string; options: Pick<DncOptions, 'mapping'>; fields: readonly EntryField[] },
): EntryLayout => {
  const guarded = format === 'csv'
  const { names, positions, needed } = readHeader(record, guarded)
  const about = { fields, mapping: format === 'csv' ? options.mapping : undefined }
  refusePersonal(names)
  refuseUnknown(names, about)
  const places: EntryLayout['places'] = {}
  for (const [at, name] of names.entries()) {
    const field = fieldOf(name, about)
    if (field === null || field === undefined) continue
    if (places[field] !== undefined) {
      const twice = [positions[places[field]]!, positions[at]!]
      const detail = 'Two columns of the file stand for the same field of an entry.'
      throw new FileRefused('header-duplicate', detail, { positions: twice })
    }
    places[field] = at
  }
  const straight = names.length === record.length
  const cellsOf = (cells: readonly string[]): readonly string[] => {
    const own = straight ? cells : positions.map((position) => cells[position - 1] ?? '')
    return guarded && own.some((cell) => cell.startsWith("'")) ? own.map(unguardCell) : own
  }
  return { names, places, width: needed, cellsOf }
}
