import { subjectOf } from '../do-not-call/subject.ts'

/**
 * The places where an erasure searches for a person, in this order. Contacts are deleted from
 * Genesys only after all rows are erased, so that no row can create a deleted contact again. The
 * register and the retractions come last, because they refer to these contacts.
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

/** The steps, in this order. `found` finds the person's contacts, which the other steps need. */
export const ERASURE_STEPS = ['found', ...ERASURE_PLACES] as const
export type ErasureStep = (typeof ERASURE_STEPS)[number]

/** How far an erasure has got. `after` null: the erasure is at the beginning of the step. */
export type ErasurePosition = { step: ErasureStep; after: string | null }

/**
 * The position after a part of a step. `after`: where that part ended. `after` null: the step is
 * done, and the position is the beginning of the next step. If the last step is done, the position
 * is the beginning of the last step, because no step follows.
 */
export const positionBehind = (step: ErasureStep, after: string | null): ErasurePosition => {
  const next = ERASURE_STEPS[ERASURE_STEPS.indexOf(step) + 1]
  return after === null && next !== undefined ? { step: next, after: null } : { step, after }
}

export const ERASURE_STATES = ['erasing', 'waiting', 'completed', 'completed_with_remains'] as const
export type ErasureState = (typeof ERASURE_STATES)[number]

/** Why data of the person remains. The texts are for the receipt. */
export const ERASURE_REMAINS = {
  genesys_cannot_delete:
    'In this dialect, Genesys has no call that deletes a contact. Delete the contact in Genesys by hand.',
  genesys_keeps_contact:
    'Genesys accepted the deletion, but still shows the contact, because a campaign uses the contact.',
  genesys_refuses_deletion:
    'Genesys refused to delete the contact again and again, or did not confirm the deletion. Look in Genesys whether the contact is still there, and delete it by hand.',
  file_in_genesys:
    'The file is stored with the external contact in Genesys. Delete the file in Genesys.',
  segment_rules:
    'The rules of a segment name the person. To remove the person, send a new version of the segment.',
  entry_to_be_sent:
    'The do-not-call entry keeps the number in encrypted form, because the gateway still has to send the entry to Genesys.',
} as const
export type ErasureRemain = keyof typeof ERASURE_REMAINS

/** What an erasure found and erased in one place, and what remains there. */
export type PlaceReport = {
  found: number
  erased: number
  remains: Partial<Record<ErasureRemain, number>>
}

/** The person to erase, as the caller names the person. */
export type ErasureSubject =
  | { kind: 'contact'; contactListId: string; value: string }
  | { kind: 'phone' | 'email'; contactListId: null; value: string }

export type Erasure = {
  id: string
  tenantId: string
  kind: ErasureSubject['kind']
  contactListId: string | null
  /** The keyed digest of the person, hexadecimal. */
  subjectDigest: string
  state: ErasureState
  places: Partial<Record<ErasurePlace, PlaceReport>>
  suppressions: number | null
  /** How often in a row Genesys gave no answer about a contact. */
  attempts: number
  failure: string | null
  createdAt: string
  updatedAt: string
  completedAt: string | null
  version: number
}

/** The text that replaces the person. */
export const ERASED = 'erased'

/**
 * A cell with fewer digits never counts as the number, because its digits could be part of a date
 * or a count.
 */
const FEWEST_DIGITS = 7
/** The most digits of a calling code. A number in national form has no calling code. */
const MOST_CALLING_DIGITS = 3

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/gu, '\\$&')

/**
 * Matches a complete international number. It may begin with a plus sign, with `00`, or with its
 * first digit. Up to three spaces, brackets, points, hyphens or slashes may separate two digits.
 */
const phonePattern = (e164: string): RegExp => {
  const digits = [...e164.replaceAll(/\D/gu, '')]
  return new RegExp(`(?<!\\d)(?:\\+|00)?${digits.join('[\\s().\\-/]{0,3}')}(?!\\d)`, 'gu')
}

/** Matches a contact id only as a separate value, because short ids occur inside many words. */
const contactPattern = (contactId: string): RegExp =>
  new RegExp(`(?<![A-Za-z0-9._:@-])${escaped(contactId)}(?![A-Za-z0-9_:@-])`, 'gu')

/**
 * Matches an address in a text, but not as the end of a longer word. A letter behind a backslash is
 * an escape of JSON and ends a word.
 */
