import {
  isLeaf,
  type Leaf,
  type Literal,
  type SegmentNode,
} from '../../../src/domain/segments/segment.ts'
import { leavesIn, type TestedRules } from './segment-trees.ts'

/**
 * Rules as SMT-LIB, made only from the text of docs/segments.md, without code of the product. A
 * cell is empty or not, is a number or not, and is one of the texts of the literals or another one.
 */
const NUMBER = /^-?\d{1,15}(?:\.\d{1,15})?$/

const real = (text: string): string => {
  const digits = text.replace('-', '')
  const whole = digits.includes('.') ? digits : `${digits}.0`
  return text.startsWith('-') ? `(- ${whole})` : whole
}
const group = (word: 'and' | 'or', parts: readonly string[]): string =>
  parts.length === 0 ? String(word === 'and') : `(${word} ${parts.join(' ')})`

const textsIn = (leaf: Leaf): string[] => {
  if (leaf.operator === 'between') return []
  const values = leaf.operator === 'in' ? leaf.values : [leaf.value]
  return values.filter((value) => typeof value === 'string')
}

/**
 * The declarations of all columns of these rules, with the facts about every cell, and a function
 * that translates trees over them.
 */
export const smtOf = ({ conditions, exclusions }: TestedRules) => {
  const roots = [...(conditions === null ? [] : [conditions]), ...exclusions]
  const columns = Map.groupBy(roots.flatMap(leavesIn), ({ attribute }) => attribute)
  const codes = new Map(
    [...columns].map(([name, leaves]) => [name, [...new Set(leaves.flatMap(textsIn))]]),
  )
  const declarations = [...codes].map(([name, texts]) => {
    const known = texts.map((text, code) => {
      const is = NUMBER.test(text)
        ? `(and num_${name} (= val_${name} ${real(text)}))`
        : `(not num_${name})`
      return `(assert (=> (= txt_${name} ${code}) (and (not empty_${name}) ${is})))`
    })
    return [
      `(declare-const empty_${name} Bool)(declare-const num_${name} Bool)`,
      `(declare-const val_${name} Real)(declare-const txt_${name} Int)`,
      `(assert (=> empty_${name} (not num_${name})))`,
      `(assert (and (< (- 1000000000000000.0) val_${name}) (< val_${name} 1000000000000000.0)))`,
      ...known,
    ].join('\n')
  })
  const equals = (name: string, value: Literal): string =>
    typeof value === 'string'
      ? `(= txt_${name} ${codes.get(name)?.indexOf(value)})`
      : `(and num_${name} (= val_${name} ${real(String(value))}))`
  const ordered = (name: string, operator: string, value: Literal): string =>
    `(and num_${name} (${operator} val_${name} ${real(String(value))}))`
  const leafTerm = (leaf: Leaf): string => {
    const { attribute: name } = leaf
    if (leaf.operator === 'in')
      return group(
        'or',
        leaf.values.map((value) => equals(name, value)),
      )
    if (leaf.operator === 'between') {
      const { min, max, minInclusive = true, maxInclusive = true } = leaf
      return group('and', [
        ...(min === undefined ? [] : [ordered(name, minInclusive ? '>=' : '>', min)]),
        ...(max === undefined ? [] : [ordered(name, maxInclusive ? '<=' : '<', max)]),
      ])
    }
    if (leaf.operator === '=') return equals(name, leaf.value)
    if (leaf.operator === '!=') return `(not ${equals(name, leaf.value)})`
    return ordered(name, leaf.operator, leaf.value)
  }
  const term = (node: SegmentNode): string => {
    if (isLeaf(node)) return leafTerm(node)
    if ('not' in node) return `(not ${term(node.not)})`
    return 'all' in node ? group('and', node.all.map(term)) : group('or', node.any.map(term))
  }
  return { declarations: declarations.join('\n'), term }
}

type Smt = ReturnType<typeof smtOf>

/** The term for the contacts that the rules select. */
export const selectedTerm = ({ term }: Smt, rules: TestedRules): string =>
  group('and', [
    ...(rules.conditions === null ? [] : [term(rules.conditions)]),
    ...rules.exclusions.map((node) => `(not ${term(node)})`),
  ])
