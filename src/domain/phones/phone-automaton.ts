import { readPatterns } from './phone-pattern.ts'
import type { PatternGraph, PatternNode } from './phone-pattern.ts'

/**
 * Patterns over the ten digits as a table with one row for each state. For each digit, the row has
 * the next state, as the offset of that state's row. The two columns after the ten digits have what
 * the state accepts. In row 0, no pattern can match anymore. Row 1 is the start.
 */
export type DigitTable = Uint16Array

const ROW = 16
const DIGITS = 10
const ACCEPTS = 10
const ACCEPTS_AT_END = 11
const START = ROW
/** A row's offset must fit in 16 bits, and so must the set of patterns that a state accepts. */
const MOST_STATES = 0x1_0000 / ROW
const MOST_PATTERNS = 16

/**
 * What a state of a prefix table accepts. 0: nothing. 1: a match. 2: a match in which a capturing
 * group took part.
 */
const PREFIX_MATCH = 1
const PREFIX_MATCH_WITH_GROUP = 2

/** Result of `prefixLength`: the pattern does not match at the start. */
export const NO_PREFIX = -1
/**
 * Result of `prefixLength`: the pattern matches, and a capturing group took part. The prefix must
 * then be replaced by other digits, not only cut off.
 */
export const PREFIX_WITH_GROUP = -2

/** A node of the graph, and whether a capturing group ended on the path to it. */
type Thread = { node: number; grouped: boolean }

/**
 * All threads that can be reached without consuming a digit, in order of preference. Each node
 * appears once.
 */
const reach = (graph: PatternGraph, from: Thread[], atEnd: boolean): Thread[] => {
  const reached: Thread[] = []
  const seen = new Set<number>()
  const visit = (node: number, grouped: boolean): void => {
    if (seen.has(node)) return
    seen.add(node)
    const step: PatternNode = graph.nodes[node]!
    if (step.kind === 'split') {
      visit(step.first, grouped)
      visit(step.second, grouped)
    } else if (step.kind === 'group') visit(step.next, true)
    else if (step.kind === 'end-of-text' && atEnd) visit(step.next, grouped)
    else reached.push({ node, grouped })
  }
  for (const { node, grouped } of from) visit(node, grouped)
  return reached
}

const afterDigit = (graph: PatternGraph, threads: Thread[], digit: number): Thread[] => {
  const after: Thread[] = []
  for (const { node, grouped } of threads) {
    const step = graph.nodes[node]!
    if (step.kind === 'digits' && (step.set & (1 << digit)) !== 0) {
      after.push({ node: step.next, grouped })
    }
  }
  return after
}

const keyOf = (threads: Thread[]): string => {
  let key = ''
  for (const { node, grouped } of threads) key += grouped ? `${node}* ` : `${node} `
  return key
}

/**
 * The two kinds of tables: for a whole match, and for a prefix match. They differ in which threads
 * a state keeps, and in what a state accepts.
 */
type Kind = {
  settle: (threads: Thread[]) => Thread[]
  accepts: (threads: Thread[]) => number
  acceptsAtEnd: (threads: Thread[]) => number
}

/**
 * The subset construction: one state for every distinct list of threads. null: there are more
 * states than a table can number.
 */
const tabulate = (graph: PatternGraph, starts: Thread[], kind: Kind): DigitTable | null => {
  const states: Thread[][] = [[]]
  const numbers = new Map<string, number>()
  // The same list of threads occurs many times. Remembering its state saves another search.
  const arrivals = new Map<string, number>([['', 0]])
  const numberOf = (from: Thread[]): number => {
    const arrival = keyOf(from)
    const met = arrivals.get(arrival)
    if (met !== undefined) return met
    const threads = kind.settle(reach(graph, from, false))
    const key = keyOf(threads)
    const number = numbers.get(key) ?? states.push(threads) - 1
    numbers.set(key, number)
    arrivals.set(arrival, number)
    return number
  }
  numberOf(starts)
  const rows: number[][] = [[]]
  for (let state = 1; state < states.length; state += 1) {
    if (state >= MOST_STATES) return null
    const threads = states[state]!
    const row: number[] = []
    for (let digit = 0; digit < DIGITS; digit += 1) {
      row.push(numberOf(afterDigit(graph, threads, digit)) * ROW)
    }
    row[ACCEPTS] = kind.accepts(threads)
    row[ACCEPTS_AT_END] = kind.acceptsAtEnd(threads)
    rows.push(row)
  }
  const table = new Uint16Array(rows.length * ROW)
  for (const [state, row] of rows.entries()) table.set(row, state * ROW)
  return table
}

