/**
 * An expression of a rule in the guide dialect. Only `writeExpression` turns expressions into text,
 * so no text literal is sent without quotes.
 */
export type GuideExpression =
  | {
      kind: 'compare'
      name: string
      operator: '=' | '!=' | '<' | '<=' | '>' | '>='
      literal: string | number
    }
  | { kind: 'in'; name: string; literals: readonly (string | number)[] }
  | { kind: 'and' | 'or'; parts: readonly GuideExpression[] }
  | { kind: 'not'; part: GuideExpression }

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
/** The reserved words of the language, and the name that stands for the list. */
const WORDS = new Set(['AND', 'OR', 'NOT', 'IN', 'LISTID'])

/** Whether an expression can name the column. */
export const isGuideName = (name: string): boolean =>
  NAME.test(name) && !WORDS.has(name.toUpperCase())

const writeLiteral = (literal: string | number): string =>
  typeof literal === 'number' ? String(literal) : `'${literal.replaceAll("'", "''")}'`

/** How strongly operators bind: NOT binds more strongly than AND, and AND more strongly than OR. */
const STRENGTH = { or: 1, and: 2, not: 3, compare: 4, in: 4 } as const

const writeInside = (part: GuideExpression, of: 'and' | 'or' | 'not'): string => {
  const text = writeExpression(part)
  const bare =
    of === 'not' ? STRENGTH[part.kind] > STRENGTH.not : STRENGTH[part.kind] > STRENGTH[of]
  return bare ? text : `(${text})`
}

/**
 * The expression in Genesys' syntax. Names are unchanged (see `isGuideName`). Texts are in quotes,
 * with inner quotes doubled. Numbers have no quotes.
 */
export const writeExpression = (expression: GuideExpression): string => {
  switch (expression.kind) {
    case 'compare':
      return `${expression.name} ${expression.operator} ${writeLiteral(expression.literal)}`
    case 'in':
      return `${expression.name} IN (${expression.literals.map(writeLiteral).join(', ')})`
    case 'not':
      return `NOT ${writeInside(expression.part, 'not')}`
    default: {
      const { kind, parts } = expression
      return parts.map((part) => writeInside(part, kind)).join(kind === 'and' ? ' AND ' : ' OR ')
    }
  }
}
