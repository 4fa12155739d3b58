import { type GatewayProblem, PROBLEMS } from '../../domain/problems/problem.ts'
import { ENGLISH } from '../texts/texts.ts'

/** A problem in terms that operators know. */
export type ProblemWords = { code: string; heading: string; detail: string; hint: string }

const MOST_NAMES = 20

/** The names of the columns that the problem is about. */
const namesOf = ({ about }: GatewayProblem): string[] => {
  const { columns, diff, unknown } = about
  const { added = [] } = (diff ?? {}) as { added?: unknown }
  return [columns, added, unknown]
    .flatMap((names) => (Array.isArray(names) ? names : []))
    .filter((name): name is string => typeof name === 'string')
    .slice(0, MOST_NAMES)
}

/**
 * The text for operators, if the problem has one. Otherwise the text of the API, which is for
 * developers.
 */
export const problemWords = (problem: GatewayProblem): ProblemWords => {
  const { title, fix } = PROBLEMS[problem.code]
  const own = (ENGLISH.problems.byCode as Record<string, Partial<ProblemWords>>)[problem.code]
  const words = { code: problem.code, heading: title, detail: problem.message, hint: fix, ...own }
  const names = namesOf(problem)
  if (names.length === 0) return words
  return { ...words, detail: `${words.detail} ${ENGLISH.problems.columns} ${names.join(', ')}.` }
}
