/**
 * One step of a pattern, as nodes that point to each other. `digits` consumes one digit of the set
 * (bit n = digit n). The other kinds consume nothing. A `split` prefers its first branch, as a
 * regular expression does. `group` marks the end of a capturing group.
 */
export type PatternNode =
  | { kind: 'digits'; set: number; next: number }
  | { kind: 'split'; first: number; second: number }
  | { kind: 'group'; next: number }
  | { kind: 'end-of-text'; next: number }
  | { kind: 'match'; pattern: number }

/** The nodes of one or more patterns, and where each pattern starts. */
export type PatternGraph = { nodes: PatternNode[]; starts: number[] }

const ALL_DIGITS = 0b11_1111_1111
const ONE_DIGIT = /^(?:\d|\\d|\[(?:\\d|\d(?:-\d)?)+\])/
const COUNT = /^\{(\d+)(?:,(\d+))?\}/

const rangeSet = (first: string, last: string): number => {
  let set = 0
  for (let digit = Number(first); digit <= Number(last); digit += 1) set |= 1 << digit
  return set
}

const digitSet = (written: string): number => {
  let set = 0
  for (const [part, first = '', last = first] of written.matchAll(/\\d|(\d)(?:-(\d))?/g)) {
    set |= part === '\\d' ? ALL_DIGITS : rangeSet(first, last)
  }
  return set
}

/**
 * Makes nodes that lead to `next`, and returns the first of them. The graph is built from the end,
 * so that `next` is known.
 */
type Fragment = (next: number) => number

class Unreadable extends Error {}

const createPatternReader = (nodes: PatternNode[], text: string) => {
  let at = 0
  const add = (node: PatternNode): number => nodes.push(node) - 1

  const take = (token: string): boolean => {
    if (!text.startsWith(token, at)) return false
    at += token.length
    return true
  }

  const atom = (): Fragment => {
    if (take('$')) return (next) => add({ kind: 'end-of-text', next })
    if (take('(')) {
      const captures = !take('?:')
      const body = alternatives()
      if (!take(')')) throw new Unreadable(text)
      return captures ? (next) => body(add({ kind: 'group', next })) : body
    }
    const digit = ONE_DIGIT.exec(text.slice(at))?.[0]
    if (digit === undefined) throw new Unreadable(text)
    at += digit.length
    const set = digitSet(digit)
    return (next) => add({ kind: 'digits', set, next })
  }

  const repeated = (): Fragment => {
    const body = atom()
    const count = COUNT.exec(text.slice(at))
    at += count?.[0].length ?? 0
    const optional = count === null && take('?')
    const least = optional ? 0 : Number(count?.[1] ?? 1)
    const most = Number(count?.[2] ?? count?.[1] ?? 1)
    return (next) => {
      let first = next
      for (let times = least; times < most; times += 1) {
        first = add({ kind: 'split', first: body(first), second: next })
      }
      for (let times = 0; times < least; times += 1) first = body(first)
      return first
    }
  }

  const sequence = (): Fragment => {
    const parts: Fragment[] = []
    while (at < text.length && text[at] !== '|' && text[at] !== ')') parts.push(repeated())
    return (next) => parts.reduceRight((after, part) => part(after), next)
  }

  const alternatives = (): Fragment => {
    const ways = [sequence()]
    while (take('|')) ways.push(sequence())
    return (next) =>
      ways
        .map((way) => way(next))
        .reduceRight((second, first) => add({ kind: 'split', first, second }))
  }

  return {
    whole(next: number): number {
      const start = alternatives()(next)
      if (at < text.length) throw new Unreadable(text)
      return start
    },
  }
}

/**
 * Reads regular expressions over the ten digits in the syntax of the phone metadata: digits, `\d`,
 * classes, groups, alternatives, `$`, `?` and `{n}`/`{n,m}`, all greedy. null if a pattern contains
 * anything else (a look-ahead, `*`, a lazy count), because no automaton can be made from it.
 */
export const readPatterns = (patterns: readonly string[]): PatternGraph | null => {
  const nodes: PatternNode[] = []
  try {
    const starts = patterns.map((text, pattern) => {
      const match = nodes.push({ kind: 'match', pattern }) - 1
      return createPatternReader(nodes, text).whole(match)
    })
    return { nodes, starts }
  } catch (failure) {
    if (failure instanceof Unreadable) return null
    throw failure
  }
}
