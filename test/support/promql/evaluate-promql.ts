import type { Expr, Grouping, Matcher, Matching } from './parse-promql.ts'

export type Labels = Record<string, string>
export type Sample = { at: number; value: number }
/** One time series; `labels` without the name, times in seconds, oldest first. */
export type Series = { name: string; labels: Labels; samples: Sample[] }
export type Element = { labels: Labels; value: number }
type Value = number | Element[]

/** How far back an instant looks for the last sample (Prometheus' default). */
const LOOKBACK_SECONDS = 300

const matches = (labels: Labels, { label, op, value }: Matcher): boolean => {
  const actual = labels[label] ?? ''
  if (op === '=' || op === '!=') return (actual === value) === (op === '=')
  return new RegExp(`^(?:${value})$`).test(actual) === (op === '=~')
}

/** Label sets as text, to compare them. */
export const keyOf = (labels: Labels): string =>
  JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))

type Selector = Extract<Expr, { kind: 'selector' }>
type Context = { series: readonly Series[]; at: number }

const selected = ({ series }: Context, { name, matchers }: Selector): Series[] =>
  series.filter((one) => one.name === name && matchers.every((by) => matches(one.labels, by)))

const within = (samples: readonly Sample[], from: number, to: number): Sample[] =>
  samples.filter(({ at }) => at > from && at <= to)

const instant = (context: Context, selector: Selector): Element[] =>
  selected(context, selector).flatMap(({ labels, samples }) => {
    const last = within(samples, context.at - LOOKBACK_SECONDS, context.at).at(-1)
    return last ? [{ labels, value: last.value }] : []
  })

/** Prometheus' own extrapolation to the edges of the window (promql/functions.go, extrapolatedRate). */
const extrapolated = (samples: readonly Sample[], from: number, to: number, counter: boolean) => {
  const [first, last] = [samples[0], samples.at(-1)]
  if (!first || !last || samples.length < 2) return null
  let grown = last.value - first.value
  samples.forEach((sample, index) => {
    const before = samples[index - 1]?.value ?? 0
    if (counter && index > 0 && sample.value < before) grown += before
  })
  const sampled = last.at - first.at
  const average = sampled / (samples.length - 1)
  const edge = (gap: number): number => (gap < average * 1.1 ? gap : average / 2)
  let toStart = first.at - from
  if (counter && grown > 0 && first.value >= 0) {
    toStart = Math.min(edge(toStart), sampled * (first.value / grown))
  } else {
    toStart = edge(toStart)
  }
  return grown * ((sampled + toStart + edge(to - last.at)) / sampled)
}

const changesOf = (samples: readonly Sample[]): number =>
  samples.filter(({ value }, index) => index > 0 && value !== samples[index - 1]?.value).length

const overRange = (context: Context, name: string, selector: Selector): Element[] => {
  const seconds = selector.rangeSeconds
  if (seconds === null) throw new Error(`${name} needs a range`)
  const from = context.at - seconds
  return selected(context, selector).flatMap(({ labels, samples }) => {
    const inside = within(samples, from, context.at)
    if (name === 'min_over_time' || name === 'max_over_time') {
      const values = inside.map(({ value }) => value)
      const value = name === 'min_over_time' ? Math.min(...values) : Math.max(...values)
      return inside.length > 0 ? [{ labels, value }] : []
    }
    if (name === 'changes') return inside.length > 0 ? [{ labels, value: changesOf(inside) }] : []
    const grown = extrapolated(inside, from, context.at, name !== 'delta')
    return grown === null ? [] : [{ labels, value: name === 'rate' ? grown / seconds : grown }]
  })
}

const RANGED = ['rate', 'increase', 'delta', 'changes', 'min_over_time', 'max_over_time']

const call = (context: Context, { name, args }: Extract<Expr, { kind: 'call' }>): Value => {
  if (name === 'time' && args.length === 0) return context.at
  const [arg] = args
  const ranged = RANGED.includes(name)
  if (!ranged || arg?.kind !== 'selector') throw new Error(`${name} is not evaluated here`)
  return overRange(context, name, arg)
}

