import { spellNumber } from './cell-number.ts'
import { pointerPart, type FaultBook } from './definition-faults.ts'
import { readListIds } from './read-list-ids.ts'
import { isAttribute, isObject, readLeaf, refuseUnknown, type Members } from './read-node.ts'
import { ORDERINGS, SEGMENT_LIMITS, type Leaf, type SegmentRules } from './segment.ts'

/**
 * A text that was read as the number that it spells: the value of `min` or `max`, or a value that
 * is compared with `<`, `<=`, `>` or `>=`.
 */
export type TakenAsNumber = { pointer: string; number: number }

export type ShorthandNotes = {
  takenAsNumbers: TakenAsNumber[]
  /** Maps a pointer into the typed form to the pointer into the body that the caller sent. */
  sentAt: Map<string, string>
}

/**
 * The members of the short form [guide-004]: the contact lists, the primary contact list, ranges
 * and sets of values by column, and exclusions.
 */
export const SHORTHAND_MEMBERS = ['listIds', 'primaryListId', 'demographicMatrix', 'exclusionRules']

/**
 * The number that a text spells. undefined: the text spells no number, or a number that is not
 * allowed as a literal.
 */
const quotedNumber = (value: unknown): number | undefined => {
  if (typeof value !== 'string' || !/^-?\d[\d.]*$/.test(value)) return undefined
  const number = Number(value)
  return spellNumber(number) === null ? undefined : number
}

/**
 * Returns the members. In each member of `names`, a text that spells a number is replaced by the
 * number.
 */
const withNumbers = (
  members: Members,
  names: readonly string[],
  pointer: string,
  notes: ShorthandNotes,
): Members => {
  const read = { ...members }
  for (const name of names) {
    const number = quotedNumber(members[name])
    if (number === undefined) continue
    read[name] = number
    notes.takenAsNumbers.push({ pointer: `${pointer}/${name}`, number })
  }
  return read
}

const readRangeOrSet = (
  attribute: string,
  value: unknown,
  notes: ShorthandNotes,
  book: FaultBook,
): Leaf | null => {
  const pointer = `/demographicMatrix/${pointerPart(attribute)}`
  if (!isObject(value)) {
    book.add(pointer, 'not-an-object')
    return null
  }
  if (!isAttribute(attribute)) book.add(pointer, 'attribute-invalid')
  if (!('allowed' in value)) {
    const range = withNumbers(value, ['min', 'max'], pointer, notes)
    return readLeaf({ ...range, attribute, operator: 'between' }, pointer, book)
  }
  refuseUnknown(value, ['allowed'], pointer, book)
  const { allowed } = value
  // A fault must point to a place in the body of the caller, where `values` is named `allowed`.
  const before = book.faults.length
  const leaf = readLeaf({ attribute, operator: 'in', values: allowed }, pointer, book)
  for (const fault of book.faults.slice(before)) {
    fault.pointer = fault.pointer.replace(`${pointer}/values`, `${pointer}/allowed`)
  }
  return leaf
}

const readMatrix = (value: unknown, notes: ShorthandNotes, book: FaultBook): (Leaf | null)[] => {
  if (value === undefined || value === null) return []
  if (!isObject(value)) {
    book.add('/demographicMatrix', 'not-an-object')
    return []
  }
  const attributes = Object.keys(value)
  attributes.forEach((attribute, at) => {
    notes.sentAt.set(`/conditions/all/${at}`, `/demographicMatrix/${pointerPart(attribute)}`)
  })
  return attributes.map((attribute) => readRangeOrSet(attribute, value[attribute], notes, book))
}

const readExclusions = (
  value: unknown,
  notes: ShorthandNotes,
  book: FaultBook,
): (Leaf | null)[] => {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) {
    book.add('/exclusionRules', 'value-invalid')
    return []
  }
  return value.slice(0, SEGMENT_LIMITS.leaves + 1).map((rule: unknown, at) => {
    const pointer = `/exclusionRules/${at}`
    notes.sentAt.set(`/exclusions/${at}`, pointer)
    if (!isObject(rule)) {
      book.add(pointer, 'not-an-object')
      return null
    }
    const isOrdering = (ORDERINGS as readonly unknown[]).includes(rule['operator'])
    const read = isOrdering ? withNumbers(rule, ['value'], pointer, notes) : rule
    return readLeaf(read, pointer, book)
  })
}

/**
 * Translates the short form into the typed form. null: it has faults, which were added to `book`.
 */
export const readShorthand = (
  body: Members,
  notes: ShorthandNotes,
  book: FaultBook,
): SegmentRules | null => {
  const contactListIds = readListIds(body['listIds'], '/listIds', book)
  const { primaryListId } = body
  if (primaryListId !== undefined && !contactListIds?.some((id) => id === primaryListId)) {
    book.add('/primaryListId', 'primary-list-differs')
  }
  const matrix = readMatrix(body['demographicMatrix'], notes, book)
  const excluded = readExclusions(body['exclusionRules'], notes, book)
  if (matrix.length + excluded.length > SEGMENT_LIMITS.leaves) book.add('', 'leaves-exceeded')
  const conditions = matrix.filter((leaf) => leaf !== null)
  const exclusions = excluded.filter((leaf) => leaf !== null)
  if (
    contactListIds === null ||
    conditions.length + exclusions.length < matrix.length + excluded.length
  ) {
    return null
  }
  return {
    contactListIds,
    conditions: conditions.length === 0 ? null : { all: conditions },
    exclusions,
  }
}
