import { PROBLEMS } from '../../domain/problems/problem.ts'
import { answerHeaders, problemHeaders } from './answer-headers.ts'
import type { Example } from './example.ts'
import type { Operation } from './operation.ts'
import { codesOf } from './route-codes.ts'

type Json = Record<string, unknown>
type Parameter = Json & { name: string; in: 'path' | 'query' | 'header'; schema?: Json }
type Content = Record<string, Json>
/** An operation as @fastify/swagger writes it. */
export type OperationObject = {
  operationId: string
  parameters?: Parameter[]
  requestBody?: { required: boolean; content: Content }
  responses: Record<string, Json & { content?: Content }>
}

const PLACES = ['path', 'query', 'header']

/** Lists are written with commas, objects as JSON. */
const serialised = ({ schema, ...parameter }: Parameter): Json => {
  if (schema?.['type'] === 'array') return { ...parameter, style: 'form', explode: false, schema }
  if (schema?.['type'] === 'object') {
    return { ...parameter, content: { 'application/json': { schema } } }
  }
  return { ...parameter, schema }
}

const valueIn = (example: Example | undefined, { in: place, name }: Parameter) => {
  const given = { path: example?.params, query: example?.query, header: example?.headers }[place]
  return given?.[place === 'header' ? name.toLowerCase() : name]
}

const parametersOf = (operation: Operation, parameters: readonly Parameter[]): Json[] =>
  parameters
    .toSorted((a, b) => PLACES.indexOf(a.in) - PLACES.indexOf(b.in))
    .map((parameter) => {
      const values = (operation.examples ?? []).map((example) => valueIn(example, parameter))
      const example = values.find((value) => value !== undefined)
      const plain =
        parameter.schema?.['type'] !== 'object' && parameter.schema?.['type'] !== 'array'
      return {
        ...serialised(parameter),
        ...(example !== undefined && plain && { example }),
      }
    })

const shown = (examples: readonly Example[], valueOf: (example: Example) => unknown): Json => {
  const entries = examples
    .map(
      (example) => [example.name, { summary: example.summary, value: valueOf(example) }] as const,
    )
    .filter(([, { value }]) => value !== undefined)
  return entries.length === 0 ? {} : { examples: Object.fromEntries(entries) }
}

const requestBodyOf = (operation: Operation, content: Content): Json => ({
  required: operation.body === undefined || !operation.body.safeParse(undefined).success,
  content: Object.fromEntries(
    Object.entries(content).map(([type, media]) => {
      const own = (operation.examples ?? []).filter(
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
      const own = (operation.examples ?? []).filter(
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

/** What @fastify/swagger does not write: serialisation of parameters, headers of answers by reference, encodings and examples. */
export const finishOperation = (operation: Operation, object: OperationObject): Json => ({
  ...object,
  ...(object.parameters && { parameters: parametersOf(operation, object.parameters) }),
  ...(object.requestBody && { requestBody: requestBodyOf(operation, object.requestBody.content) }),
  responses: responsesOf(operation, object.responses),
})
