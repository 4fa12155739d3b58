import type { ListColumn } from '../../domain/contact-lists/contact-list.ts'
import { CONTACT_ID_COLUMN } from '../../domain/contacts/contact-id-column.ts'
import { shownName } from '../../domain/contacts/personal-name.ts'
import { isConsentColumn } from '../../domain/do-not-call/consent.ts'
import { FileRefused } from '../contract.ts'
import type { IntakeSpec } from '../contract.ts'
import { addedColumns, driftOf } from './column-drift.ts'
import type { Place } from './column-place.ts'
import { mappingOf, proposeColumns } from './column-proposals.ts'
import type { Proposal } from './column-proposals.ts'
import { ID_NAMES } from './contact-id-column.ts'
import type { FileHeader } from './file-header.ts'

/** The most names that a problem lists. */
const MOST_SHOWN = 20
const MOST_PROPOSALS = 100

const NOWHERE: Place = { target: null, by: null, confidence: null }

/**
 * Throws `header-duplicate` if a name occurs twice. null in place of a name: the column is not
 * checked. `positions`: the place of each name in the file. `why`: the start of the message.
 */
export const refuseTwice = (
  names: readonly (string | null)[],
  positions: readonly number[],
  why: string,
): void => {
  const places = new Map<string, number[]>()
  names.forEach((name, index) => {
    if (name === null) return
    const found = places.get(name)
    if (found === undefined) places.set(name, [positions[index]!])
    else found.push(positions[index]!)
  })
  const twice = [...places].filter(([, found]) => found.length > 1).slice(0, MOST_SHOWN)
  if (twice.length === 0) return
  const all = twice.map(([, found]) => found.slice(0, MOST_SHOWN))
  throw new FileRefused(
    'header-duplicate',
    `${why}: ${all.map((found) => `columns ${found.join(' and ')}`).join('; ')}.`,
    { columns: twice.map(([name]) => shownName(name)), positions: all },
  )
}

const refuseUnsure = (open: readonly Proposal[], spec: IntakeSpec): never => {
  throw new FileRefused(
    'mapping-needed',
    'For some columns of the file, the gateway is not certain which column of the list matches. Send the option `mapping` with the right pairs. To leave a column out, map it to null.',
    {
      proposals: open.slice(0, MOST_PROPOSALS),
      mapping: mappingOf(open, spec.options.mapping ?? {}),
    },
  )
}

const foldCase = (name: string): string => name.normalize('NFC').toLowerCase()

/**
 * The names by their spelling in lower case. null: two names differ only in upper and lower case.
 */
const byFoldedCase = (names: readonly string[]): Map<string, string | null> => {
  const found = new Map<string, string | null>()
  for (const name of names) found.set(foldCase(name), found.has(foldCase(name)) ? null : name)
  return found
}

/**
 * Places two groups of columns: those that the option `mapping` names, and those that have the same
 * name as a column of the list. All other columns get no place.
 */
const placesGiven = ({ names, positions }: FileHeader, spec: IntakeSpec): Place[] => {
  const { mapping = {}, schemaDrift } = spec.options
  const inList = new Set(spec.list.columns.map((column) => column.name))
  const strangers = Object.values(mapping).filter(
    (target) => target !== null && !inList.has(target) && !isConsentColumn(target),
  )
  if (strangers.length > 0 && schemaDrift !== 'extend') {
    const added = strangers.map((target) => shownName(String(target)))
    const detail = 'The option `mapping` names columns that the list does not have.'
    throw driftOf({ added, removed: [], retyped: [] }, detail)
  }
  const places = names.map((name): Place => {
    if (Object.hasOwn(mapping, name)) {
      const asked = mapping[name] ?? null
      // The gateway reads a consent column. It sends the column only if the list has it.
      const target = isConsentColumn(asked) && !inList.has(asked) ? null : asked
      return { target, by: target === null ? null : 'mapping', confidence: null }
    }
    return inList.has(name) ? { target: name, by: 'exact', confidence: 1 } : NOWHERE
  })
  refuseTwice(
    places.map(({ target }) => target),
    positions,
    'Several columns of the file are mapped to the same column of the list',
  )
  return places
}