const matched = (graph: PatternGraph, threads: Thread[]): Thread[] =>
  threads.filter(({ node }) => graph.nodes[node]!.kind === 'match')

const starting = (graph: PatternGraph): Thread[] =>
  graph.starts.map((node) => ({ node, grouped: false }))

/**
 * One table for up to 16 patterns that must each match a whole text, as `^(?:pattern)$` does.
 * `wholeMatches` reads the table. null if there are more patterns, if `readPatterns` does not know
 * the syntax of a pattern, or if the table would need too many states.
 */
export const compileWhole = (patterns: readonly string[]): DigitTable | null => {
  const graph = patterns.length > MOST_PATTERNS ? null : readPatterns(patterns)
  if (graph === null) return null
  return tabulate(graph, starting(graph), {
    // For a whole match, the path to a node does not matter. Forgetting the path makes fewer
    // states.
    settle: (threads) =>
      threads.map(({ node }) => ({ node, grouped: false })).toSorted((a, b) => a.node - b.node),
    accepts: (threads) => {
      let accepted = 0
      for (const { node } of matched(graph, reach(graph, threads, true))) {
        const step = graph.nodes[node]!
        if (step.kind === 'match') accepted |= 1 << step.pattern
      }
      return accepted
    },
    acceptsAtEnd: () => 0,
  })
}

/**
 * A table for one pattern that must match the start of a text, as `^(?:pattern)` does.
 * `prefixLength` reads the table. The table prefers the same match as the regular expression,
 * because threads after the first match are dropped. `tellGroups`: marks a match in which a
 * capturing group took part. null: as in `compileWhole`.
 */
export const compilePrefix = (pattern: string, tellGroups: boolean): DigitTable | null => {
  const graph = readPatterns([pattern])
  if (graph === null) return null
  const preferred = (threads: Thread[]): number => {
    const [match] = matched(graph, threads)
    if (match === undefined) return 0
    return match.grouped && tellGroups ? PREFIX_MATCH_WITH_GROUP : PREFIX_MATCH
  }
  return tabulate(graph, starting(graph), {
    settle: (threads) => {
      const match = threads.findIndex(({ node }) => graph.nodes[node]!.kind === 'match')
      return match === -1 ? threads : threads.slice(0, match + 1)
    },
    accepts: preferred,
    acceptsAtEnd: (threads) => preferred(reach(graph, threads, true)),
  })
}

/**
 * The patterns that match all of `digits` (values 0 to 9) from `from` up to but not including `to`.
 * Bit n stands for pattern n.
 */
export const wholeMatches = (
  table: DigitTable,
  digits: Uint8Array,
  from: number,
  to: number,
): number => {
  let row = START
  for (let at = from; at < to; at += 1) {
    row = table[row + digits[at]!]!
    if (row === 0) return 0
  }
  return table[row + ACCEPTS]!
}

/**
 * The length of the prefix of `digits[from, to)` that the pattern matches, or `NO_PREFIX`, or
 * `PREFIX_WITH_GROUP`.
 */
export const prefixLength = (
  table: DigitTable,
  digits: Uint8Array,
  from: number,
  to: number,
): number => {
  let row = START
  let length = NO_PREFIX
  for (let at = from; at < to; at += 1) {
    const accepted = table[row + ACCEPTS]!
    if (accepted !== 0) length = accepted === PREFIX_MATCH ? at - from : PREFIX_WITH_GROUP
    row = table[row + digits[at]!]!
    if (row === 0) return length
  }
  const accepted = table[row + ACCEPTS_AT_END]!
  if (accepted === 0) return length
  return accepted === PREFIX_MATCH ? to - from : PREFIX_WITH_GROUP
}

/**
 * Whether a text that begins with these digits may match a prefix table. Either the digits match
 * already, or more digits could complete a match.
 */
export const mayMatch = (
  table: DigitTable,
  digits: Uint8Array,
  from: number,
  to: number,
): boolean => {
  let row = START
  for (let at = from; at < to; at += 1) {
    if (table[row + ACCEPTS] !== 0) return true
    row = table[row + digits[at]!]!
  }
  return row !== 0
}
