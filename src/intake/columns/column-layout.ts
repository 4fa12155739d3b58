import type { ColumnKind, ListColumn } from '../../domain/contact-lists/contact-list.ts'
import { CONTACT_ID_COLUMN } from '../../domain/contacts/contact-id-column.ts'
import { looksPersonal, shownName } from '../../domain/contacts/personal-name.ts'
import type { ConsentColumn } from '../../domain/do-not-call/consent.ts'
import type { UploadColumn } from '../../domain/uploads/upload.ts'
import { FileRefused } from '../contract.ts'
import type { IntakeSpec } from '../contract.ts'
import { refuseRetyped } from './column-drift.ts'
import { mapColumns, refuseTwice } from './column-mapping.ts'
import { extensionNames, isForbiddenName, kindByName } from './column-names.ts'
import type { Place } from './column-place.ts'
import { contactIdIndex, refuseIdReplaced } from './contact-id-column.ts'
import { readHeader, withPlainNames } from './file-header.ts'
import type { FileHeader } from './file-header.ts'

/** The most columns of a file if the dialect publishes no limit. */
const MOST_COLUMNS = 1000
/** The most column positions that a problem lists. */
const MOST_POSITIONS = 50

/** One column of the list, and the column of the file that fills it. */
export type TargetColumn = {
  name: string
  kind: ColumnKind
  required: boolean
  /**
   * The index of the file's column among the `columns` of the layout. -1: the file has no such
   * column, so the cells are empty.
   */
  source: number
  /**
   * The name for messages about faults: the name in the file, or in the list if the file has no
   * such column.
   */
  fileName: string
  /**
   * For a phone column: the index of the list's column for the phone's extension. -1: there is
   * none.
   */
  extensionAt: number
}

/**
 * How the columns of the file become those of the list. Does not change after the header is read.
 */
export type ColumnLayout = {
  /**
   * The columns of the file in order, without the columns that a ledger adds, and without columns
   * that have no name.
   */
  columns: UploadColumn[]
  targets: TargetColumn[]
  idIndex: number
  /** The columns that the gateway will add to the list. */
  added: ListColumn[]
  /** The indexes of a record's cells that are data. null: all cells are data. */
  keep: number[] | null
  /**
   * The indexes, among `columns`, of the columns with the time and the source of consent. -1: the
   * file has no such column.
   */
  consent: { at: number; source: number }
} & Pick<FileHeader, 'ledger' | 'markIndex' | 'nameless' | 'width' | 'needed'> & {
    /** Whether the cells may begin with an apostrophe that guards them against spreadsheets. */
    guarded: boolean
  }

/**
 * Refuses a file if a column name looks like an email address or a phone number, and the list has
 * no column with this name. Such a file probably has no header, and its first row is a person's
 * data. The gateway shows and logs the names of columns, but it must never show or log a person's
 * data.
 */
const refusePersonal = ({ names, positions: all }: FileHeader, spec: IntakeSpec): void => {
  const known = new Set(spec.list.columns.map((column) => column.name))
  const positions = all.filter((_, index) => {
    const name = names[index]!
    return looksPersonal(name) && !known.has(name)
  })
  if (positions.length === 0) return
  const shown = positions.slice(0, MOST_POSITIONS)
  const where = shown.map((position) => `column ${position}`).join(', ')
  const why =
    spec.format === 'csv'
      ? 'the first line does not look like a header'
      : 'the keys of the first object do not look like column names'
  throw new FileRefused(
    'header-forbidden',
    `The name of ${where} resembles an email address or a phone number, so ${why}.`,
    { positions: shown },
  )
}

const checkNames = (header: FileHeader, spec: IntakeSpec): void => {
  const { names, positions } = header
  refusePersonal(header, spec)
  const forbidden = positions.filter((_, index) => isForbiddenName(names[index]!))
  if (forbidden.length > 0) {
    throw new FileRefused('header-forbidden', 'A column has a name that is not allowed.', {
      positions: forbidden.slice(0, MOST_POSITIONS),
    })
  }
  refuseTwice(names, positions, 'Columns have the same name')
  const { mapping, schemaDrift } = spec.options
  const sent = names.filter((name) => !mapping || !Object.hasOwn(mapping, name) || mapping[name])
  const most = schemaDrift === 'drop' ? MOST_COLUMNS : (spec.limits.columns ?? MOST_COLUMNS)
  if (sent.length > most || names.length > MOST_COLUMNS) {
    throw new FileRefused('columns-too-many', `The file has more than ${most} columns.`, {
      columns: names.length,
      most,
    })
  }
}

/**
 * Whether a text column of the list counts as this kind. The options decide this (`asked`). With
 * `byName`, the column also counts as this kind if its name in the list or in the file suggests the
 * kind.
 */
const isOfKind = (
  kind: 'phone' | 'email',
  names: readonly string[],
  asked: readonly string[],
  byName: boolean,
): boolean => names.some((name) => asked.includes(name) || (byName && kindByName(name) === kind))

/**
 * The kind of each column of the list. A kind that the list declares is final. The options may give
 * a text column another kind. The names of columns decide about a kind only if neither the list nor
 * the options have a column of that kind.
 */
