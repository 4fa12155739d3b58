import fc from 'fast-check'

import type { ApiDocument, ApiOperation, Parameter, Schema } from './api-document.ts'
import { brokenTexts, brokenValues } from './broken-values.ts'
import { mark } from './known-things.ts'
import { base64, files, textOf, type MadeFile } from './made-files.ts'
import { valuesOf } from './schema-values.ts'
import { WIRE_TRICKS } from './wire-tricks.ts'

export type MadeBody = {
  type: string
  value: unknown
  /** The content of the part `file`, if the body is a form. */
  file: MadeFile | null
}

export type Auth = 'key' | 'none' | 'wrong' | 'malformed' | 'lesser'

/** A call made before it is known what exists. Placeholders stand for objects. */
export type MadeCall = {
  /** Which of the known objects the path is about. null: the schema makes one up. */
  thing: number | null
  params: Record<string, unknown>
  query: Record<string, unknown>
  headers: Record<string, string>
  body: MadeBody | null
  accept: string
  auth: Auth
  /** The call is sent with this method, which the document does not have. */
  method: string | null
  /** A change on the wire, by its name in WIRE_TRICKS. */
  trick: string | null
}

/** An example with some of its members replaced by new values. */
const variedExample = (example: unknown, made: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> => {
  if (typeof example !== 'object' || example === null || Array.isArray(example)) {
    return fc.constant(example)
  }
  return fc.tuple(made, fc.nat()).map(([value, chosen]) => {
    if (typeof value !== 'object' || value === null) return example
    const members = Object.entries(value).filter((_, at) => ((chosen >> at) & 1) === 1)
    return { ...example, ...Object.fromEntries(members) }
  })
}

type BodySchema = ApiOperation['bodies'][number]

const goodBody = (
  document: ApiDocument,
  operation: ApiOperation,
  { type, schema, examples }: BodySchema,
): fc.Arbitrary<MadeBody> => {
  if (type === 'multipart/form-data') {
    const { properties = {} } = document.resolve(schema) as { properties?: Record<string, Schema> }
    const { file: _file, ...others } = properties
    const fields = { type: 'object', properties: others, additionalProperties: false }
    return fc
      .tuple(valuesOf(document, fields), files(operation))
      .map(([value, file]) => ({ type, value, file }))
  }
  const plain = document.resolve(schema)['type'] === 'string'
  const made = plain ? textOf(type) : valuesOf(document, schema)
  const values = [
    made,
    ...examples.flatMap((example) => [
      fc.constant(example),
      plain ? made : variedExample(example, made),
    ]),
  ]
  return fc.oneof(...values).map((value) => ({ type, value, file: null }))
}

const FRESH = mark('fresh', 0)

/** Values of headers that have a meaning. Any other header gets a visible text. */
const HEADER_VALUES: Record<string, fc.Arbitrary<string>> = {
  'idempotency-key': fc.oneof(
    { weight: 9, arbitrary: fc.constant(FRESH) },
    { weight: 1, arbitrary: fc.nat({ max: 9 }).map((at) => mark('used key', at)) },
  ),
  'content-encoding': fc.constant('gzip'),
  'x-file-name': fc.constantFrom('contacts.csv', 'a%20b.csv', 'Ã¤.csv', 'x'.repeat(200)),
  'if-match': fc.constantFrom(mark('version', 0), mark('version', 0), '*', '"1"', '"0"'),
  'if-none-match': fc.constantFrom(mark('version', 0), '*', '"1"', 'W/"2"'),
  'last-event-id': fc.constantFrom('0', '1', '999', 'x'),
  'webhook-id': fc.constant(mark('fresh', 0)),
  'webhook-timestamp': fc.constant(mark('now', 0)),
  'webhook-signature': fc.constant(mark('signature', 0)),
}
const VISIBLE = fc.stringMatching(/^[\x21-\x7e]{1,40}$/u)

/** Headers that mean nothing without each other. */
const TOGETHER = ['webhook-id', 'webhook-timestamp', 'webhook-signature']

const headersOf = (operation: ApiOperation): fc.Arbitrary<Record<string, string>> => {
  const own = operation.parameters.filter((parameter) => parameter.in === 'header')
  const members = Object.fromEntries(
    own.map(({ name }) => [name.toLowerCase(), HEADER_VALUES[name.toLowerCase()] ?? VISIBLE]),
  )
  const needed = own
    .filter(({ name, required }) => required || TOGETHER.includes(name))
    .map(({ name }) => name.toLowerCase())
  const values = fc.record(members, { requiredKeys: needed as never[], noNullPrototype: true })
  return fc
    .tuple(values, fc.nat(), fc.boolean())
    .map(([value, chosen, all]) =>
      Object.fromEntries(
        Object.entries(value as Record<string, string>).filter(
          ([name], at) => needed.includes(name) || (all && ((chosen >> (at % 30)) & 1) === 1),
        ),
      ),
    )
}

const parameterValues = (document: ApiDocument, parameter: Parameter): fc.Arbitrary<unknown> => {
  const { examples, name, schema } = parameter
  if (name === 'cursor') return fc.nat({ max: 3 }).map((at) => mark('cursor', at))
  const made = valuesOf(document, schema, name)
  return examples.length > 0 ? fc.oneof(made, fc.constantFrom(...examples)) : made
}

const parametersOf = (document: ApiDocument, operation: ApiOperation, place: Parameter['in']) => {
  const own = operation.parameters.filter((parameter) => parameter.in === place)
  const members = Object.fromEntries(
    own.map((parameter) => [parameter.name, parameterValues(document, parameter)]),
  )
  return fc.record(members, {
    requiredKeys: own.filter(({ required }) => required).map(({ name }) => name) as never[],
    noNullPrototype: true,
  })
}

const acceptOf = (operation: ApiOperation): fc.Arbitrary<string> => {
  const types = new Set(
    Object.values(operation.responses).flatMap(({ content }) => Object.keys(content)),
  )
  return fc.constantFrom('*/*', '*/*', ...[...types].filter((type) => !type.includes('problem')))
}

/**
 * Queries with few members, as most people send them. If a query had all options of an upload, some
 * would always exclude each other.
 */
const sparse = (values: fc.Arbitrary<object>): fc.Arbitrary<Record<string, unknown>> =>
  fc
    .tuple(values, fc.nat(), fc.nat({ max: 9 }))
    .map(([value, chosen, all]) =>
      Object.fromEntries(
        Object.entries(value).filter((_, at) => all === 9 || ((chosen >> (at % 30)) & 3) === 3),
      ),
    )

/** Calls that agree with the document. */
const goodCalls = (document: ApiDocument, operation: ApiOperation): fc.Arbitrary<MadeCall> => {
  const bodies = operation.bodies.map((body) => goodBody(document, operation, body))
  const none = fc.constant(null)
  return fc.record({
    thing: fc.option(fc.nat({ max: 9 }), { freq: 8 }),
    params: parametersOf(document, operation, 'path'),
    query: sparse(parametersOf(document, operation, 'query')),
    headers: headersOf(operation),
    body:
      bodies.length === 0
        ? none
        : fc.oneof(
            { weight: operation.bodyRequired ? 0 : 1, arbitrary: none },
            ...bodies.map((arbitrary) => ({ weight: 4, arbitrary })),
          ),
    accept: acceptOf(operation),
    auth: fc.constant('key' as const),
    method: fc.constant(null),
    trick: fc.constant(null),
  })
}

/** A call that the document shows. In half of the cases it is about an object that exists now. */
const shownCalls = (
  operation: ApiOperation,
  good: fc.Arbitrary<MadeCall>,
): fc.Arbitrary<MadeCall> =>
  fc
    .tuple(fc.constantFrom(...operation.shown), good, fc.option(fc.nat({ max: 9 }), { freq: 2 }))
    .map(([{ params, query, body }, call, thing]) => {
      const { headers, accept } = call
      const { 'content-encoding': _coding, ...others } = headers
      const plain = {
        ...call,
        thing,
        params: { ...call.params, ...params },
        query,
        headers: others,
        accept,
      }
      if (body === null) return { ...plain, body: null }
      if (body.type !== 'multipart/form-data') return { ...plain, body: { ...body, file: null } }
      const { file, ...fields } = body.value as { file?: string }
      const records = operation.bodies.some(({ type }) => type === 'text/csv')
      const content = records
        ? { name: 'contacts.csv', type: 'text/csv', bytes: base64(file ?? '') }
        : { name: 'letter.txt', type: 'text/plain', bytes: base64(file ?? '') }
      return { ...plain, body: { type: body.type, value: fields, file: content } }
    })

type Part = 'query' | 'params' | 'headers' | 'body' | 'unknown'

const brokenCalls = (operation: ApiOperation, good: fc.Arbitrary<MadeCall>) => {
  const places = operation.parameters
  const parts: Part[] = [
    'unknown',
    ...(places.some((parameter) => parameter.in === 'query') ? (['query'] as const) : []),
    ...(places.some((parameter) => parameter.in === 'path') ? (['params'] as const) : []),
    ...(places.some(({ required, ...parameter }) => parameter.in === 'header' && required)
      ? (['headers'] as const)
      : []),
    ...(operation.bodies.length > 0 ? (['body', 'body', 'body', 'body'] as const) : []),
  ]
  return fc
    .record({ good, part: fc.constantFrom(...parts), text: brokenTexts, at: fc.nat() })
    .chain(({ good: call, part, text, at }): fc.Arbitrary<MadeCall> => {
      const names = (place: string): string[] =>
        places.filter((parameter) => parameter.in === place).map(({ name }) => name)
      const pick = (list: string[]): string => list[at % list.length]!
      switch (part) {
        case 'query':
          return fc.constant({ ...call, query: { ...call.query, [pick(names('query'))]: text } })
        case 'params':
          return fc.constant({
            ...call,
            thing: null,
            params: { ...call.params, [pick(names('path'))]: text },
          })
        case 'headers': {
          const required = places.filter(
            (parameter) => parameter.in === 'header' && parameter.required,
          )
          const name = pick(required.map((parameter) => parameter.name.toLowerCase()))
          const { [name]: _dropped, ...headers } = call.headers
          return fc.constant({ ...call, headers })
        }
        case 'body': {
          const { body } = call
          if (body === null)
            return fc.constant({
              ...call,
              body: { type: operation.bodies[0]!.type, value: text, file: null },
            })
          return brokenValues(fc.constant(body.value)).map((value) => ({
            ...call,
            body: { ...body, value },
          }))
        }
        case 'unknown':
          return fc.constant({ ...call, query: { ...call.query, [`unknown${at % 3}`]: text } })
        default:
          return part satisfies never
      }
    })
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'OPTIONS', 'PROPFIND', 'HEAD']

/**
 * Calls of one operation. Half of them are good. The others are wrong in one place, have another
 * key or another method, or are changed on the wire as no client library would do. They are made
 * from the document alone, so a new route is called as soon as it is documented.
 */
export const callsOf = (document: ApiDocument, operation: ApiOperation): fc.Arbitrary<MadeCall> => {
  const made = goodCalls(document, operation)
  const good =
    operation.shown.length === 0 ? made : fc.oneof(made, made, shownCalls(operation, made))
  const taken = document.operations
    .filter(({ path }) => path === operation.path)
    .map(({ method }) => method)
  const others = METHODS.filter(
    (method) => !taken.includes(method) && !(method === 'HEAD' && taken.includes('GET')),
  )
  const varied = <Name extends 'auth' | 'method' | 'trick'>(name: Name, values: MadeCall[Name][]) =>
    fc.tuple(good, fc.constantFrom(...values)).map(([call, value]) => ({ ...call, [name]: value }))
  return fc.oneof(
    { weight: 50, arbitrary: good },
    { weight: 26, arbitrary: brokenCalls(operation, good) },
    { weight: 18, arbitrary: varied('trick', Object.keys(WIRE_TRICKS)) },
    { weight: 3, arbitrary: varied('auth', ['none', 'wrong', 'malformed', 'lesser']) },
    { weight: 3, arbitrary: varied('method', others) },
  )
}