const addressInText = (address: string): RegExp =>
  new RegExp(
    `(?<![^\\\\][\\p{L}\\p{N}]|^[\\p{L}\\p{N}])${escaped(address)}(?![\\p{L}\\p{N}])`,
    'giu',
  )

/** A character of a part of a domain, and a character that can only be in the middle of a word. */
const IN_LABEL = '[\\p{L}\\p{M}\\p{N}-]'
const IN_WORD = '[\\p{L}\\p{M}\\p{N}]'
/** What joins the parts of a local part, as in `jo.ann`, `o'ann` and `jo--ann`. */
const JOINS = `${IN_WORD}[._+'’&~-]{0,8}`
/** The domain goes on and can be another one. The last part of a domain has no digit. */
const DOMAIN_GOES_ON = `${IN_LABEL}*(?:\\.${IN_LABEL}+)*\\.(?:[\\p{L}\\p{M}]{2,}|xn--${IN_LABEL}+)(?!${IN_LABEL})`
/** A sentence begins without a space, as in `ann@example.com.Please`: its case shows it. */
const SENTENCE = `(?-i:(?<=@[\\p{Ll}\\p{N}.-]+)\\.\\p{Lu}\\p{Ll}{2,}(?!\\.?${IN_LABEL}))`

/**
 * Matches an address in a cell, but not as a part of a longer address. The longer address belongs
 * to another person, whose row must stay.
 */
const addressInCell = (address: string): RegExp =>
  new RegExp(
    `(?<!${JOINS}|_)${escaped(address)}(?!${IN_WORD})(?:(?=${SENTENCE})|(?!${DOMAIN_GOES_ON}))`,
    'iu',
  )

/** The extension of a file's name, with its point. Empty: the name has none. */
export const extensionOf = (name: string): string => /\.[A-Za-z0-9]{1,8}$/u.exec(name)?.[0] ?? ''

/** Gives each file that JSON names the name that `anew` returns. null: its name stays. */
const withFileNames = (json: string, anew: (name: string) => string | null): string =>
  json.replaceAll(/"fileName":("(?:[^"\\]|\\.)*")/gu, (member, name: string) => {
    const given = anew(JSON.parse(name) as string)
    return given === null ? member : `"fileName":${JSON.stringify(given)}`
  })

/**
 * How a contact id is found in JSON: where it is a whole string, and in the names of files. If the
 * JSON is about the external contact with this id, every file in it is the person's.
 */
const contactInJson = (value: string, apart: (text: string) => string | null) => {
  const whole = JSON.stringify(value)
  return (json: string): string | null => {
    const isTheirs = json.includes(`"externalContactId":${whole}`)
    const named = withFileNames(json, (name) =>
      isTheirs ? `${ERASED}${extensionOf(name)}` : apart(name),
    )
    const replaced = named.replaceAll(whole, () => JSON.stringify(ERASED))
    return replaced === json ? null : replaced
  }
}

/** Finds and replaces what names the person. */
export type Mentions = {
  /**
   * The text with the person replaced. null: the text does not name the person. `json`: the text is
   * JSON. In JSON, a contact id counts only if it is a whole string or in the name of a file. All
   * files of the external contact with this id get the name `erased`.
   */
  without(text: string, about?: { json: boolean }): string | null
  /**
   * Whether a cell names the person. A cell names the person if it contains the person's number or
   * address, is the number in national form, or is exactly the contact id. The notation of the
   * number and the case of the address do not matter.
   */
  isCell(cell: string): boolean
}

/**
 * How one person is found in texts and cells. `value`: a phone in E.164, an email, or a contact id.
 * An email is found in any case, but a contact id only in its exact case.
 */
export const mentionsOf = ({ kind, value }: Pick<ErasureSubject, 'kind' | 'value'>): Mentions => {
  const replacing =
    (pattern: RegExp) =>
    (text: string): string | null => {
      const replaced = text.replaceAll(pattern, () => ERASED)
      return replaced === text ? null : replaced
    }
  if (kind === 'contact') {
    const apart = replacing(contactPattern(value))
    const whole = contactInJson(value, apart)
    return {
      without: (text, about) => (about?.json === true ? whole(text) : apart(text)),
      isCell: (cell) => cell.trim() === value,
    }
  }
  if (kind === 'email') {
    const inText = replacing(addressInText(value))
    const [folded, asGiven] = [addressInCell(subjectOf(value)), addressInCell(value)]
    return {
      without: (text) => inText(text),
      isCell: (cell) => folded.test(subjectOf(cell.trim())) || asGiven.test(cell),
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
