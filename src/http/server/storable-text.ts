import { shownName } from '../../domain/contacts/personal-name.ts'
import { GatewayProblem, type ProblemCode } from '../../domain/problems/problem.ts'

const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed()

/**
 * The most levels of nesting in a value that the gateway accepts. Checking a body with thousands of
 * levels would overflow the stack.
 */
const MOST_LEVELS = 100

const isNestedDeeper = (value: unknown, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((held) => isNestedDeeper(held, levels - 1)))

const holdsStorableText = (value: unknown): boolean => {
  if (typeof value === 'string') return isStorable(value)
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([name, held]) => isStorable(name) && holdsStorableText(held))
}

const UNSTORABLE = 'has a character that cannot be stored: NUL, or half a surrogate pair'

/**
 * The members of a JSON value whose name or text PostgreSQL cannot store, because it contains NUL
 * or half of a surrogate pair.
 */
const unstorableMembers = (value: unknown): string[] => {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value)
    .filter(([name, held]) => !isStorable(name) || !holdsStorableText(held))
    .map(([name]) => name)
}

/**
 * Throws 400 if a text cannot be stored or the value is nested too deeply, even if the schema
 * allows it. `listed`: the member of the problem that lists the names at fault.
 */
export const refuseUnstorable = (value: unknown, code: ProblemCode, listed: string): void => {
  if (isNestedDeeper(value, MOST_LEVELS)) {
    throw new GatewayProblem(code, `The value is nested more than ${MOST_LEVELS} levels deep.`)
  }
  const names = unstorableMembers(value).map((name) => shownName(name))
  if (names.length === 0) return
  throw new GatewayProblem(code, `\`${names[0]}\` ${UNSTORABLE}.`, { [listed]: names.slice(0, 20) })
}
