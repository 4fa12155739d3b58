import { PROBLEMS } from '../../domain/problems/problem.ts'
import { answerHeaders, problemHeaders } from './answer-headers.ts'
import type { Example } from './example.ts'
import type { Operation } from './operation.ts'
import { codesOf } from './route-codes.ts'

type Json = Record<string, unknown>
type Parameter = Json & { name: string; in: 'path' | 'query' | 'header'; schema?: Json }
type Content = Record<string, Json>
/** An operation as @fastify/swagger writes it into the document. */
export type OperationObject = {
  operationId: string
  parameters?: Parameter[]
  requestBody?: { required: boolean; content: Content }
  responses: Record<string, Json & { content?: Content }>
}

const PLACES = ['path', 'query', 'header']

const givenIn = (example: Example, { in: place, name }: Parameter): string | undefined =>
  ({ path: example.params, query: example.query, header: example.headers })[place]?.[
    place === 'header' ? name.toLowerCase() : name
  ]

/** The value of a parameter, from its text in an example. */
const valueOf = (text: string, type: unknown): unknown => {
  switch (type) {
    case 'array':
      return text.split(',')
    case 'object':
      return JSON.parse(text)
    case 'boolean':
      return text === 'true'
    case 'integer':
      return Number(text)
    default:
      return text
  }
}

const examplesOf = (operation: Operation, parameter: Parameter): Json => {
  const entries = operation.examples.flatMap((example) => {
    const text = givenIn(example, parameter)
    if (text === undefined) return []
    return [[example.name, { value: valueOf(text, parameter.schema?.['type']) }] as const]
  })
  return entries.length === 0 ? {} : { examples: Object.fromEntries(entries) }
}

/** States how a parameter is written: an array with commas, an object as JSON. */
const serialised = ({ schema, ...parameter }: Parameter, examples: Json): Json => {
  if (schema?.['type'] === 'object') {
    return { ...parameter, content: { 'application/json': { schema, ...examples } } }
  }
  const style = schema?.['type'] === 'array' ? { style: 'form', explode: false } : {}
  return { ...parameter, ...style, schema, ...examples }
}

const parametersOf = (operation: Operation, parameters: readonly Parameter[]): Json[] =>
  parameters
    .toSorted((a, b) => PLACES.indexOf(a.in) - PLACES.indexOf(b.in))
    .map((parameter) => serialised(parameter, examplesOf(operation, parameter)))

const shown = (examples: readonly Example[], part: (example: Example) => unknown): Json => {
  const entries = examples
    .map((example) => [example.name, { summary: example.summary, value: part(example) }] as const)
    .filter(([, { value }]) => value !== undefined)
  return entries.length === 0 ? {} : { examples: Object.fromEntries(entries) }
}

const requestBodyOf = (operation: Operation, content: Content): Json => ({
  required: operation.body === undefined || !operation.body.safeParse(undefined).success,
  content: Object.fromEntries(
    Object.entries(content).map(([type, media]) => {
      const own = operation.examples.filter(
        ({ bodyType = 'application/json' }) => bodyType === type,
      )
      const encoding = operation.documentedBody?.[type]?.encoding
      return [type, { ...media, ...(encoding && { encoding }), ...shown(own, ({ body }) => body) }]
    }),
  ),
})

const problemExamples = (operation: Operation, status: number): Json => ({
  examples: Object.fromEntries(
    codesOf(operation)
      .filter((code) => PROBLEMS[code].status === status)
      .map((code) => [code, { $ref: `#/components/examples/${code}` }]),
  ),
})

const contentOf = (operation: Operation, status: number, content: Content): Content =>
  Object.fromEntries(
    Object.entries(content).map(([type, media]) => {
      if (type === 'application/problem+json') {
        return [type, { ...media, ...problemExamples(operation, status) }]
      }
      const own = operation.examples.filter(
        ({ answer }) => answer.status === status && (answer.type ?? 'application/json') === type,
      )
      return [type, { ...media, ...shown(own, ({ answer }) => answer.body) }]
    }),
  )

const responsesOf = (operation: Operation, responses: OperationObject['responses']): Json =>
  Object.fromEntries(
    Object.entries(responses).map(([text, { content, ...response }]) => {
      const status = Number(text)
      const codes = codesOf(operation).filter((code) => PROBLEMS[code].status === status)
      const answer = operation.answers[status]
      return [
        text,
        {
          ...response,
          headers: {
            ...(codes.length > 0 && problemHeaders(operation, status, codes)),
            ...(answer && answerHeaders(operation, status, answer.headers)),
          },
          ...(content && { content: contentOf(operation, status, content) }),
        },
      ]
    }),
  )

/**
 * Adds what @fastify/swagger leaves out: how parameters are written, the headers of answers,
 * encodings and examples.
 */
export const finishOperation = (operation: Operation, object: OperationObject): Json => ({
  ...object,
  ...(object.parameters && { parameters: parametersOf(operation, object.parameters) }),
  ...(object.requestBody && { requestBody: requestBodyOf(operation, object.requestBody.content) }),
  responses: responsesOf(operation, object.responses),
})
