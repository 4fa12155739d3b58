import { createFaultBook, type DefinitionFault, type FaultBook } from './definition-faults.ts'
import { readListIds } from './read-list-ids.ts'
import { isObject, readNode, refuseUnknown, type Budget, type Members } from './read-node.ts'
import {
  SHORTHAND_MEMBERS,
  readShorthand,
  type ShorthandNotes,
  type TakenAsNumber,
} from './read-shorthand.ts'
import {
  ACTIVATIONS,
  DIALING_MODES,
  SEGMENT_LIMITS,
  type SegmentDefinition,
  type SegmentNode,
  type SegmentRules,
} from './segment.ts'

export type ReadDefinition =
  | {
      definition: SegmentDefinition
      /**
       * Numbers in quotes that were read as numbers, with pointers into the body that the caller
       * sent.
       */
      takenAsNumbers: TakenAsNumber[]
      /**
       * For the short form: maps the pointer of each rule in the typed form to its pointer in the
       * body that the caller sent. Empty for the typed form.
       */
      sentAt: ReadonlyMap<string, string>
    }
  | { faults: DefinitionFault[] }

const TYPED_MEMBERS = ['contactListIds', 'conditions', 'exclusions']
const COMMON_MEMBERS = ['dialingMode', 'useOnlyOnce', 'activation', 'confirm']

const readTyped = (body: Members, book: FaultBook): SegmentRules | null => {
  const budget: Budget = { leaves: 0 }
  const contactListIds = readListIds(body['contactListIds'], '/contactListIds', book)
  const { conditions: written = null, exclusions: writtenExclusions = [] } = body
  const conditions =
    written === null ? null : readNode(written, { pointer: '/conditions', depth: 1 }, budget, book)
  if (!Array.isArray(writtenExclusions)) {
    book.add('/exclusions', 'value-invalid')
    return null
  }
  const exclusions = writtenExclusions
    .slice(0, SEGMENT_LIMITS.leaves + 1)
    .map((node, at) => readNode(node, { pointer: `/exclusions/${at}`, depth: 1 }, budget, book))
    .filter((node): node is SegmentNode => node !== null)
  return contactListIds && { contactListIds, conditions, exclusions }
}

const chosen = <T extends string>(
  body: Members,
  member: string,
  names: readonly T[],
  book: FaultBook,
): T | null => {
  const value = body[member]
  if (value === undefined || value === null) return null
  const name = names.find((candidate) => candidate === value)
  if (name === undefined) book.add(`/${member}`, 'value-invalid')
  return name ?? null
}

const readChoices = (body: Members, book: FaultBook) => {
  const { useOnlyOnce = null, confirm = null } = body
  if (useOnlyOnce !== null && typeof useOnlyOnce !== 'boolean') {
    book.add('/useOnlyOnce', 'value-invalid')
  }
  const isDigest = typeof confirm === 'string' && /^[\w-]{1,100}$/.test(confirm)
  if (confirm !== null && !isDigest) book.add('/confirm', 'value-invalid')
  return {
    dialingMode: chosen(body, 'dialingMode', DIALING_MODES, book),
    useOnlyOnce: typeof useOnlyOnce === 'boolean' ? useOnlyOnce : null,
    activation: chosen(body, 'activation', ACTIVATIONS, book) ?? 'keep',
    confirm: isDigest ? confirm : null,
  }
}

/**
 * Reads a definition in the typed or the short form. Reports its faults together (at most 50),
 * each with its place.
 */
export const readDefinition = (body: unknown): ReadDefinition => {
  const book = createFaultBook()
  if (!isObject(body)) {
    book.add('', 'not-an-object')
    return { faults: book.faults }
  }
  const short = SHORTHAND_MEMBERS.filter((name) => name in body)
  const typed = TYPED_MEMBERS.filter((name) => name in body)
  if (short.length > 0 && typed.length > 0) {
    for (const name of [...short, ...typed]) book.add(`/${name}`, 'both-forms')
    return { faults: book.faults }
  }
  const own = short.length > 0 ? SHORTHAND_MEMBERS : TYPED_MEMBERS
  refuseUnknown(body, [...own, ...COMMON_MEMBERS], '', book)
  const notes: ShorthandNotes = { takenAsNumbers: [], sentAt: new Map() }
  const rules = short.length > 0 ? readShorthand(body, notes, book) : readTyped(body, book)
  const choices = readChoices(body, book)
  if (book.faults.length > 0 || rules === null) return { faults: book.faults }
  return { definition: { ...rules, ...choices }, ...notes }
}
