import type { Compilation, CompileFault } from '../../domain/segments/compiled-segment.ts'
import type { PlacedLeaf, PlacedNode, PlacedRules } from '../../domain/segments/placed.ts'
import type { Leaf } from '../../domain/segments/segment.ts'
import { splitRules, type SplitRule } from '../../domain/segments/split-rules.ts'
import { isGuideName, writeExpression, type GuideExpression } from './segment-expression.ts'

/** The limits of the guide dialect [guide-api: Campaign segments]. */
const RULE_CHARS = 2_048
const MOST_RULES = 50

const inOfOneType = (leaf: Extract<Leaf, { operator: 'in' }>): GuideExpression => {
  const byType = [
    leaf.values.filter((value) => typeof value === 'number'),
    leaf.values.filter((value) => typeof value === 'string'),
  ].filter((literals) => literals.length > 0)
  return joined(
    'or',
    byType.map((literals) => ({ kind: 'in', name: leaf.attribute, literals })),
  )
}

const rangeExpression = (leaf: Extract<Leaf, { operator: 'between' }>): GuideExpression => {
  const { min, max, minInclusive = true, maxInclusive = true } = leaf
  const ends = [
    { operator: minInclusive ? '>=' : '>', literal: min } as const,
    { operator: maxInclusive ? '<=' : '<', literal: max } as const,
  ]
  return joined(
    'and',
    ends.flatMap(({ operator, literal }): GuideExpression[] =>
      literal === undefined ? [] : [{ kind: 'compare', name: leaf.attribute, operator, literal }],
    ),
  )
}

/** The comparison as an expression. null: the language does not have its operator. */
const leafExpression = (leaf: Leaf): GuideExpression | null => {
  switch (leaf.operator) {
    case 'in':
      return inOfOneType(leaf)
    case 'between':
      return rangeExpression(leaf)
    case 'contains':
    case 'beginsWith':
    case 'endsWith':
    case 'before':
    case 'after':
      return null
    default:
      return {
        kind: 'compare',
        name: leaf.attribute,
        operator: leaf.operator,
        literal: leaf.value,
      }
  }
}

/** Joins nested groups of the same kind, as Genesys does when it reads the text. */
const joined = (kind: 'and' | 'or', parts: readonly GuideExpression[]): GuideExpression => {
  const flat = parts.flatMap((part) => (part.kind === kind ? part.parts : [part]))
  const [only] = flat
  return flat.length === 1 && only !== undefined ? only : { kind, parts: flat }
}

const expressionOf = (node: PlacedNode, faults: CompileFault[]): GuideExpression => {
  if (node.kind === 'not') return { kind: 'not', part: expressionOf(node.child, faults) }
  if (node.kind !== 'leaf') {
    const parts = node.children.map((child) => expressionOf(child, faults))
    return joined(node.kind === 'all' ? 'and' : 'or', parts)
  }
  return checkedLeaf(node, faults)
}

const checkedLeaf = ({ leaf, path }: PlacedLeaf, faults: CompileFault[]): GuideExpression => {
  const expression = leafExpression(leaf)
  if (!isGuideName(leaf.attribute)) {
    faults.push({
      code: 'attribute-not-expressible',
      path,
      detail: `Genesys cannot name the column ${JSON.stringify(leaf.attribute)} in a rule: a name must consist of letters, digits and _, must not begin with a digit, and must not be AND, OR, NOT, IN or listId.`,
    })
  }
  if (expression === null) {
    faults.push({
      code: 'operator-not-expressible',
      path,
      detail: `Genesys has no operator ${leaf.operator} for rules. It has =, !=, <, <=, >, >=, in and between.`,
    })
  }
  return expression ?? { kind: 'in', name: '', literals: [] }
}

type WrittenRule = { action: SplitRule['action']; text: string; path: string }

/**
 * An exclude with too many values for one rule is split into several rules. An include cannot be
 * split, because includes are joined by AND.
 */
const writtenIn = (rule: SplitRule, faults: CompileFault[]): WrittenRule[] => {
  const { action, node } = rule
  const { path } = node
  const text = writeExpression(expressionOf(node, faults))
  if (text.length <= RULE_CHARS) return [{ action, text, path }]
  if (action === 'exclude' && node.kind === 'leaf' && node.leaf.operator === 'in') {
    const { leaf } = node
    const half = Math.ceil(leaf.values.length / 2)
    if (half < leaf.values.length) {
      return [leaf.values.slice(0, half), leaf.values.slice(half)].flatMap((values) =>
        writtenIn({ action, node: { path, kind: 'leaf', leaf: { ...leaf, values } } }, faults),
      )
    }
  }
  faults.push({
    code: 'segment-too-complex',
    path,
    detail: `In the syntax of Genesys, this rule has ${text.length} characters. At most ${RULE_CHARS} are allowed, and the gateway cannot split the rule.`,
  })
  return []
}

/**
 * Joins each rule with the last rule of the same action, as long as the length limit allows this.
 * Each rule keeps its parentheses.
 */
const packed = (rules: readonly WrittenRule[]): WrittenRule[] => {
  const merged: WrittenRule[] = []
  const joint = new Set<WrittenRule>()
  for (const rule of rules) {
    const last = merged.findLast(({ action }) => action === rule.action)
    const word = rule.action === 'include' ? 'AND' : 'OR'
    const before = last !== undefined && joint.has(last) ? last.text : `(${last?.text})`
    const both = `${before} ${word} (${rule.text})`
    if (last === undefined || both.length > RULE_CHARS) merged.push({ ...rule })
    else {
      last.text = both
      joint.add(last)
    }
  }
  return merged
}

const listRule = (listId: string) => ({
  type: 'list',
  filter: {
    type: 'list',
    expression: writeExpression({
      kind: 'compare',
      name: 'listId',
      operator: '=',
      literal: listId,
    }),
  },
  actions: [{ type: 'include' }],
})

const contactRule = ({ action, text }: WrittenRule) => ({
  type: 'contact',
  expression: text,
  filter: { type: 'contact', expression: text },
  actions: [{ type: action }],
})

/** The rules of a campaign. The guide dialect requires them under two names. */
export const compileGuideSegment = (
  rules: PlacedRules,
  contactListIds: readonly string[],
): Compilation => {
  const faults: CompileFault[] = []
  const written = splitRules(rules).flatMap((rule) => writtenIn(rule, faults))
  const room = MOST_RULES - contactListIds.length
  const contactRules = written.length > room ? packed(written) : written
  if (contactRules.length > room) {
    faults.push({
      code: 'segment-too-complex',
      path: contactRules[Math.max(room, 0)]?.path ?? '/contactListIds',
      detail: `In the syntax of Genesys, the definition has ${contactListIds.length + contactRules.length} rules. At most ${MOST_RULES} are allowed.`,
    })
  }
  if (faults.length > 0) return { faults }
  const all = [...contactListIds.map(listRule), ...contactRules.map(contactRule)]
  const rulePaths = [
    ...contactListIds.map((_, at) => `/contactListIds/${at}`),
    ...contactRules.map(({ path }) => path),
  ]
  const body = { rules: all, contactFilters: all }
  return { compiled: { body, ruleCount: all.length, rulePaths } }
}
