/**
 * The part of PromQL that the alerts and the dashboard use, as a tree. What is left out (subqueries, `offset`, `group_left`) is
 * refused, never misread. Grammar: Prometheus, "Querying basics" and "Operators".
 */
export type Matcher = { label: string; op: '=' | '!=' | '=~' | '!~'; value: string }
export type Grouping = { kind: 'by' | 'without'; labels: string[] }
export type Matching = { kind: 'on' | 'ignoring'; labels: string[] }

export type Expr =
  | { kind: 'number'; value: number }
  | { kind: 'selector'; name: string; matchers: Matcher[]; rangeSeconds: number | null }
  | { kind: 'call'; name: string; args: Expr[] }
  | { kind: 'aggregate'; name: string; grouping: Grouping | null; arg: Expr }
  | { kind: 'binary'; op: string; matching: Matching | null; left: Expr; right: Expr }

const AGGREGATES = ['sum', 'max', 'min', 'count', 'avg']
/** From loose to tight; all are left-associative. */
const LEVELS = [
  ['or'],
  ['and', 'unless'],
  ['==', '!=', '>', '<', '>=', '<='],
  ['+', '-'],
  ['*', '/'],
]
const TOKEN =
  /\s*(?:#[^\n]*\n\s*)*([a-zA-Z_:][a-zA-Z0-9_:]*|\$__\w+|(?:\d+(?:ms|[smhdw]))+|\d+(?:\.\d+)?(?:e[+-]?\d+)?|"(?:[^"\\]|\\.)*"|==|!=|>=|<=|=~|!~|[-+*/<>=(){}[\],])/y
const UNIT_SECONDS: Record<string, number> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
}

/** Seconds of a duration like `90s`, `5m`, `1h30m`; throws when it is none. */
export const durationSeconds = (text: string): number => {
  if (!/^(\d+(ms|[smhdw]))+$/.test(text)) throw new Error(`${text} is no duration`)
  return [...text.matchAll(/(\d+)(ms|[smhdw])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (UNIT_SECONDS[unit ?? ''] ?? Number.NaN),
    0,
  )
}

const tokensOf = (text: string): string[] => {
  const tokens: string[] = []
  TOKEN.lastIndex = 0
  const source = text.trimEnd()
  while (TOKEN.lastIndex < source.length) {
    const at = TOKEN.lastIndex
    const token = TOKEN.exec(source)?.[1]
    if (token === undefined) throw new Error(`Not PromQL at ${source.slice(at, at + 20)}`)
    tokens.push(token)
  }
  return tokens
}

class Reader {
  readonly #tokens: string[]
  #at = 0
  constructor(text: string) {
    this.#tokens = tokensOf(text)
  }
  peek(): string {
    return this.#tokens[this.#at] ?? ''
  }
  next(): string {
    const token = this.peek()
    this.#at += 1
    if (token === '') throw new Error('The expression ends too early')
    return token
  }
  take(token: string): boolean {
    if (this.peek() !== token) return false
    this.#at += 1
    return true
  }
  expect(token: string): void {
    const found = this.next()
    if (found !== token) throw new Error(`${token} expected, not ${found}`)
  }
  /** `(a, b)`; may be empty. */
  list<T>(open: string, close: string, item: () => T): T[] {
    this.expect(open)
    const items: T[] = []
    while (!this.take(close)) {
      items.push(item())
      if (this.peek() !== close) this.expect(',')
    }
    return items
  }
}

const isName = (token: string): boolean => /^[a-zA-Z_:]/.test(token)

const parseMatcher = (reader: Reader): Matcher => {
  const label = reader.next()
  const op = reader.next()
  const value = reader.next()
  if (!isName(label) || !/^(=|!=|=~|!~)$/.test(op) || !value.startsWith('"')) {
    throw new Error(`${label}${op}${value} is no matcher`)
  }
  return { label, op: op as Matcher['op'], value: JSON.parse(value) as string }
}

const parseSelector = (reader: Reader, name: string): Expr => {
  const matchers = reader.peek() === '{' ? reader.list('{', '}', () => parseMatcher(reader)) : []
  if (!reader.take('[')) return { kind: 'selector', name, matchers, rangeSeconds: null }
  const range = reader.next()
  reader.expect(']')
  // Grafana fills its own range in; any will do to read the expression.
  const rangeSeconds = range === '$__rate_interval' ? 300 : durationSeconds(range)
  return { kind: 'selector', name, matchers, rangeSeconds }
}

const parseLabels = (reader: Reader): string[] => reader.list('(', ')', () => reader.next())

const parseGrouping = (reader: Reader): Grouping | null => {
  const kind = reader.peek()
  if (kind !== 'by' && kind !== 'without') return null
  reader.next()
  return { kind, labels: parseLabels(reader) }
}

const parseAggregate = (reader: Reader, name: string): Expr => {
  const before = parseGrouping(reader)
  const [arg, ...more] = reader.list('(', ')', () => parseLevel(reader, 0))
  if (arg === undefined || more.length > 0) throw new Error(`${name} takes one argument`)
  return { kind: 'aggregate', name, grouping: before ?? parseGrouping(reader), arg }
}

const parseOperand = (reader: Reader): Expr => {
  if (reader.take('(')) {
    const inner = parseLevel(reader, 0)
    reader.expect(')')
    return inner
  }
  if (reader.take('-')) {
    const zero: Expr = { kind: 'number', value: 0 }
    return { kind: 'binary', op: '-', matching: null, left: zero, right: parseOperand(reader) }
  }
  const token = reader.next()
  if (/^\d/.test(token)) {
    if (Number.isNaN(Number(token))) throw new Error(`${token} stands where a number is due`)
    return { kind: 'number', value: Number(token) }
  }
  if (!isName(token)) throw new Error(`${token} stands where a value is due`)
  if (AGGREGATES.includes(token)) return parseAggregate(reader, token)
  if (reader.peek() !== '(') return parseSelector(reader, token)
  return { kind: 'call', name: token, args: reader.list('(', ')', () => parseLevel(reader, 0)) }
}

const parseMatching = (reader: Reader): Matching | null => {
  const kind = reader.peek()
  if (kind === 'bool' || kind.startsWith('group_')) throw new Error(`${kind} is left out`)
  if (kind !== 'on' && kind !== 'ignoring') return null
  reader.next()
  return { kind, labels: parseLabels(reader) }
}

const parseLevel = (reader: Reader, level: number): Expr => {
  const ops = LEVELS[level]
  if (ops === undefined) return parseOperand(reader)
  let left = parseLevel(reader, level + 1)
  while (ops.includes(reader.peek())) {
    const op = reader.next()
    const matching = parseMatching(reader)
    left = { kind: 'binary', op, matching, left, right: parseLevel(reader, level + 1) }
  }
  return left
}

/** Reads an expression; throws with the place where it stops being one. */
export const parsePromql = (text: string): Expr => {
  const reader = new Reader(text)
  const expr = parseLevel(reader, 0)
  if (reader.peek() !== '') throw new Error(`${reader.peek()} is left over`)
  return expr
}

/** The expression and everything in it, from the outside in. */
export const partsOf = (expr: Expr): Expr[] => {
  const inner =
    expr.kind === 'binary'
      ? [expr.left, expr.right]
      : expr.kind === 'aggregate'
        ? [expr.arg]
        : expr.kind === 'call'
          ? expr.args
          : []
  return [expr, ...inner.flatMap(partsOf)]
}
