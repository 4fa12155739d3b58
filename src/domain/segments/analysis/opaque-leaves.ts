import { momentOf } from '../cell-date.ts'
import { DATE_OPERATORS, TEXT_OPERATORS, type Comparison, type Leaf } from '../segment.ts'

const OPAQUE: readonly string[] = [...TEXT_OPERATORS, ...DATE_OPERATORS]

/**
 * Whether the leaf has a text operator or a date operator. The class of a cell does not always
 * decide the result of such a leaf.
 */
export const isOpaque = (leaf: Leaf): leaf is Comparison => OPAQUE.includes(leaf.operator)

const isDated = (leaf: Comparison): boolean =>
  (DATE_OPERATORS as readonly string[]).includes(leaf.operator)

/** Whether every cell that fulfils `one` also fulfils `other`, as far as this can be proved. */
export const implies = (one: Comparison, other: Comparison, nowMs: number): boolean => {
  if (isDated(one) !== isDated(other)) return false
  const [text, part] = [String(one.value), String(other.value)]
  if (isDated(one)) {
    if (one.operator !== other.operator) return false
    const [moment, bound] = [momentOf(text, nowMs), momentOf(part, nowMs)]
    if (moment === null || bound === null) return false
    return one.operator === 'before' ? moment <= bound : moment >= bound
  }
  if (other.operator === 'contains') return text.includes(part)
  if (one.operator !== other.operator) return false
  return one.operator === 'beginsWith' ? text.startsWith(part) : text.endsWith(part)
}

/** Whether no cell can fulfil both leaves, as far as this can be proved. */
export const excludes = (one: Comparison, other: Comparison, nowMs: number): boolean => {
  const [text, part] = [String(one.value), String(other.value)]
  if (isDated(one) && isDated(other)) {
    if (one.operator === other.operator) return false
    const [before, after] = one.operator === 'before' ? [text, part] : [part, text]
    const [end, start] = [momentOf(before, nowMs), momentOf(after, nowMs)]
    return end !== null && start !== null && end <= start
  }
  if (one.operator !== other.operator) return false
  if (one.operator === 'beginsWith') return !text.startsWith(part) && !part.startsWith(text)
  if (one.operator === 'endsWith') return !text.endsWith(part) && !part.endsWith(text)
  return false
}

/**
 * A cell that probably fulfils all of `wanted`. The cell is a guess, so check it with the
 * evaluator.
 */
export const guessCell = (wanted: readonly Comparison[], nowMs: number): string => {
  const dated = wanted.filter(isDated)
  const [first] = dated
  if (first !== undefined) {
    const moments = dated.map((leaf) => momentOf(String(leaf.value), nowMs) ?? nowMs)
    const lower = dated.some(({ operator }) => operator === 'after')
    const from = Math.max(...moments.filter((_, at) => dated[at]?.operator === 'after'))
    const to = Math.min(...moments.filter((_, at) => dated[at]?.operator === 'before'))
    const day = 86_400_000
    const at = lower && Number.isFinite(to) ? (from + to) / 2 : lower ? from + day : to - day
    return `${new Date(at).toISOString().slice(0, 19)}Z`
  }
  const valuesOf = (operator: string): string[] =>
    wanted.filter((leaf) => leaf.operator === operator).map((leaf) => String(leaf.value))
  const longest = (texts: string[]): string =>
    texts.toSorted((one, other) => other.length - one.length)[0] ?? ''
  const text = [
    longest(valuesOf('beginsWith')),
    ...valuesOf('contains'),
    longest(valuesOf('endsWith')),
  ].join('')
  return text === '' ? 'other' : text
}