const kindsOf = (
  spec: IntakeSpec,
  fileNameOf: ReadonlyMap<string, string>,
): Map<string, ColumnKind> => {
  const { columns } = spec.list
  const { phoneColumns = [], emailColumns = [] } = spec.options
  const kinds = new Map(columns.map((column) => [column.name, column.kind]))
  for (const [kind, asked] of [
    ['phone', phoneColumns],
    ['email', emailColumns],
  ] as const) {
    const byName = asked.length === 0 && columns.every((column) => column.kind !== kind)
    for (const { name } of columns.filter((column) => column.kind === 'text')) {
      const names = [name, fileNameOf.get(name) ?? name]
      if (isOfKind(kind, names, asked, byName)) kinds.set(name, kind)
    }
  }
  return kinds
}

const checkAskedColumns = (spec: IntakeSpec, names: readonly string[]): void => {
  const { phoneColumns = [], emailColumns = [], mapping = {} } = spec.options
  const known = new Set([...names, ...spec.list.columns.map((column) => column.name)])
  const unknown = [...phoneColumns, ...emailColumns].filter((name) => !known.has(name))
  const unmapped = Object.keys(mapping).filter((name) => !names.includes(name))
  if (unknown.length + unmapped.length > 0) {
    throw new FileRefused(
      'mapping-needed',
      'Each key in the option mapping must be a column of the file. The options phoneColumns and emailColumns can name only columns of the file or of the list.',
      { unknown: [...new Set([...unknown, ...unmapped])].map(shownName) },
    )
  }
}

/** `spec` as it would be if the list already had the added columns. */
const withColumns = (spec: IntakeSpec, added: readonly ListColumn[]): IntakeSpec => ({
  ...spec,
  list: { ...spec.list, columns: [...spec.list.columns, ...added] },
})

/**
 * The index of the file's column that the mapping names as this consent column. Default: the column
 * of this name. -1: there is none.
 */
const consentIndex = (
  names: readonly string[],
  own: ConsentColumn,
  { options: { mapping = {} } }: IntakeSpec,
): number => {
  const mapped = names.findIndex((name) => Object.hasOwn(mapping, name) && mapping[name] === own)
  return mapped >= 0 ? mapped : names.indexOf(own)
}

/** The column as the upload keeps it. */
const uploadColumn = (
  name: string,
  { target: mappedTo, by, confidence }: Place,
  targets: ReadonlyMap<string | null, TargetColumn>,
  isId: boolean,
): UploadColumn => {
  const { kind, required } = targets.get(mappedTo) ?? { kind: 'text', required: false }
  const column = { name, kind, mappedTo, by, confidence, ...(required && { required }) }
  if (!isId) return column
  return {
    ...column,
    kind: 'contactId',
    reaches: kind === 'phone' || kind === 'email' ? kind : null,
  }
}

/**
 * Decides how the columns of the file become those of the list. Throws `FileRefused` if the header
 * does not fit the list.
 */
export const layOutColumns = (record: readonly string[], asked: IntakeSpec): ColumnLayout => {
  const guarded = asked.format === 'csv'
  const header = readHeader(record, guarded)
  const { names, positions, ledger, markIndex, nameless, width, needed } = header
  const given = { ...asked, options: withPlainNames(asked.options) }
  checkNames(header, given)
  checkAskedColumns(given, names)
  const idIndex = contactIdIndex(names, given)
  const { places, added } = mapColumns(header, idIndex, given)
  refuseIdReplaced(names, places, idIndex, given)
  refuseRetyped(names, places, given)
  const spec = withColumns(given, added)
  const sources = new Map<string, number>()
  places.forEach(({ target }, index) => {
    if (target !== null) sources.set(target, index)
  })
  const fileNameOf = new Map([...sources].map(([target, index]) => [target, names[index]!]))
  const kinds = kindsOf(spec, fileNameOf)
  // Every way of delivery writes the contact id to a list's column with Genesys' own name for it.
  if (!sources.has(CONTACT_ID_COLUMN) && kinds.get(CONTACT_ID_COLUMN) === 'text') {
    sources.set(CONTACT_ID_COLUMN, idIndex)
    fileNameOf.set(CONTACT_ID_COLUMN, names[idIndex]!)
  }
  const order = spec.list.columns.map((column) => column.name)
  const targets = spec.list.columns.map((column): TargetColumn => {
    const kind = kinds.get(column.name) ?? 'text'
    return {
      name: column.name,
      kind,
      required: column.required,
      source: sources.get(column.name) ?? -1,
      fileName: fileNameOf.get(column.name) ?? column.name,
      extensionAt:
        kind === 'phone'
          ? Math.max(-1, ...extensionNames(column.name).map((name) => order.indexOf(name)))
          : -1,
    }
  })
  const targetOf = new Map(targets.map((target) => [target.name, target]))
  const columns = names.map((name, index) =>
    uploadColumn(name, places[index]!, targetOf, index === idIndex),
  )
  const keep = names.length === width ? null : positions.map((position) => position - 1)
  const shape = { ledger, markIndex, nameless, width, needed }
  const consent = {
    at: consentIndex(names, 'consentAt', given),
    source: consentIndex(names, 'consentSource', given),
  }
  return { columns, targets, idIndex, added, keep, consent, guarded, ...shape }
}
