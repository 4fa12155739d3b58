import type { ListColumn } from '../../domain/contact-lists/contact-list.ts'
import { shownName } from '../../domain/contacts/personal-name.ts'
import { FileRefused } from '../contract.ts'
import type { IntakeSpec } from '../contract.ts'
import { addedColumns, driftOf } from './column-drift.ts'
import type { Place } from './column-place.ts'
import { mappingOf, proposeColumns } from './column-proposals.ts'
import type { Proposal } from './column-proposals.ts'

/** What Genesys calls the id in a contact; a list that declares it as a column gets the id there too. */
const ID_NAME = 'contactId'

/** A problem names so many at most. */
const MOST_SHOWN = 20
const MOST_PROPOSALS = 100

const NOWHERE: Place = { target: null, by: null, confidence: null }

/** Refuses what stands twice among the names of the file's columns, in their order; null = a column without one. */
export const refuseTwice = (names: readonly (string | null)[], why: string): void => {
  const positions = new Map<string, number[]>()
  names.forEach((name, index) => {
    if (name === null) return
    const found = positions.get(name)
    if (found === undefined) positions.set(name, [index + 1])
    else found.push(index + 1)
  })
  const twice = [...positions].filter(([, found]) => found.length > 1).slice(0, MOST_SHOWN)
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
    'Columns of the file may be columns of the list, and which is not certain. Send mapping with the places that are right; null leaves a column out.',
    {
      proposals: open.slice(0, MOST_PROPOSALS),
      mapping: mappingOf(open, spec.options.mapping ?? {}),
    },
  )
}

const foldCase = (name: string): string => name.normalize('NFC').toLowerCase()

/** Names by what they are but for case; null where two are the same. */
const byFoldedCase = (names: readonly string[]): Map<string, string | null> => {
  const found = new Map<string, string | null>()
  for (const name of names) found.set(foldCase(name), found.has(foldCase(name)) ? null : name)
  return found
}

/** Places that the option `mapping` gives, or the very same name. */
const placesGiven = (names: readonly string[], spec: IntakeSpec): Place[] => {
  const { mapping = {}, schemaDrift } = spec.options
  const inList = new Set(spec.list.columns.map((column) => column.name))
  const strangers = Object.values(mapping).filter(
    (target) => target !== null && !inList.has(target),
  )
  if (strangers.length > 0 && schemaDrift !== 'extend') {
    const added = strangers.map((target) => shownName(String(target)))
    const detail = 'The option mapping names columns that the list does not have.'
    throw driftOf({ added, removed: [], retyped: [] }, detail)
  }
  const places = names.map((name): Place => {
    if (Object.hasOwn(mapping, name)) {
      const target = mapping[name] ?? null
      return { target, by: target === null ? null : 'mapping', confidence: null }
    }
    return inList.has(name) ? { target: name, by: 'exact', confidence: 1 } : NOWHERE
  })
  refuseTwice(
    places.map(({ target }) => target),
    'Columns of the file go to one of the list',
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
    (name, index) => places[index]!.target === null && !Object.hasOwn(options.mapping ?? {}, name),
  )

const placesFound = (names: readonly string[], idIndex: number, spec: IntakeSpec): Place[] => {
  const places = placesGiven(names, spec)
  const free = byFoldedCase(freeColumns(places, spec))
  for (const [folded, name] of byFoldedCase(openNames(names, places, spec))) {
    const target = free.get(folded) ?? null
    if (name === null || target === null) continue
    places[names.indexOf(name)] = { target, by: 'case', confidence: 1 }
  }
  const idName = names[idIndex]!
  const idIsOpen = openNames(names, places, spec).includes(idName)
  if (idIsOpen && freeColumns(places, spec).includes(ID_NAME)) {
    places[idIndex] = { target: ID_NAME, by: 'contactId', confidence: 1 }
  }
  const { applied, open } = proposeColumns(
    openNames(names, places, spec),
    freeColumns(places, spec),
  )
  for (const { column, proposedFor: target, confidence } of applied) {
    places[names.indexOf(column)] = { target, by: 'proposed', confidence }
  }
  const unsure = open.filter(({ column }) => column !== idName)
  if (unsure.length > 0) refuseUnsure(unsure, spec)
  return places
}

/**
 * The place of each column of the file: the mapping's word, else the exact name, else the only name but for case, else the only one
 * that is as good as certain by its meaning. The id column may be in no list column and is never drift. Columns that the list lacks are
 * `added` with schemaDrift=extend. Throws `mapping-needed`, `schema-drift`, `columns-missing` or `header-duplicate`.
 */
export const mapColumns = (
  names: readonly string[],
  idIndex: number,
  spec: IntakeSpec,
): { places: Place[]; added: ListColumn[] } => {
  const { missingColumns, schemaDrift } = spec.options
  const places = placesFound(names, idIndex, spec)
  const removed = freeColumns(places, spec)
  const unknown = openNames(names, places, spec).filter((name) => name !== names[idIndex])
  if (unknown.length > 0 && schemaDrift === 'reject') {
    throw driftOf({ added: unknown, removed, retyped: [] })
  }
  // Sent as empty cells they would erase what Genesys holds; the list's own id column is filled with the contact id.
  const missing = removed.filter((name) => name !== ID_NAME)
  if (missing.length > 0 && missingColumns === 'reject') {
    const detail =
      'The file lacks columns of the list; sent empty they would erase what Genesys holds for known contacts.'
    throw new FileRefused('columns-missing', detail, { columns: missing })
  }
  if (schemaDrift !== 'extend') return { places, added: [] }
  for (const name of unknown) {
    places[names.indexOf(name)] = { target: name, by: 'added', confidence: 1 }
  }
  return { places, added: addedColumns(names, places, spec) }
}
