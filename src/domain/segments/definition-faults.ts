import { shownName } from '../contacts/personal-name.ts'

/** The faults of a definition, each with its place. The codes are contract. */
export const DEFINITION_FAULTS = {
  'not-an-object': 'must be an object',
  'member-unknown': 'is an unknown member',
  'member-missing': 'is missing',
  'value-invalid': 'has no valid value',
  'node-unclear': 'must be one of {"all":[…]}, {"any":[…]}, {"not":…} or a comparison',
  'group-empty': 'must have at least one rule',
  'depth-exceeded': 'is deeper than 8 levels',
  'leaves-exceeded': 'is beyond the 200 comparisons of a definition',
  'attribute-invalid': 'must be the name of a column',
  'attribute-unknown': 'names a column that a list lacks',
  'operator-unknown':
    'must be one of =, !=, <, <=, >, >=, in, between, contains, beginsWith, endsWith, before, after',
  'literal-invalid':
    'must be a number that a cell can hold, or text of 1 to 256 characters without control characters',
  'literal-not-orderable':
    'must be a number: text has no order (write 30 instead of "30" to compare numbers)',
  'literal-not-text': 'must be text for this operator',
  'literal-not-date': 'must be a date (2026-12-24 or 2026-12-24T08:00Z) or a time from now (P-07D)',
  'values-invalid': 'must be a list of 1 to 1,000 values',
  'range-without-ends': 'must have `min`, `max` or both',
  'range-upside-down': 'ends below its beginning, so no number is in it',
  'lists-invalid': 'must be a list of 1 to 100 different contact list ids',
  'both-forms': 'mixes the typed form with the short form; use one of them',
  'primary-list-differs': 'must be one of `listIds`',
} as const

export type DefinitionFaultCode = keyof typeof DEFINITION_FAULTS

/** A fault of a definition. `pointer` is a JSON pointer (RFC 6901) into the body sent. */
export type DefinitionFault = { pointer: string; code: DefinitionFaultCode; detail: string }

/** Collects every fault of one definition. */
export type FaultBook = {
  readonly faults: DefinitionFault[]
  add(pointer: string, code: DefinitionFaultCode): void
}

/** Most faults that a caller gets. */
const MOST_FAULTS = 50

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
 * A member's name as a part of a JSON pointer. A name that resembles a person's phone or email is
 * left out.
 */
export const pointerPart = (name: string): string =>
  shownName(name).slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1')
