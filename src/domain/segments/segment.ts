/**
 * The rules that decide whom a campaign dials, in the typed form. `evaluate.ts` defines what they
 * mean. docs/segments.md has the truth tables.
 */

/** The gateway compares a number as a number, and a string as text. */
export type Literal = string | number

export const ORDERINGS = ['<', '<=', '>', '>='] as const
export const TEXT_OPERATORS = ['contains', 'beginsWith', 'endsWith'] as const
export const DATE_OPERATORS = ['before', 'after'] as const
const COMPARISONS = ['=', '!=', ...ORDERINGS, ...TEXT_OPERATORS, ...DATE_OPERATORS] as const
export const OPERATORS = [...COMPARISONS, 'in', 'between'] as const

export type Operator = (typeof OPERATORS)[number]

export type Comparison = {
  attribute: string
  operator: (typeof COMPARISONS)[number]
  value: Literal
}
export type Membership = { attribute: string; operator: 'in'; values: readonly Literal[] }
/**
 * A range of numbers. One of its ends may be left out. `minInclusive` and `maxInclusive`: whether
 * the end itself is in the range. Default: true.
 */
export type Range = {
  attribute: string
  operator: 'between'
  min?: number
  max?: number
  minInclusive?: boolean
  maxInclusive?: boolean
}
export type Leaf = Comparison | Membership | Range
export type SegmentNode =
  | { all: readonly SegmentNode[] }
  | { any: readonly SegmentNode[] }
  | { not: SegmentNode }
  | Leaf

export const DIALING_MODES = [
  'progressive',
  'preview',
  'power',
  'predictive',
  'agentless',
  'external',
] as const
export type DialingMode = (typeof DIALING_MODES)[number]

export const ACTIVATIONS = ['keep', 'restart'] as const
export type Activation = (typeof ACTIVATIONS)[number]

/**
 * A contact is dialled if, and only if, it is in one of the lists, fulfils the conditions and
 * fulfils no exclusion.
 */
export type SegmentRules = {
  contactListIds: readonly string[]
  /** null: everyone in the lists, apart from the exclusions. */
  conditions: SegmentNode | null
  exclusions: readonly SegmentNode[]
}

export type SegmentDefinition = SegmentRules & {
  /** null: the campaign's own setting stays. */
  dialingMode: DialingMode | null
  useOnlyOnce: boolean | null
  activation: Activation
  /**
   * The digest of an analysis that the caller has seen and agrees to. null: the caller confirms no
   * analysis.
   */
  confirm: string | null
}

export const SEGMENT_LIMITS = {
  depth: 8,
  leaves: 200,
  literalChars: 256,
  inValues: 1_000,
  contactLists: 100,
  bodyBytes: 256 * 1024,
} as const

/**
 * Whether the node is a comparison. The node must already be checked: only `attribute` is tested.
 */
export const isLeaf = (node: SegmentNode): node is Leaf => 'attribute' in node
