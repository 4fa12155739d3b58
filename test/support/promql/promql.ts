import { parser } from '@prometheus-io/lezer-promql'

type Tree = ReturnType<typeof parser.parse>
type Node = Tree['topNode']

export type Matcher = { label: string; op: '=' | '!=' | '=~' | '!~'; value: string }
export type Selector = { name: string; matchers: Matcher[]; ranged: boolean }
/** What an expression selects, as Prometheus' own grammar reads it. */
export type Query = {
  selectors: Selector[]
  /**
   * The labels of `by` and `without`: an array for each aggregation, empty if it names no labels.
   */
  groupings: string[][]
  /** The labels of `on` and `ignoring`. */
  matching: string[]
}

/** Reads PromQL. If the text is not PromQL, throws with the place of the first error. */
export const readPromql = (text: string): Query => {
  // Grafana inserts its own range. Any range is enough to read the expression.
  const source = text.replaceAll('$__rate_interval', '5m')
  const textOf = (node: Node): string => source.slice(node.from, node.to)
  const below = (node: Node, name: string): Node[] => {
    const found: Node[] = []
    node.cursor().iterate((inner) => {
      if (inner.name === name) found.push(inner.node)
    })
    return found
  }
  const matcherOf = (node: Node): Matcher => ({
    label: below(node, 'LabelName').map(textOf).join(),
    op: below(node, 'MatchOp').map(textOf).join() as Matcher['op'],
    value: JSON.parse(below(node, 'StringLiteral').map(textOf).join()) as string,
  })
  const labelsOf = (node: Node): string[] => below(node, 'LabelName').map(textOf)
  const { topNode } = parser.parse(source)
  const [broken] = below(topNode, '⚠')
  if (broken) throw new Error(`Not PromQL at "${source.slice(broken.from, broken.from + 20)}"`)
  return {
    selectors: below(topNode, 'VectorSelector').map((node) => ({
      name: below(node, 'Identifier').map(textOf).join(),
      matchers: below(node, 'UnquotedLabelMatcher').map(matcherOf),
      ranged: node.parent?.name === 'MatrixSelector',
    })),
    groupings: below(topNode, 'AggregateExpr').map((node) =>
      node.getChildren('AggregateModifier').flatMap(labelsOf),
    ),
    matching: below(topNode, 'MatchingModifierClause').flatMap(labelsOf),
  }
}
