import { z } from 'zod'

import { PROBLEMS } from '../../domain/problems/problem.ts'
import { problemSchema } from '../server/schemas.ts'
import type { Operation } from './operation.ts'
import { REQUEST_HEADERS, type RequestHeader } from './request-headers.ts'
import { codesOf } from './route-codes.ts'

type Described = { description: string; content: Record<string, { schema: z.ZodType }> }

/** The content of an answer by media type. A media type without a schema is text. */
const contentOf = (schema: z.ZodType | undefined, mediaTypes: readonly string[]) =>
  Object.fromEntries(
    mediaTypes.map((type) => [
      type,
      { schema: type === 'application/json' && schema ? schema : z.string() },
    ]),
  )

/**
 * The description and the schemas (by media type) of every status that the operation may answer
 * with. If a problem and another answer have the same status, the description of that other answer
 * is used.
 */
export const answersOf = (operation: Operation): Record<string, Described> => {
  const codes = codesOf(operation)
  const answers: Record<string, Described> = {}
  for (const status of new Set(codes.map((code) => PROBLEMS[code].status))) {
    const names = codes.filter((code) => PROBLEMS[code].status === status)
    answers[status] = {
      description: names.map((name) => `\`${name}\``).join(', '),
      content: { 'application/problem+json': { schema: problemSchema } },
    }
  }
  for (const [status, { about, schema, mediaTypes }] of Object.entries(operation.answers)) {
    const types = mediaTypes ?? (schema ? ['application/json'] : [])
    // The status may also belong to a problem (503 of /readyz). The answer then has the media types
    // of both.
    const content = { ...answers[status]?.content, ...contentOf(schema, types) }
    answers[status] = { description: about, content }
  }
  return answers
}

const headersOf = ({ headers = {} }: Operation) => {
  const names = Object.keys(headers) as RequestHeader[]
  return {
    type: 'object',
    required: names.filter((name) => headers[name] === 'required'),
    properties: Object.fromEntries(
      names.map((name) => {
        const need = headers[name]
        const when = typeof need === 'object' ? `${need.optional}: ` : ''
        return [name, { type: 'string', description: `${when}${REQUEST_HEADERS[name]}` }]
      }),
    ),
  }
}

const securityOf = ({ access }: Operation): Record<string, string[]>[] => {
  if (access === 'public') return []
  return access === 'metrics' ? [{}, { key: [] }] : [{ key: [] }]
}

const describedBy = ({ access }: Operation): { description?: string } => {
  if (access === 'metrics') {
    return {
      description:
        'Needs METRICS_TOKEN or a key with the scope `admin`. Calls from loopback need neither.',
    }
  }
  return typeof access === 'object' ? { description: `Needs the scope \`${access.scope}\`.` } : {}
}

/** The part of a route's description that consists of zod schemas. */
export const zodPartOf = (operation: Operation) => ({
  operationId: operation.id,
  tags: [operation.tag],
  summary: operation.summary,
  ...describedBy(operation),
  security: securityOf(operation),
  ...(operation.params && { params: operation.params }),
  ...(operation.query && { querystring: operation.query }),
  ...(operation.body && { body: operation.body }),
  response: Object.fromEntries(
    Object.entries(answersOf(operation)).filter(([, { content }]) => Object.keys(content).length),
  ),
})

/** The part of a route's description that is already JSON schema. */
export const plainPartOf = (operation: Operation) => ({
  ...(operation.headers && { headers: headersOf(operation) }),
  ...(operation.documentedBody && { body: { content: operation.documentedBody } }),
})

/** The answers without a body. */
export const emptyAnswersOf = (operation: Operation) =>
  Object.fromEntries(
    Object.entries(answersOf(operation))
      .filter(([, { content }]) => Object.keys(content).length === 0)
      .map(([status, { description }]) => [status, { type: 'null', description }]),
  )