const freeColumns = (places: readonly Place[], spec: IntakeSpec): string[] => {
  const taken = new Set(places.map(({ target }) => target))
  return spec.list.columns.map(({ name }) => name).filter((name) => !taken.has(name))
}

const openNames = (
  names: readonly string[],
  places: readonly Place[],
  { options }: IntakeSpec,
): string[] =>
  names.filter(
    (name, index) =>
      places[index]!.target === null &&
      !Object.hasOwn(options.mapping ?? {}, name) &&
      !isConsentColumn(name),
  )

/**
 * Places the file's column with the contact id, if this column has no place yet. Its place is the
 * first column of `wanted` that the list has and that is still free. The first call tries Genesys'
 * own name for the id. If the option `contactIdColumn` is given, a second call tries the usual
 * names of CRMs.
 */
const placeId = (
  { names }: FileHeader,
  idIndex: number,
  places: Place[],
  wanted: readonly string[],
  spec: IntakeSpec,
): void => {
  if (!openNames(names, places, spec).includes(names[idIndex]!)) return
  const free = freeColumns(places, spec)
  const target = wanted.find((name) => free.includes(name))
  if (target !== undefined) places[idIndex] = { target, by: 'contactId', confidence: 1 }
}

const placesFound = (header: FileHeader, idIndex: number, spec: IntakeSpec): Place[] => {
  const { names } = header
  const places = placesGiven(header, spec)
  const free = byFoldedCase(freeColumns(places, spec))
  for (const [folded, name] of byFoldedCase(openNames(names, places, spec))) {
    const target = free.get(folded) ?? null
    if (name === null || target === null) continue
    places[names.indexOf(name)] = { target, by: 'case', confidence: 1 }
  }
  placeId(header, idIndex, places, [CONTACT_ID_COLUMN], spec)
  const { applied, open } = proposeColumns(
    openNames(names, places, spec),
    freeColumns(places, spec),
  )
  for (const { column, proposedFor: target, confidence } of applied) {
    places[names.indexOf(column)] = { target, by: 'proposed', confidence }
  }
  if (spec.options.contactIdColumn !== undefined) placeId(header, idIndex, places, ID_NAMES, spec)
  const left = freeColumns(places, spec)
  const unsure = open.filter(
    ({ column, proposedFor }) => column !== names[idIndex] && left.includes(proposedFor),
  )
  if (unsure.length > 0) refuseUnsure(unsure, spec)
  return places
}

/**
 * Finds the column of the list for each column of the file. It tries, in this order, the option
 * `mapping`, a column with the same name, a single column whose name differs only in case, and a
 * single column that is almost certainly meant. The column with the contact id need not be in the
 * list. With schemaDrift=extend, columns that the list does not have are returned in `added`.
 * Throws `mapping-needed`, `schema-drift`, `columns-missing` or `header-duplicate`.
 */
export const mapColumns = (
  header: FileHeader,
  idIndex: number,
  spec: IntakeSpec,
): { places: Place[]; added: ListColumn[] } => {
  const { names } = header
  const { missingColumns, schemaDrift } = spec.options
  const places = placesFound(header, idIndex, spec)
  const removed = freeColumns(places, spec)
  const unknown = openNames(names, places, spec).filter((name) => name !== names[idIndex])
  if (unknown.length > 0 && schemaDrift === 'reject') {
    throw driftOf({ added: unknown, removed, retyped: [] })
  }
  // A missing column would be sent as empty cells, which erase what Genesys holds. The file may
  // lack the id column of the list, because that column is filled with the contact id.
  const missing = removed.filter((name) => name !== CONTACT_ID_COLUMN)
  if (missing.length > 0 && missingColumns === 'reject') {
    const detail =
      'The file lacks columns of the list. If the gateway sent them empty, it would erase their content in Genesys.'
    throw new FileRefused('columns-missing', detail, { columns: missing })
  }
  if (schemaDrift !== 'extend') return { places, added: [] }
  for (const name of unknown) {
    places[names.indexOf(name)] = { target: name, by: 'added', confidence: 1 }
  }
  return { places, added: addedColumns(names, places, spec) }
}
