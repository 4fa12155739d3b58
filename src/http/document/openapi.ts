import { z } from 'zod'

import { OUTBOUND_EVENT_TYPES } from '../../domain/endpoints/outbound-event.ts'
import { PROBLEMS, type ProblemCode } from '../../domain/problems/problem.ts'
import {
  problemSchema,
  uploadCallOptionsSchema,
  uploadEventSchema,
  uploadSchema,
} from '../server/schemas.ts'
import { answerHeaders, problemHeaders, RESPONSE_HEADERS } from './openapi-headers.ts'
import type { Operation } from './openapi-operation.ts'
import { OPERATIONS } from './openapi-operations.ts'

type Json = Record<string, unknown>

const NAMED = new Map<z.ZodType, string>([
  [uploadSchema, 'Upload'],
  [problemSchema, 'Problem'],
  [uploadCallOptionsSchema, 'UploadOptions'],
  [uploadEventSchema, 'UploadEvent'],
])

const jsonSchema = (schema: z.ZodType, io: 'input' | 'output'): Json => {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return rest
}

const schemaOf = (schema: z.ZodType): Json => {
  const name = NAMED.get(schema)
  return name ? { $ref: `#/components/schemas/${name}` } : jsonSchema(schema, 'output')
}

const queryParameters = (operation: Operation): Json[] => {
  if (!operation.query) return []
  const schema = jsonSchema(operation.query, 'input')
  return Object.entries(schema['properties'] as Json).map(([name, property]) => {
    const { description, ...described } = property as Json
    const { type } = described
    const json = type === 'object'
    const array = type === 'array'
    return {
      name,
      in: 'query',
      required: false,
      ...(description === undefined ? {} : { description }),
      ...(array ? { style: 'form', explode: false } : {}),
      ...(json
        ? { content: { 'application/json': { schema: described } } }
        : { schema: described }),
    }
  })
}

const header = (name: string, required: boolean, description: string): Json => ({
  name,
  in: 'header',
  required,
  description,
  schema: { type: 'string' },
})

/** Instead of the token. */
const PROOF_HEADERS = [
  header('webhook-id', false, 'Instead of `token`: Standard Webhooks, the same on every attempt'),
  header('webhook-timestamp', false, 'Seconds since 1970, at most five minutes from now'),
  header('webhook-signature', false, 'v1,<base64 of HMAC-SHA256 under WEBHOOK_SECRET>'),
]

const jsonBody = (schema: z.ZodType): Json => ({
  required: !schema.safeParse(undefined).success,
  content: { 'application/json': { schema: jsonSchema(schema, 'input') } },
})

const parametersOf = (operation: Operation): Json[] => [
  ...[...operation.path.matchAll(/\{(\w+)\}/gu)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  })),
  ...queryParameters(operation),
  ...(operation.upload
    ? [
        header(
          'Idempotency-Key',
          false,
          'Required unless validateOnly: 1 to 255 visible ASCII characters, quoted or bare',
        ),
        header('Content-Encoding', false, '`gzip`, where the body is the file itself'),
      ]
    : []),
  ...(operation.webhookProof ? PROOF_HEADERS : []),
  ...(operation.idempotencyKey
    ? [header('Idempotency-Key', true, '1 to 255 visible ASCII characters, quoted or bare')]
    : []),
  ...(operation.ifMatch
    ? [header('If-Match', operation.ifMatch === 'required', 'The ETag of the version seen')]
    : []),
  ...(operation.ifNoneMatch
    ? [header('If-None-Match', false, 'A version that the caller has')]
    : []),
  ...(operation.lastEventId
    ? [header('Last-Event-ID', false, 'The id of the last event seen: it is not told again')]
    : []),
]

const uploadBody = (): Json => {
  const file = { type: 'string', contentMediaType: 'application/octet-stream' }
  const contact = { type: 'object', additionalProperties: true }
  const contacts = { type: 'array', items: contact }
  return {
    required: true,
    content: {
      'multipart/form-data': {
        schema: {
          type: 'object',
          required: ['file'],
          additionalProperties: false,
          properties: { options: { $ref: '#/components/schemas/UploadOptions' }, file },
        },
        encoding: { options: { contentType: 'application/json' } },
      },
      'text/csv': { schema: { type: 'string' } },
      'application/x-ndjson': { schema: { type: 'string' } },
      'application/json': {
        schema: {
          oneOf: [contacts, { type: 'object', required: ['contacts'], properties: { contacts } }],
        },
      },
    },
  }
}

