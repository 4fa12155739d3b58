import { shownName } from '../contacts/personal-name.ts'

/** What may be wrong with a definition, by code. Callers rely on the codes. */
export const DEFINITION_FAULTS = {
  'not-an-object': 'must be an object',
  'member-unknown': 'is an unknown member',
  'member-missing': 'is missing',
  'value-invalid': 'has no valid value',
  'node-unclear': 'must be one of {"all":[…]}, {"any":[…]}, {"not":…} or a comparison',
  'group-empty': 'must be an array of at least one rule',
  'depth-exceeded': 'is deeper than 8 levels',
  'leaves-exceeded': 'exceeds the limit of 200 comparisons',
  'attribute-invalid': 'must be the name of a column',
  'attribute-unknown': 'names a column that is missing in one of the lists',
  'operator-unknown':
    'must be one of =, !=, <, <=, >, >=, in, between, contains, beginsWith, endsWith, before, after',
  'literal-invalid':
    'must be a number with at most 15 digits before the point and at most 15 after it, or text of 1 to 256 characters without control characters',
  'literal-not-orderable':
    'must be a number, because this operator does not compare text (write 30 instead of "30")',
  'literal-not-text': 'must be text for this operator',
  'literal-not-date':
    'must be a date (2026-12-24 or 2026-12-24T08:00Z) or a time relative to now (P-07D: seven days ago)',
  'values-invalid': 'must be an array of 1 to 1,000 values',
  'range-without-ends': 'must have `min`, `max` or both',
  'range-upside-down':
    'is a range that no number can match: `max` is below `min`, or the two are equal and `minInclusive` or `maxInclusive` is false',
  'lists-invalid': 'must be an array of 1 to 100 different contact list ids',
  'both-forms': 'mixes the typed form with the short form. Use only one of them',
  'primary-list-differs': 'must be one of `listIds`',
} as const

export type DefinitionFaultCode = keyof typeof DEFINITION_FAULTS

/** `pointer`: a JSON pointer (RFC 6901) into the body that the caller sent. */
export type DefinitionFault = { pointer: string; code: DefinitionFaultCode; detail: string }

/**
 * Collects the faults of one definition, so that a caller gets them together. Faults beyond
 * `MOST_FAULTS` are left out.
 */
export type FaultBook = {
  readonly faults: DefinitionFault[]
  add(pointer: string, code: DefinitionFaultCode): void
}

/** The most faults that a caller gets. */
const MOST_FAULTS = 50

/**
 * Makes an empty book. Use a new book for each definition, because a full book takes no more
 * faults.
 */
export const createFaultBook = (): FaultBook => {
  const faults: DefinitionFault[] = []
  return {
    faults,
    add: (pointer, code) => {
      if (faults.length >= MOST_FAULTS) return
      faults.push({ pointer, code, detail: DEFINITION_FAULTS[code] })
    },
  }
}

/**
 * The name of a member (its first 64 characters), as a part of a JSON pointer. A name that looks
 * like a person's phone or email is replaced.
 */
export const pointerPart = (name: string): string =>
  shownName(name).slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1')
