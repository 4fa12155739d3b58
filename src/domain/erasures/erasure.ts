import { subjectOf } from '../do-not-call/subject.ts'

/**
 * The places where an erasure looks for a person, in this order. Genesys comes last, once nothing
 * of the person is in flight any more.
 */
export const ERASURE_PLACES = [
  'rows',
  'file_names',
  'answers',
  'deliveries',
  'segments',
  'entries',
  'guest_files',
  'genesys_contacts',
  'register',
  'retractions',
] as const
export type ErasurePlace = (typeof ERASURE_PLACES)[number]

/** The steps, in this order: the places need the result of `found`. */
export const ERASURE_STEPS = ['found', ...ERASURE_PLACES] as const
export type ErasureStep = (typeof ERASURE_STEPS)[number]

/** How far an erasure has got. `after` null is the beginning of the step. */
export type ErasurePosition = { step: ErasureStep; after: string | null }

/** The position after the last row of a step: the next step. */
export const positionBehind = (step: ErasureStep, after: string | null): ErasurePosition => {
  const next = ERASURE_STEPS[ERASURE_STEPS.indexOf(step) + 1]
  return after === null && next !== undefined ? { step: next, after: null } : { step, after }
}

export const ERASURE_STATES = ['erasing', 'waiting', 'completed', 'completed_with_remains'] as const
export type ErasureState = (typeof ERASURE_STATES)[number]

/** Why data of the person remains. The texts are for the receipt. */
export const ERASURE_REMAINS = {
  genesys_cannot_delete:
    'Genesys has no call in this dialect that deletes a contact: delete it there by hand.',
  genesys_keeps_contact:
    'Genesys accepted the deletion and still shows the contact, because a campaign uses it.',
  file_in_genesys: 'The file is stored with the external contact in Genesys: delete it there.',
  segment_rules:
    'The rules of a segment name the person. The author of the next version decides whom the campaign dials.',
  entry_to_be_sent:
    'The number stays sealed with the do-not-call entry: Genesys has not accepted it yet, or needs it again.',
} as const
export type ErasureRemain = keyof typeof ERASURE_REMAINS

/** The result of a place. */
export type PlaceReport = {
  found: number
  erased: number
  remains: Partial<Record<ErasureRemain, number>>
}

/** The person to erase, as a caller names them. */
export type ErasureSubject =
  | { kind: 'contact'; contactListId: string; value: string }
  | { kind: 'phone' | 'email'; contactListId: null; value: string }

export type Erasure = {
  id: string
  tenantId: string
  kind: ErasureSubject['kind']
  contactListId: string | null
  /** Hexadecimal, keyed. */
  subjectDigest: string
  state: ErasureState
  places: Partial<Record<ErasurePlace, PlaceReport>>
  suppressions: number | null
  attempts: number
  failure: string | null
  createdAt: string
  updatedAt: string
  completedAt: string | null
  version: number
}

/** The text that replaces the person. */
export const ERASED = 'erased'

/** Fewer digits are not a phone number: they occur in dates and counts. */
const FEWEST_DIGITS = 7
/** A national number lacks its calling code. */
const MOST_CALLING_DIGITS = 3

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/gu, '\\$&')

/** Digits of a number with what people write between them, after a plus, zeros or nothing. */
const phonePattern = (e164: string): RegExp => {
  const digits = [...e164.replaceAll(/\D/gu, '')]
  return new RegExp(`(?<!\\d)(?:\\+|00)?${digits.join('[\\s().\\-/]{0,3}')}(?!\\d)`, 'gu')
}

/** A contact id inside a text, as a separate value, because short ids occur in many words. */
const contactPattern = (contactId: string): RegExp =>
  new RegExp(`(?<![A-Za-z0-9._:@-])${escaped(contactId)}(?![A-Za-z0-9_:@-])`, 'gu')

/** Replaces the person in texts, and tells whether a cell is the person. */
export type Mentions = {
  /**
   * The text without the person. null: it does not name the person. `json`: a contact id counts
   * where it is a whole string.
   */
  without(text: string, about?: { json: boolean }): string | null
  /** Whether a raw cell is the person's number, address or id, however it is written. */
  isCell(cell: string): boolean
}

export const mentionsOf = ({ kind, value }: Pick<ErasureSubject, 'kind' | 'value'>): Mentions => {
  const replacing =
    (pattern: RegExp, by = ERASED) =>
    (text: string): string | null => {
      const replaced = text.replaceAll(pattern, () => by)
      return replaced === text ? null : replaced
    }
  if (kind === 'contact') {
    const whole = replacing(
      new RegExp(escaped(JSON.stringify(value)), 'gu'),
      JSON.stringify(ERASED),
    )
    const apart = replacing(contactPattern(value))
    return {
      without: (text, about) => (about?.json === true ? whole(text) : apart(text)),
      isCell: (cell) => cell.trim() === value,
    }
  }
  if (kind === 'email') {
    const folded = subjectOf(value)
    const inText = replacing(new RegExp(escaped(value), 'giu'))
    return {
      without: (text) => inText(text),
      isCell: (cell) => subjectOf(cell.trim()).includes(folded) || inText(cell) !== null,
    }
  }
  const inText = replacing(phonePattern(value))
  const digits = value.replaceAll(/\D/gu, '')
  return {
    without: (text) => inText(text),
    isCell: (cell) => {
      const given = cell.replaceAll(/\D/gu, '').replace(/^0+/u, '')
      const isWhole = digits.endsWith(given) && digits.length - given.length <= MOST_CALLING_DIGITS
      return given.length >= FEWEST_DIGITS && (isWhole || given.includes(digits))
    },
  }
}
