import fc from 'fast-check'

import type { ApiDocument, Schema } from './api-document.ts'
import { knownName, mark } from './known-things.ts'

type Arbitrary = fc.Arbitrary<unknown>
type Document = Pick<ApiDocument, 'resolve' | 'faultOf'>

const DEEPEST = 5

/**
 * Texts that people write into such fields: some look like a phone, a date or a formula, some mark
 * the direction of text, some are names that JavaScript uses itself.
 */
const WORDS = [
  'x',
  'a b',
  '+14155552671',
  '(415) 555-2671',
  '0',
  '-1',
  'null',
  'true',
  'NaN',
  '[object Object]',
  '__proto__',
  'constructor',
  'toString',
  "' or 1=1 --",
  '=1+1',
  '../../x',
  '%00',
  '%2e%2e%2f',
  '{{7*7}}',
  'anna@example.com',
  'ANNA@EXÄMPLE.com',
  '2032-01-01T00:00:00Z',
  '2026-02-30',
  'US',
  'DE',
  'demo-contacts',
  'customerId',
  'phoneNumber',
  'Zoë Müller',
  '王小明',
  'مرحبا',
  '\u202Eabc\u202C',
  'e\u0301',
  '🧑‍🚀',
  '\uFEFFx',
  'a\tb',
  'a\nb',
  '\u0085',
  '\u2028',
  '\u{10FFFF}',
  'ß'.repeat(40),
]

const storable = (text: string): boolean => !text.includes('\0') && text.isWellFormed()

const freeText = (least: number, most: number): fc.Arbitrary<string> => {
  const longest = Math.min(most, least + 60)
  const fits = (text: string): boolean => {
    const { length } = [...text]
    return storable(text) && length >= least && length <= most
  }
  const made = fc.string({ unit: 'grapheme', minLength: least, maxLength: longest }).filter(fits)
  const words = WORDS.filter(fits)
  const edge = Number.isFinite(most) && most <= 4_000 ? [fc.constant('x'.repeat(most))] : []
  return fc.oneof(made, ...(words.length > 0 ? [fc.constantFrom(...words)] : []), ...edge)
}

/**
 * fast-check does not know `\p{…}`. For such a pattern, this function chooses characters that
 * match.
 */
const byPattern = (pattern: string, least: number, most: number): Arbitrary => {
  const expression = new RegExp(pattern, 'u')
  const fits = (text: unknown): boolean =>
    typeof text === 'string' && text.length >= least && text.length <= most && expression.test(text)
  if (!pattern.includes(String.raw`\p`) && !pattern.includes(String.raw`\P`)) {
    return fc.stringMatching(expression).filter(fits)
  }
  const words = WORDS.filter(fits)
  const made = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter(fits)
  return words.length > 0 ? fc.oneof(fc.constantFrom(...words), made) : made
}

const dateTime = fc
  .date({
    min: new Date('1970-01-01T00:00:00Z'),
    max: new Date('2099-12-31T00:00:00Z'),
    noInvalidDate: true,
  })
  .chain((date) =>
    fc.constantFrom(
      date.toISOString(),
      `${date.toISOString().slice(0, 19)}Z`,
      new Date(Date.now() + (date.getTime() % 2_000_000_000)).toISOString(),
    ),
  )

const text = (schema: Schema): Arbitrary => {
  const least = Number(schema['minLength'] ?? 0)
  const most = Number(schema['maxLength'] ?? Infinity)
  const { format, pattern } = schema
  if (format === 'date-time') return dateTime
  if (format === 'date') return dateTime.map((date) => date.slice(0, 10))
  if (typeof pattern === 'string') return byPattern(pattern, least, most)
  return freeText(least, most)
}

const LARGEST = 2 ** 53 - 1

const whole = (schema: Schema): Arbitrary => {
  const above = schema['exclusiveMinimum']
  const least = typeof above === 'number' ? above + 1 : Number(schema['minimum'] ?? -LARGEST)
  const below = schema['exclusiveMaximum']
  const most = typeof below === 'number' ? below - 1 : Number(schema['maximum'] ?? LARGEST)
  return fc.integer({ min: Math.max(least, -LARGEST), max: Math.min(most, LARGEST) })
}

const decimal = (schema: Schema): Arbitrary => {
  const min = Number(schema['minimum'] ?? -1e15)
  const max = Number(schema['maximum'] ?? 1e15)
  const values = fc.double({ min, max, noNaN: true, noDefaultInfinity: true })
  return fc.oneof(values, fc.integer({ min: Math.max(min, -1000), max: Math.min(max, 1000) }))
}