const REDUCE: Record<string, (values: number[]) => number> = {
  sum: (values) => values.reduce((sum, value) => sum + value, 0),
  max: (values) => Math.max(...values),
  min: (values) => Math.min(...values),
  count: (values) => values.length,
  avg: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
}

const pick = (labels: Labels, by: Grouping | Matching): Labels =>
  Object.fromEntries(
    Object.entries(labels).filter(
      ([label]) => by.labels.includes(label) === (by.kind === 'by' || by.kind === 'on'),
    ),
  )

const aggregate = (elements: Element[], name: string, grouping: Grouping | null): Element[] => {
  const reduce = REDUCE[name]
  if (!reduce) throw new Error(`${name} is not evaluated here`)
  const groups = new Map<string, { labels: Labels; values: number[] }>()
  for (const { labels, value } of elements) {
    const kept = pick(labels, grouping ?? { kind: 'by', labels: [] })
    const group = groups.get(keyOf(kept)) ?? { labels: kept, values: [] }
    group.values.push(value)
    groups.set(keyOf(kept), group)
  }
  return [...groups.values()].map(({ labels, values }) => ({ labels, value: reduce(values) }))
}

const ARITHMETIC: Record<string, (a: number, b: number) => number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
}
const COMPARE: Record<string, (a: number, b: number) => boolean> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '>': (a, b) => a > b,
  '<': (a, b) => a < b,
  '>=': (a, b) => a >= b,
  '<=': (a, b) => a <= b,
}

/** null: a comparison that does not hold drops its element. */
const operate = (op: string, left: number, right: number, kept: number): number | null => {
  const compare = COMPARE[op]
  if (compare) return compare(left, right) ? kept : null
  return ARITHMETIC[op]?.(left, right) ?? null
}

type Binary = Extract<Expr, { kind: 'binary' }>

const withScalar = (elements: Element[], of: (value: number) => number | null) =>
  elements.flatMap((element) => {
    const value = of(element.value)
    return value === null ? [] : [{ ...element, value }]
  })

const vectors = ({ op, matching }: Binary, left: Element[], right: Element[]): Element[] => {
  const side = (labels: Labels): string => keyOf(matching ? pick(labels, matching) : labels)
  const rights = new Map(right.map((element) => [side(element.labels), element]))
  if (op === 'and') return left.filter(({ labels }) => rights.has(side(labels)))
  if (op === 'unless') return left.filter(({ labels }) => !rights.has(side(labels)))
  if (op === 'or') {
    const lefts = new Set(left.map(({ labels }) => side(labels)))
    return [...left, ...right.filter(({ labels }) => !lefts.has(side(labels)))]
  }
  if (rights.size < right.length) throw new Error(`Many match one on the right of ${op}`)
  return left.flatMap((element) => {
    const other = rights.get(side(element.labels))
    const value = other ? operate(op, element.value, other.value, element.value) : null
    if (value === null) return []
    return [{ labels: matching ? pick(element.labels, matching) : element.labels, value }]
  })
}

const binary = (context: Context, expr: Binary): Value => {
  const left = evaluate(expr.left, context)
  const right = evaluate(expr.right, context)
  const { op } = expr
  if (typeof left === 'number' && typeof right === 'number') {
    const value = operate(op, left, right, Number.NaN)
    if (value === null || op in COMPARE) throw new Error(`${op} between numbers`)
    return value
  }
  if (typeof right === 'number' && typeof left !== 'number')
    return withScalar(left, (value) => operate(op, value, right, value))
  if (typeof left === 'number' && typeof right !== 'number')
    return withScalar(right, (value) => operate(op, left, value, value))
  return vectors(expr, left as Element[], right as Element[])
}

/** What `expr` is worth at a moment; throws for what this evaluator does not know. */
export const evaluate = (expr: Expr, context: Context): Value => {
  switch (expr.kind) {
    case 'number':
      return expr.value
    case 'selector':
      if (expr.rangeSeconds !== null) throw new Error('A range stands where an instant is due')
      return instant(context, expr)
    case 'call':
      return call(context, expr)
    case 'aggregate':
      return aggregate(evaluate(expr.arg, context) as Element[], expr.name, expr.grouping)
    case 'binary':
      return binary(context, expr)
  }
}
