import { readPatterns } from './phone-pattern.ts'
import type { PatternGraph, PatternNode } from './phone-pattern.ts'

/**
 * Patterns over the ten digits as a table with one row for each state. The first ten places say
 * which row follows for a digit (as that row's offset). The next two say what the state accepts.
 * Row 0 is the dead state, row 1 the start.
 */
export type DigitTable = Uint16Array

const ROW = 16
const DIGITS = 10
const ACCEPTS = 10
const ACCEPTS_AT_END = 11
const START = ROW
/** A row's offset has to fit 16 bits, and so has the set of patterns that a state accepts. */
const MOST_STATES = 0x1_0000 / ROW
const MOST_PATTERNS = 16

/**
 * What a prefix table's state accepts: nothing, a match, a match in which a capturing group took
 * part.
 */
const PREFIX_MATCH = 1
const PREFIX_MATCH_WITH_GROUP = 2

/** `prefixLength`: nothing of the pattern matches at the start. */
export const NO_PREFIX = -1
/**
 * `prefixLength`: it matches, and a capturing group took part, so the text must be transformed, not
 * only cut.
 */
export const PREFIX_WITH_GROUP = -2

/** A place in the graph and whether a group was closed on the way there. */
type Thread = { node: number; grouped: boolean }

/** All threads that are reached without taking a digit, in order of preference, each place once. */
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
 * How the threads of a state are kept, and what the state accepts: the difference between a whole
 * match and a prefix match.
 */
type Kind = {
  settle: (threads: Thread[]) => Thread[]
  accepts: (threads: Thread[]) => number
  acceptsAtEnd: (threads: Thread[]) => number
}

/**
 * The subset construction: a state for every distinct list of threads. null: more states than a
 * table can number.
 */
const tabulate = (graph: PatternGraph, starts: Thread[], kind: Kind): DigitTable | null => {
  const states: Thread[][] = [[]]
  const numbers = new Map<string, number>()
  // Most arrivals are met several times, so that what they reach need not be looked for again.
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
 * `wholeMatches` reads it. null if `readPatterns` does not know the syntax of a pattern, or if the
 * table is too small.
 */
export const compileWhole = (patterns: readonly string[]): DigitTable | null => {
  const graph = patterns.length > MOST_PATTERNS ? null : readPatterns(patterns)
  if (graph === null) return null
  return tabulate(graph, starting(graph), {
    // Which way led to a place is all one here, so that fewer states are told apart.
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
 * A table for one pattern that must match the start of a text, as `^(?:pattern)` does, with its
 * preference among several matches: threads behind the first match are dropped, so that the last
 * match found is the one of the regular expression. `prefixLength` reads it. `tellGroups`: marks a
 * match in which a capturing group took part. null as in `compileWhole`.
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
 * The patterns (bit n = the n-th) that match all of `digits` (values 0 to 9) from `from` to before
 * `to`.
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
 * How many of `digits` from `from` on the pattern matches, or `NO_PREFIX`, or `PREFIX_WITH_GROUP`.
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
 * Whether a text that starts with these digits may match a prefix table: it has matched already, or
 * more digits could complete a match.
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