const list = (document: Document, schema: Schema, name: string, depth: number): Arbitrary => {
  const least = Number(schema['minItems'] ?? 0)
  const most = Math.min(Number(schema['maxItems'] ?? Infinity), least + 4)
  const items = valuesOf(document, (schema['items'] ?? {}) as Schema, name, depth + 1)
  return schema['uniqueItems'] === true
    ? fc.uniqueArray(items, { minLength: least, maxLength: most, comparator: 'SameValueZero' })
    : fc.array(items, { minLength: least, maxLength: most })
}

const open = (document: Document, schema: Schema, depth: number): Arbitrary => {
  const { additionalProperties: more, propertyNames: names } = schema
  if (more === false) return fc.constant({})
  const keys = (
    typeof names === 'object' ? valuesOf(document, names as Schema, '', depth) : freeText(1, 20)
  ) as fc.Arbitrary<string>
  const of = typeof more === 'object' ? (more as Schema) : {}
  return fc.dictionary(keys, valuesOf(document, of, '', depth + 1), {
    maxKeys: 3,
    noNullPrototype: true,
  })
}

const object = (document: Document, schema: Schema, depth: number): Arbitrary => {
  const properties = (schema['properties'] ?? {}) as Record<string, Schema>
  const required = (schema['required'] ?? []) as string[]
  const members = Object.fromEntries(
    Object.entries(properties).map(([name, of]) => [name, valuesOf(document, of, name, depth + 1)]),
  )
  const told = fc.record(members, { requiredKeys: required as never[], noNullPrototype: true })
  if (schema['additionalProperties'] === false) return told
  return fc
    .tuple(told, open(document, schema, depth), fc.nat({ max: 3 }))
    .map(([own, others, often]) =>
      often === 0 || Object.keys(members).length === 0
        ? { ...(others as object), ...(own as object) }
        : own,
    )
}

const anything: Arbitrary = fc.oneof(
  freeText(0, 40),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.array(freeText(0, 10), { maxLength: 3 }),
  fc.dictionary(freeText(1, 10), fc.integer(), { maxKeys: 3, noNullPrototype: true }),
)

const ofType = (document: Document, schema: Schema, type: unknown, name: string, depth: number) => {
  switch (type) {
    case 'string':
      return text(schema)
    case 'integer':
      return whole(schema)
    case 'number':
      return decimal(schema)
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'array':
      return list(document, schema, name, depth)
    case 'object':
      return object(document, schema, depth)
    default:
      return anything
  }
}

/** A schema that demands both, member by member. */
const merged = (one: Schema, other: Schema): Schema => {
  const all = { ...one, ...other }
  if (!('properties' in one) || !('properties' in other)) return all
  const [own, more] = [one['properties'], other['properties']] as Record<string, Schema>[]
  const names = new Set([...Object.keys(own!), ...Object.keys(more!)])
  return {
    ...all,
    properties: Object.fromEntries(
      [...names].map((name) => [name, { ...own![name], ...more![name] }]),
    ),
    required: [...((one['required'] ?? []) as []), ...((other['required'] ?? []) as [])],
  }
}

const branchesOf = (document: Document, schema: Schema): Schema[] | null => {
  const { anyOf, oneOf, allOf, ...rest } = schema
  const branches = (anyOf ?? oneOf) as Schema[] | undefined
  if (branches) return branches.map((branch) => merged(rest, document.resolve(branch)))
  if (!Array.isArray(allOf)) return null
  return [(allOf as Schema[]).reduce((all, part) => merged(all, document.resolve(part)), rest)]
}

/**
 * Values that the schema accepts, as far as its keywords say so. A caller who needs to be certain
 * asks the judge. Strings never have what no database stores (NUL, half a surrogate pair). A member
 * whose name stands for an existing object (`contactListId`) mostly has the value of a known one.
 */
export const valuesOf = (
  document: Document,
  given: Schema,
  name = '',
  depth = 0,
): fc.Arbitrary<unknown> => {
  const schema = document.resolve(given)
  if (depth > DEEPEST) return fc.constant(schema['type'] === 'array' ? [] : 'deep')
  if ('const' in schema) return fc.constant(schema['const'])
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as unknown[]))
  const branches = branchesOf(document, schema)
  if (branches) return fc.oneof(...branches.map((of) => valuesOf(document, of, name, depth)))
  const types = [schema['type']].flat()
  const made = fc.oneof(...types.map((type) => ofType(document, schema, type, name, depth)))
  const known = knownName(name)
  if (known === null || !types.includes('string')) return made
  return fc.oneof(
    { weight: 1, arbitrary: made },
    { weight: 4, arbitrary: fc.nat({ max: 9 }).map((at) => mark(known, at)) },
  )
}
