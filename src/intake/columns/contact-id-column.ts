import { shownName } from '../../domain/contacts/personal-name.ts'
import { FileRefused } from '../contract.ts'
import type { IntakeSpec } from '../contract.ts'
import type { Place } from './column-place.ts'
import { APPLIED_FROM } from './column-proposals.ts'
import type { Proposal } from './column-proposals.ts'
import { comparedName, nameLikeness } from './column-similarity.ts'

/** Usual names of the column with the contact id, in the order in which they are tried. */
export const ID_NAMES = ['contactId', 'customerId'] as const

const MOST_PROPOSALS = 20

const indexByCase = (names: readonly string[], wanted: string): number => {
  const folded = names.map((name) => name.toLowerCase())
  const at = folded.indexOf(wanted.toLowerCase())
  return at === folded.lastIndexOf(wanted.toLowerCase()) ? at : -1
}

/**
 * The index of the first column with one of the names. An exact name has priority over a name that
 * differs only in case. -1: there is none.
 */
const indexByName = (names: readonly string[], wanted: readonly string[]): number => {
  for (const name of wanted) if (names.includes(name)) return names.indexOf(name)
  for (const name of wanted) {
    const at = indexByCase(names, name)
    if (at >= 0) return at
  }
  return -1
}

/**
 * The index of the column that the option `mapping` maps to one of `ID_NAMES`. -1: there is none.
 */
const indexByMapping = (
  names: readonly string[],
  mapping: Record<string, string | null>,
): number => {
  for (const wanted of ID_NAMES) {
    const at = names.findIndex((name) => Object.hasOwn(mapping, name) && mapping[name] === wanted)
    if (at >= 0) return at
  }
  return -1
}

const proposalsFor = (names: readonly string[], wanted: string): Proposal[] => {
  const target = comparedName(wanted)
  return names
    .map((column) => ({
      ...{ column, proposedFor: wanted },
      confidence: nameLikeness(comparedName(column), target),
    }))
    .filter(({ confidence }) => confidence > 0)
    .toSorted((a, b) => b.confidence - a.confidence)
}

/**
 * Finds the column with the contact id. Searches in this order:
 * - the column that the option `contactIdColumn` names (if given, nothing else is tried)
 * - the column `contactId` or `customerId`
 * - the column that `mapping` maps to such a name
 * - the only column that is almost certainly meant (`Customer ID`, `Kundennummer`)
 *
 * Exception: if `mapping` leaves out the column `contactId` or `customerId`, the column that
 * `mapping` maps to such a name counts instead, if there is one.
 *
 * Throws `contact-id-column-missing` if no column is found. If `contactIdColumn` was not given, the
 * problem lists likely columns.
 */
export const contactIdIndex = (names: readonly string[], { options }: IntakeSpec): number => {
  const { contactIdColumn, mapping = {} } = options
  if (contactIdColumn !== undefined) {
    const at = indexByName(names, [contactIdColumn])
    if (at >= 0) return at
    throw missing([contactIdColumn], [])
  }
  const mapped = indexByMapping(names, mapping)
  const named = indexByName(names, ID_NAMES)
  const leftOut = named >= 0 && mapping[names[named]!] === null
  if (named >= 0 && !(leftOut && mapped >= 0)) return named
  if (mapped >= 0) return mapped
  const proposals = ID_NAMES.flatMap((wanted) => proposalsFor(names, wanted))
  for (const wanted of ID_NAMES) {
    const certain = proposals.filter(
      ({ proposedFor, confidence }) => proposedFor === wanted && confidence >= APPLIED_FROM,
    )
    if (certain.length === 1) return names.indexOf(certain[0]!.column)
    if (certain.length > 1) break
  }
  throw missing(ID_NAMES, proposals)
}

/**
 * Refuses a file if it would fill a column of the list that can hold only the contact id with other
 * content. That content would be lost, or would count as the id.
 */
export const refuseIdReplaced = (
  names: readonly string[],
  places: readonly Place[],
  idIndex: number,
  { limits: { idColumn } }: IntakeSpec,
): void => {
  if (idColumn === undefined) return
  const at = places.findIndex(({ target }, index) => target === idColumn && index !== idIndex)
  if (at < 0) return
  throw new FileRefused(
    'mapping-needed',
    `The column \`${idColumn}\` of the list can hold only the contact id, but another column of the file is mapped to it. If this other column has the contact ids, name it with contactIdColumn. Otherwise map it to a different column of the list, or to null.`,
    { columns: [shownName(names[at]!)] },
  )
}

const missing = (wanted: readonly string[], proposals: readonly Proposal[]): FileRefused => {
  const likely = proposals.slice(0, MOST_PROPOSALS)
  return new FileRefused(
    'contact-id-column-missing',
    `The file has no column ${wanted.map(shownName).join(' or ')} for the contact id. Name the right column with contactIdColumn.`,
    { columns: wanted.map(shownName), ...(likely.length > 0 && { proposals: likely }) },
  )
}