/** Every call can be answered so, whatever it is. */
const ALWAYS: ProblemCode[] = ['parameter-invalid', 'internal-error', 'request-malformed']
const WITH_KEY: ProblemCode[] = [
  'unauthorized',
  'scope-missing',
  'too-many-requests',
  'service-stopping',
  'database-unavailable',
]

const problemResponses = (operation: Operation): Json => {
  const codes = [
    ...ALWAYS,
    ...(operation.access === 'public' ? [] : WITH_KEY),
    ...operation.problems,
  ]
  const responses: Json = {}
  for (const status of [...new Set(codes.map((code) => PROBLEMS[code].status))]) {
    const names = [...new Set(codes.filter((code) => PROBLEMS[code].status === status))].sort()
    responses[status] = {
      description: names.map((name) => `\`${name}\``).join(', '),
      headers: problemHeaders(operation, status, names),
      content: {
        'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
      },
    }
  }
  return responses
}

const answers = (operation: Operation): Json => {
  const responses = problemResponses(operation)
  for (const { status, about, schema, mediaTypes, headers } of operation.responses) {
    const types = mediaTypes ?? (schema ? ['application/json'] : [])
    const content = Object.fromEntries(
      types.map((type) => [
        type,
        type === 'application/json' && schema ? { schema: schemaOf(schema) } : {},
      ]),
    )
    // A status that is both an answer and a problem (503 of /readyz) has both media types.
    const also = responses[status] as { content?: Json; headers?: Json } | undefined
    responses[status] = {
      description: about,
      headers: { ...also?.headers, ...answerHeaders(operation, status, headers) },
      ...(types.length > 0 ? { content: { ...also?.content, ...content } } : {}),
    }
  }
  return responses
}

const operationObject = (operation: Operation): Json => ({
  operationId: operation.id,
  summary: operation.summary,
  ...(operation.access === 'public' || operation.access === 'metrics' || operation.access === 'key'
    ? {}
    : { description: `Needs the scope \`${operation.access}\`.` }),
  security: operation.access === 'public' ? [] : [{ key: [] }],
  ...(operation.access === 'metrics' ? { security: [{}, { key: [] }] } : {}),
  parameters: parametersOf(operation),
  ...(operation.upload ? { requestBody: uploadBody() } : {}),
  ...(operation.body ? { requestBody: jsonBody(operation.body) } : {}),
  responses: answers(operation),
})

const webhook = (type: string): Json => ({
  post: {
    operationId: `on${type
      .split('.')
      .map((word) => word[0]!.toUpperCase() + word.slice(1))
      .join('')}`,
    summary: `The gateway tells of ${type}; order is not promised, \`version\` orders`,
    security: [],
    parameters: [
      header('webhook-id', true, 'The same on every attempt; deduplicate by it'),
      header('webhook-timestamp', true, 'Seconds since 1970'),
      header(
        'webhook-signature',
        true,
        'Standard Webhooks: v1,<base64 of HMAC-SHA256>; after a rotation two of them, parted by a space',
      ),
    ],
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: {
            allOf: [
              { $ref: '#/components/schemas/UploadEvent' },
              { type: 'object', properties: { type: { const: type } } },
            ],
          },
        },
      },
    },
    responses: { '2XX': { description: 'Taken; anything else is tried again' } },
  },
})

/** The API document (OpenAPI 3.1), made of the schemas that the routes use. The same input gives the same bytes. */
export const buildOpenApi = (about: { publicUrl: string | null }): Json => {
  const paths: Record<string, Json> = {}
  for (const operation of OPERATIONS) {
    const path = (paths[operation.path] ??= {})
    path[operation.method] = operationObject(operation)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Outbound Gateway',
      version: '1',
      description:
        'Gets contacts from CRM systems into Genesys Cloud Outbound and accounts for every row.',
    },
    servers: [{ url: about.publicUrl ?? '/' }],
    paths,
    webhooks: Object.fromEntries(OUTBOUND_EVENT_TYPES.map((type) => [type, webhook(type)])),
    components: {
      schemas: Object.fromEntries(
        [...NAMED].map(([schema, name]) => [
          name,
          jsonSchema(schema, name === 'UploadOptions' ? 'input' : 'output'),
        ]),
      ),
      headers: RESPONSE_HEADERS,
      securitySchemes: { key: { type: 'http', scheme: 'bearer' } },
    },
  }
}
