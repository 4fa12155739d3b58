import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import {
  createJsonSchemaTransform,
  createJsonSchemaTransformObject,
} from 'fastify-type-provider-zod'
import { z } from 'zod'

import { dncOptionsSchema, dncRemovalOptionsSchema } from '../../domain/do-not-call/dnc-options.ts'
import { editionOptionsSchema } from '../../domain/do-not-call/registries/edition-options.ts'
import { PROBLEMS, type ProblemCode } from '../../domain/problems/problem.ts'
import {
  dncChangeEventSchema,
  dncEventSchema,
  submissionSchema,
} from '../routes/do-not-call/dnc-schemas.ts'
import { endpointTestEventSchema } from '../routes/endpoints/endpoint-schemas.ts'
import { guestFileEventSchema, guestFileSchema } from '../routes/guest-files/guest-file-schemas.ts'
import { segmentEventSchema } from '../routes/segments/segment-schemas.ts'
import type { HttpDeps } from '../server/deps.ts'
import { SANDBOX_NOTICE } from '../server/sandbox-notice.ts'
import {
  problemSchema,
  uploadCallOptionsSchema,
  uploadEventSchema,
  uploadSchema,
} from '../server/schemas.ts'
import { guestFileOptionsSchema } from '../submissions/read-guest-file.ts'
import { RESPONSE_HEADERS } from './answer-headers.ts'
import { finishOperation, type OperationObject } from './operation-object.ts'
import { emptyAnswersOf, plainPartOf, zodPartOf } from './operation-schema.ts'
import type { Operation } from './operation.ts'
import { OUTBOUND_WEBHOOKS } from './outbound-webhooks.ts'
import { OF_THE_MESSAGE } from './route-codes.ts'
import { TAGS } from './tags.ts'

type Json = Record<string, unknown>

/**
 * The schemas that have a name in the document. Every other schema is written out where it is used.
 * The names are in zod's global registry, because zod stores the descriptions of schemas there too.
 */
const NAMED = z.globalRegistry
NAMED.add(uploadSchema, { id: 'Upload' })
NAMED.add(problemSchema, { id: 'Problem' })
NAMED.add(uploadEventSchema, { id: 'UploadEvent' })
NAMED.add(submissionSchema, { id: 'DncSubmission' })
NAMED.add(dncEventSchema, { id: 'DncEvent' })
NAMED.add(dncChangeEventSchema, { id: 'DncChangeEvent' })
NAMED.add(guestFileSchema, { id: 'GuestFile' })
NAMED.add(guestFileEventSchema, { id: 'GuestFileEvent' })
NAMED.add(segmentEventSchema, { id: 'SegmentEvent' })
NAMED.add(endpointTestEventSchema, { id: 'EndpointTestEvent' })

const DESCRIPTION = `The gateway delivers contacts from CRM systems to Genesys Cloud Outbound, and accounts for every row.

Each operation lists its problems. The following problems do not depend on the operation. Any request can get them: ${OF_THE_MESSAGE.map((code) => `\`${code}\``).join(', ')}.`

const optionsOf = (schema: z.ZodType): Json => {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io: 'input' })
  return rest
}

const problemExample = (code: ProblemCode) => {
  const { title, status, meaning, fix } = PROBLEMS[code]
  return {
    summary: title,
    value: {
      type: `/problems/${code}`,
      title,
      status,
      detail: meaning,
      code,
      hint: fix,
      instance: 'req_0198c0de-0000-7000-8000-000000000001',
    },
  }
}

const frameOf = (deps: Pick<HttpDeps, 'publicUrl' | 'sandbox'>) => ({
  openapi: '3.1.0',
  info: {
    title: 'Outbound Gateway',
    version: '1',
    description: DESCRIPTION,
    ...(deps.sandbox && { summary: SANDBOX_NOTICE }),
  },
  servers: [{ url: deps.publicUrl ?? '/' }],
  tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
  webhooks: OUTBOUND_WEBHOOKS,
  components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
})

const codesNamedIn = (paths: Json): ProblemCode[] => {
  const text = JSON.stringify(paths)
  return (Object.keys(PROBLEMS) as ProblemCode[]).filter((code) =>
    text.includes(`"#/components/examples/${code}"`),
  )
}

type Document = { paths: Record<string, Record<string, OperationObject>>; components: Json }

const finished = (document: Document, operations: readonly Operation[]): Json => {
  const byId = new Map(operations.map((operation) => [operation.id, operation]))
  const paths: Record<string, Json> = {}
  for (const [path, methods] of Object.entries(document.paths)) {
    paths[path] = Object.fromEntries(
      Object.entries(methods).map(([method, object]) => [
        method,
        finishOperation(byId.get(object.operationId)!, object),
      ]),
    )
  }
  const { components, ...rest } = document
  // fastify-type-provider-zod gives each registered schema two names: one for answers and one
  // (`…Input`) for bodies of calls. The document needs only the first.
  const schemas = Object.entries(components['schemas'] as Json).filter(
    ([name]) => !name.endsWith('Input'),
  )
  return {
    ...rest,
    paths,
    components: {
      ...components,
      schemas: {
        ...Object.fromEntries(schemas),
        UploadOptions: optionsOf(uploadCallOptionsSchema),
        DncOptions: optionsOf(dncOptionsSchema),
        EditionOptions: optionsOf(editionOptionsSchema),
        DncRemovalOptions: optionsOf(dncRemovalOptionsSchema),
        GuestFileOptions: optionsOf(guestFileOptionsSchema),
      },
      headers: RESPONSE_HEADERS,
      examples: Object.fromEntries(codesNamedIn(paths).map((code) => [code, problemExample(code)])),
    },
  }
}

const toJsonSchema = createJsonSchemaTransform({ schemaRegistry: NAMED })
const withNamedSchemas = createJsonSchemaTransformObject({ schemaRegistry: NAMED })

/** A route in the form that @fastify/swagger expects. */
const described = (
  operation: Operation | undefined,
  context: Omit<Parameters<typeof toJsonSchema>[0], 'schema'>,
) => {
  if (operation === undefined) return { schema: { hide: true }, url: context.url }
  const { schema, url } = toJsonSchema({ ...context, schema: zodPartOf(operation) } as never)
  const { response, ...rest } = schema as Json
  return {
    url,
    schema: {
      ...rest,
      ...plainPartOf(operation),
      response: { ...(response as Json), ...emptyAnswersOf(operation) },
    },
  }
}

/**
 * Makes the API document (OpenAPI 3.1) from the descriptions of the routes. The first call of
 * `app.swagger()` makes it, and later calls return the same document. A route without a description
 * makes the start fail, unless it is a page. Register this plugin before the routes.
 */
export const documentPlugin = (deps: Pick<HttpDeps, 'publicUrl' | 'sandbox'>) =>
  fp(
    async (app: FastifyInstance) => {
      const operations: Operation[] = []
      app.decorate('operations', () => operations)
      app.addHook('onRoute', ({ config, method, url }) => {
        if (/^\/docs(?:\/|$)/u.test(url) || method === 'HEAD' || config?.page === true) return
        if (!config?.operation) {
          throw new Error(`The route ${String(method)} ${url} does not say what it does`)
        }
        operations.push(config.operation)
      })
      await app.register(swagger, {
        openapi: frameOf(deps) as never,
        convertConstToEnum: false,
        transform: (context) =>
          described(context.route.config?.operation, context as never) as never,
        transformObject: (document) =>
          finished(withNamedSchemas(document as never) as unknown as Document, operations) as never,
      })
    },
    { name: 'document' },
  )
