import type { z } from 'zod'

import { shownName } from '../../domain/contacts/personal-name.ts'

/** The most faults that a problem names. */
const MOST_NAMES = 20

/** The text for a limit of a number, of a text's length, or of the number of items. */
const boundOf = (origin: string, bound: 'most' | 'least', figure: number | bigint): string => {
  if (origin === 'string') {
    const verb = bound === 'most' ? 'may have' : 'must have'
    return `${verb} at ${bound} ${figure} ${Number(figure) === 1 ? 'character' : 'characters'}`
  }
  if (origin === 'array') return `${bound === 'most' ? 'may' : 'must'} hold at ${bound} ${figure}`
  return `${bound === 'most' ? 'may' : 'must'} be at ${bound} ${figure}`
}

/** An unencoded + in a query means a space, so it must be written as %2B. */
const DATETIME_WORDS =
  'must be a date and a time with Z or an offset, such as 2026-12-24T08:00:00Z or (in a query) 2026-12-24T09:00:00%2B01:00'

const permittedBy = (issue: z.core.$ZodIssue): string => {
  switch (issue.code) {
    case 'invalid_value':
      return `must be one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`
    case 'invalid_type':
      return `must be of the type ${issue.expected === 'record' ? 'object' : issue.expected}`
    case 'too_big':
      return boundOf(issue.origin, 'most', issue.maximum)
    case 'too_small':
      return boundOf(issue.origin, 'least', issue.minimum)
    case 'invalid_key':
      return 'has a member name that is not allowed'
    case 'custom':
      return issue.message
    case 'invalid_format':
      if (issue.format === 'datetime') return DATETIME_WORDS
      return issue.format === 'regex' ? issue.message : `must have the format ${issue.format}`
    case 'unrecognized_keys':
      return 'is unknown'
    default:
      return 'has no valid value'
  }
}

/**
 * Describes the fault in words. The words distinguish a missing value from a wrong one only if the
 * schema was called with `reportInput`.
 */
const faultOf = (issue: z.core.$ZodIssue): string => {
  const permitted = permittedBy(issue)
  if (!('input' in issue) || issue.input !== undefined) return permitted
  if (issue.code === 'invalid_type') return 'is missing'
  return issue.code === 'invalid_value' ? `is missing and ${permitted}` : permitted
}

/**
 * The place of the fault in a body, such as `columns.0.kind`. For an unknown member: the place of
 * that member.
 */
const placesOf = (issue: z.core.$ZodIssue, whole: string): string[] => {
  const path = issue.path.map(String)
  const members = issue.code === 'unrecognized_keys' ? issue.keys : [null]
  return members.map((member) => [...path, ...(member === null ? [] : [member])].join('.') || whole)
}

/**
 * The faults that a schema found, in words, each with what is permitted. A value is never shown,
 * because it may be personal data. Options and parameters are listed by name. If a fault is inside
 * an option or parameter, `detail` names the place. Members of a `body` are listed by place.
 */
export const wordsOfIssues = (
  issues: readonly z.core.$ZodIssue[],
  within: 'options' | 'body' = 'options',
): { names: string[]; detail: string } => {
  const words = new Map<string, { place: string; fault: string }>()
  for (const issue of issues) {
    const flat =
      issue.code === 'unrecognized_keys' && issue.path.length === 0
        ? issue.keys
        : [String(issue.path[0] ?? 'options')]
    // A fault of an item counts as a fault of the whole array, because callers write arrays with
    // commas.
    const isItem = within === 'options' && issue.path.some((step) => typeof step === 'number')
    const places = isItem ? flat : placesOf(issue, within)
    for (const [at, name] of (within === 'body' ? places : flat).entries()) {
      const shown = shownName(name).slice(0, 100)
      if (words.has(shown)) continue
      words.set(shown, { place: shownName(places[at]!).slice(0, 100), fault: faultOf(issue) })
    }
  }
  const shown = [...words].slice(0, MOST_NAMES)
  return {
    names: shown.map(([name]) => name),
    detail: `${shown.map(([, { place, fault }]) => `\`${place}\` ${fault}`).join('; ')}.`,
  }
}
