/**
 * The sandbox's own parser for the expression of a guide rule. It shares no code with the gateway,
 * so that it can check what the gateway writes.
 *
 * The language has names, numbers, quoted text, = != < <= > >= IN AND OR NOT and parentheses. NOT
 * binds more strongly than AND, and AND more strongly than OR.
 */
export type RuleExpression =
  | { kind: 'compare'; name: string; operator: string; literal: string | number }
  | { kind: 'in'; name: string; literals: (string | number)[] }
  | { kind: 'and' | 'or'; parts: RuleExpression[] }
  | { kind: 'not'; part: RuleExpression }

/**
 * Thrown if the text of a rule is not one whole expression. The 422 of the sandbox has the message
 * of this error.
 */
export class ExpressionRefused extends Error {
  override readonly name = 'ExpressionRefused'
}

type Token = { kind: 'name' | 'number' | 'text' | 'sign'; text: string }

const TOKEN =
  /\s*(?:(?<name>[A-Za-z_][A-Za-z0-9_]*)|(?<number>-?\d+(?:\.\d+)?)|'(?<text>(?:[^']|'')*)'|(?<sign><=|>=|!=|[=<>(),]))/y

const tokensOf = (text: string): Token[] => {
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  const end = text.trimEnd().length
  while (TOKEN.lastIndex < end) {
    const from = TOKEN.lastIndex
    const groups = TOKEN.exec(text)?.groups
    if (groups === undefined) throw new ExpressionRefused(`not understood at ${from}`)
    for (const kind of ['name', 'number', 'text', 'sign'] as const) {
      const found = groups[kind]
      if (found === undefined) continue
      tokens.push({ kind, text: kind === 'text' ? found.replaceAll("''", "'") : found })
    }
  }
  return tokens
}

const KEYWORDS = ['AND', 'OR', 'NOT', 'IN']

type Cursor = { tokens: Token[]; at: number }

const peek = ({ tokens, at }: Cursor): Token | undefined => tokens[at]

const take = (cursor: Cursor, wanted: string): boolean => {
  const token = peek(cursor)
  const isWord = token?.kind === 'name' || token?.kind === 'sign'
  if (!isWord || token?.text !== wanted) return false
  cursor.at += 1
  return true
}

const demand = (cursor: Cursor, wanted: string): void => {
  if (!take(cursor, wanted)) throw new ExpressionRefused(`${wanted} expected`)
}

const literalAt = (cursor: Cursor): string | number => {
  const token = peek(cursor)
  cursor.at += 1
  if (token?.kind === 'text') return token.text
  if (token?.kind === 'number') return Number(token.text)
  throw new ExpressionRefused('a value expected')
}

const SIGNS = ['=', '!=', '<', '<=', '>', '>=']

const comparisonAt = (cursor: Cursor): RuleExpression => {
  const token = peek(cursor)
  if (token?.kind !== 'name' || KEYWORDS.includes(token.text)) {
    throw new ExpressionRefused('a name expected')
  }
  cursor.at += 1
  if (take(cursor, 'IN')) {
    demand(cursor, '(')
    const literals = [literalAt(cursor)]
    while (take(cursor, ',')) literals.push(literalAt(cursor))
    demand(cursor, ')')
    return { kind: 'in', name: token.text, literals }
  }
  const operator = SIGNS.find((sign) => take(cursor, sign))
  if (operator === undefined) throw new ExpressionRefused('an operator expected')
  return { kind: 'compare', name: token.text, operator, literal: literalAt(cursor) }
}

const factorAt = (cursor: Cursor): RuleExpression => {
  if (take(cursor, 'NOT')) return { kind: 'not', part: factorAt(cursor) }
  if (!take(cursor, '(')) return comparisonAt(cursor)
  const inner = joinedAt(cursor, 'or')
  demand(cursor, ')')
  return inner
}

const joinedAt = (cursor: Cursor, kind: 'and' | 'or'): RuleExpression => {
  const one = (): RuleExpression => (kind === 'or' ? joinedAt(cursor, 'and') : factorAt(cursor))
  const parts = [one()]
  while (take(cursor, kind.toUpperCase())) parts.push(one())
  const [only] = parts
  return parts.length === 1 && only !== undefined ? only : { kind, parts }
}

/** Parses an expression. Throws `ExpressionRefused` if the text is not one whole expression. */
export const readExpression = (text: string): RuleExpression => {
  const cursor: Cursor = { tokens: tokensOf(text), at: 0 }
  const expression = joinedAt(cursor, 'or')
  if (cursor.at < cursor.tokens.length) throw new ExpressionRefused('an end expected')
  return expression
}

const NUMBER = /^-?\d{1,15}(?:\.\d{1,15})?$/

const holds = (cell: string, operator: string, literal: string | number): boolean => {
  if (typeof literal === 'string') return operator === '=' && cell === literal
  if (!NUMBER.test(cell)) return false
  const number = Number(cell)
  switch (operator) {
    case '=':
      return number === literal
    case '<':
      return number < literal
    case '<=':
      return number <= literal
    case '>':
      return number > literal
    default:
      return number >= literal
  }
}

/**
 * How NOT treats a comparison with an empty cell. `false`: the comparison is false, so its negation
 * is true. `unknown`: the comparison and its negation are unknown, as in a database.
 */
export type EmptyCellReading = 'false' | 'unknown'

type CellOf = (name: string) => string | undefined

const comparisonHolds = (
  expression: Extract<RuleExpression, { name: string }>,
  cell: string,
  reading: EmptyCellReading,
): boolean | null => {
  const isUnequal = expression.kind === 'compare' && expression.operator === '!='
  if (cell === '') return isUnequal ? true : reading === 'unknown' ? null : false
  if (expression.kind === 'in') {
    return expression.literals.some((literal) => holds(cell, '=', literal))
  }
  const { operator, literal } = expression
  return isUnequal ? !holds(cell, '=', literal) : holds(cell, operator, literal)
}

/**
 * Whether the contact fulfils the expression. null: unknown. An empty or absent cell fulfils no
 * comparison except `!=`.
 */
export const evaluateExpression = (
  expression: RuleExpression,
  cellOf: CellOf,
  reading: EmptyCellReading = 'false',
): boolean | null => {
  if ('name' in expression) {
    return comparisonHolds(expression, cellOf(expression.name) ?? '', reading)
  }
  if (expression.kind === 'not') {
    const part = evaluateExpression(expression.part, cellOf, reading)
    return part === null ? null : !part
  }
  const decides = expression.kind === 'or'
  const parts = expression.parts.map((part) => evaluateExpression(part, cellOf, reading))
  if (parts.includes(decides)) return decides
  return parts.includes(null) ? null : !decides
}
