import type { z } from 'zod'

import { shownName } from '../domain/personal-name.ts'

/** A problem names so many faults at most. */
const MOST_NAMES = 20

const unitOf = (origin: string): string => (origin === 'string' ? ' characters' : '')

const permittedBy = (issue: z.core.$ZodIssue): string => {
  switch (issue.code) {
    case 'invalid_value':
      return `must be one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`
    case 'invalid_type':
      return `must be of the type ${issue.expected === 'record' ? 'object' : issue.expected}`
    case 'too_big':
      return `may be at most ${issue.maximum}${unitOf(issue.origin)}`
    case 'too_small':
      return `must be at least ${issue.minimum}${unitOf(issue.origin)}`
    case 'invalid_key':
      return 'has a member name that is not allowed'
    case 'custom':
      return issue.message
    case 'invalid_format':
      return issue.format === 'regex' ? issue.message : `must be of the format ${issue.format}`
    case 'unrecognized_keys':
      return 'is unknown'
    default:
      return 'has no valid value'
  }
}

/** What is at fault by the issues of a schema: names, and for each what is permitted. Never a value: it may be a person's. */
export const wordsOfIssues = (
  issues: readonly z.core.$ZodIssue[],
): { names: string[]; detail: string } => {
  const words = new Map<string, string>()
  for (const issue of issues) {
    const names =
      issue.code === 'unrecognized_keys' && issue.path.length === 0
        ? issue.keys
        : [String(issue.path[0] ?? 'options')]
    for (const name of names) {
      const shown = shownName(name).slice(0, 100)
      if (!words.has(shown)) words.set(shown, permittedBy(issue))
    }
  }
  const shown = [...words].slice(0, MOST_NAMES)
  return {
    names: shown.map(([name]) => name),
    detail: `${shown.map(([name, permitted]) => `\`${name}\` ${permitted}`).join('; ')}.`,
  }
}
