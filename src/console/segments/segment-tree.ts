import {
  DATE_OPERATORS,
  isLeaf,
  type Leaf,
  type Literal,
  ORDERINGS,
  type SegmentNode,
  TEXT_OPERATORS,
} from '../../domain/segments/segment.ts'

/** How the rules of a group are joined. The last two negate the group. */
export const JOINS = ['all', 'any', 'notAll', 'none'] as const
export type Join = (typeof JOINS)[number]

/**
 * The operators of the form. For a range, the operator also states which ends of the range are
 * included.
 */
export const FORM_OPERATORS = [
  '=',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  'in',
  'between',
  'between-open',
  'between-open-min',
  'between-open-max',
  ...TEXT_OPERATORS,
  ...DATE_OPERATORS,
] as const
export type FormOperator = (typeof FORM_OPERATORS)[number]

/** The type of a value, if the operator allows both text and numbers. */
export const LITERAL_TYPES = ['text', 'number'] as const
type LiteralType = (typeof LITERAL_TYPES)[number]

export type FormRule = {
  kind: 'rule'
  attribute: string
  operator: FormOperator
  /**
   * One value on each line. For a range: the minimum on the first line and the maximum on the
   * second. Either line may be empty.
   */
  value: string
  as: LiteralType
}
export type FormGroup = { kind: 'group'; join: Join; nodes: FormNode[] }
export type FormNode = FormRule | FormGroup

/**
 * The rule that the form adds. The check of the definition refuses it until a person fills in the
 * column and the value.
 */
export const emptyRule = (): FormRule => ({
  kind: 'rule',
  attribute: '',
  operator: '=',
  value: '',
  as: 'text',
})
/**
 * The group that the form adds. It has one rule, because a definition must not have an empty group.
 */
export const emptyGroup = (): FormGroup => ({ kind: 'group', join: 'all', nodes: [emptyRule()] })

const isAlwaysNumber = (operator: FormOperator): boolean =>
  (ORDERINGS as readonly string[]).includes(operator) || operator.startsWith('between')
const isAlwaysText = (operator: FormOperator): boolean =>
  ([...TEXT_OPERATORS, ...DATE_OPERATORS] as readonly string[]).includes(operator)

/**
 * The typed text as a literal. A text that is not a number stays a text. If the operator needs a
 * number, the check of the definition then reports this at the right place.
 */
const literalOf = (text: string, as: LiteralType): Literal => {
  const number = Number(text)
  return as === 'number' && text.trim() !== '' && Number.isFinite(number) ? number : text
}

const OPEN_ENDS: Record<string, { minInclusive?: false; maxInclusive?: false }> = {
  'between-open': { minInclusive: false, maxInclusive: false },
  'between-open-min': { minInclusive: false },
  'between-open-max': { maxInclusive: false },
}

const leafOf = ({ attribute, operator, value, as }: FormRule): object => {
  const lines = value.split(/\r?\n/u)
  if (operator === 'in') {
    const values = lines.filter((line) => line !== '').map((line) => literalOf(line, as))
    return { attribute, operator, values }
  }
  if (operator.startsWith('between')) {
    const [min = '', max = ''] = lines
    return {
      ...{ attribute, operator: 'between' },
      ...(min.trim() !== '' && { min: literalOf(min, 'number') }),
      ...(max.trim() !== '' && { max: literalOf(max, 'number') }),
      ...OPEN_ENDS[operator],
    }
  }
  const type = isAlwaysNumber(operator) ? 'number' : isAlwaysText(operator) ? 'text' : as
  return { attribute, operator, value: literalOf(value.replaceAll(/\r?\n/gu, ' ').trim(), type) }
}

/** The path of a node in the form, by the JSON pointer of the node in the definition. */
export type Places = Map<string, string>

/** A node in the form of the API. Adds the node's pointer and its path in the form to `places`. */
export const sentNode = (node: FormNode, path: string, pointer: string, places: Places): object => {
  places.set(pointer, path)
  if (node.kind === 'rule') return leafOf(node)
  const isTurned = node.join === 'notAll' || node.join === 'none'
  const member = node.join === 'all' || node.join === 'notAll' ? 'all' : 'any'
  const inner = `${pointer}${isTurned ? '/not' : ''}/${member}`
  const nodes = node.nodes.map((child, at) =>
    sentNode(child, `${path}.${at}`, `${inner}/${at}`, places),
  )
  return isTurned ? { not: { [member]: nodes } } : { [member]: nodes }
}

const rangeOperator = (leaf: Leaf & { operator: 'between' }): FormOperator => {
  const [noMin, noMax] = [leaf.minInclusive === false, leaf.maxInclusive === false]
  if (noMin && noMax) return 'between-open'
  return noMin ? 'between-open-min' : noMax ? 'between-open-max' : 'between'
}

const ruleOf = (leaf: Leaf): FormRule => {
  const { attribute } = leaf
  if (leaf.operator === 'between') {
    const value = `${leaf.min ?? ''}\n${leaf.max ?? ''}`
    return { kind: 'rule', attribute, operator: rangeOperator(leaf), value, as: 'number' }
  }
  const values = leaf.operator === 'in' ? leaf.values : [leaf.value]
  const as = typeof values[0] === 'number' ? 'number' : 'text'
  return { kind: 'rule', attribute, operator: leaf.operator, value: values.join('\n'), as }
}

const groupOf = (join: Join, nodes: readonly SegmentNode[]): FormGroup => ({
  kind: 'group',
  join,
  nodes: nodes.map(formNode),
})

/** The form's node for a node of a definition. Both select the same contacts. */
export const formNode = (node: SegmentNode): FormNode => {
  if (isLeaf(node)) return ruleOf(node)
  if ('all' in node) return groupOf('all', node.all)
  if ('any' in node) return groupOf('any', node.any)
  const { not } = node
  if ('all' in not) return groupOf('notAll', not.all)
  if ('any' in not) return groupOf('none', not.any)
  return groupOf('none', [not])
}

/** The conditions as a group, because the form begins with a group. */
export const conditionsGroup = (conditions: SegmentNode | null): FormGroup => {
  if (conditions === null) return { kind: 'group', join: 'all', nodes: [] }
  const node = formNode(conditions)
  return node.kind === 'group' ? node : { kind: 'group', join: 'all', nodes: [node] }
}
