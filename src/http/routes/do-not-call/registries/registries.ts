import type { FastifyInstance } from 'fastify'
import { z } from 'zod'

import { editionOptionsSchema } from '../../../../domain/do-not-call/registries/edition-options.ts'
import {
  PUT_REGISTRY_REFUSALS,
  RECEIVE_EDITION_REFUSALS,
  REMOVE_EDITION_REFUSALS,
} from '../../../../workflows/do-not-call/registries/refusals.ts'
import { KEYED } from '../../../document/route-codes.ts'
import type { HttpDeps } from '../../../server/deps.ts'
import { idempotencyKeyOf, sendKept } from '../../../server/keyed-call.ts'
import { routePath } from '../../../server/route-path.ts'
import { type AddRoute, routesOf } from '../../../server/route.ts'
import { readSubmission, SUBMISSION_PROBLEMS } from '../../../submissions/read-submission.ts'
import { submissionOptions } from '../../../submissions/submission-options.ts'
import { fileForm, takeSubmissions } from '../../../submissions/submission-scope.ts'
import {
  CREATE_EDITION_EXAMPLES,
  DELETE_EDITION_EXAMPLES,
  GET_EDITION_EXAMPLES,
  GET_REGISTRY_EXAMPLES,
  LIST_REGISTRIES_EXAMPLES,
  PUT_REGISTRY_EXAMPLES,
} from './registry-examples.ts'
import {
  editionParamsSchema,
  editionSchema,
  receivingEditionSchema,
  registryParamsSchema,
  registryPutSchema,
  registrySchema,
  renderEdition,
  renderRegistry,
} from './registry-schemas.ts'

const of = { access: { scope: 'admin' }, tag: 'do-not-call' } as const
const REGISTRY = '/v1/registries/:registry'
const EDITION = `${REGISTRY}/editions/:editionId`
const OPTIONS = submissionOptions(editionOptionsSchema)

const registerEditions = (add: AddRoute): void => {
  add({
    ...of,
    method: 'GET',
    url: EDITION,
    id: 'getEdition',
    summary: 'Read an edition: how it was loaded, and whether it is in force',
    params: editionParamsSchema,
    answers: { 200: { about: 'The edition', schema: editionSchema } },
    problems: ['not-found'],
    examples: GET_EDITION_EXAMPLES,
    handler: async ({ params }, _reply, { registries, refuse }) => {
      const edition = await registries.findEdition(params.registry, params.editionId)
      if (edition === null) throw refuse('not-found', 'The edition does not exist.')
      return renderEdition(edition)
    },
  })
  add({
    ...of,
    method: 'DELETE',
    url: EDITION,
    id: 'deleteEdition',
    summary:
      'Delete the numbers of an edition. The gateway then no longer checks contacts against this edition',
    params: editionParamsSchema,
    answers: { 200: { about: 'The edition, without its numbers', schema: editionSchema } },
    problems: REMOVE_EDITION_REFUSALS,
    examples: DELETE_EDITION_EXAMPLES,
    handler: async ({ params, caller }, _reply, { removeEdition }) =>
      renderEdition(await removeEdition(caller!, params.registry, params.editionId)),
  })
}

/** /v1/registries: official lists of numbers that must not be called, and their editions. */
export const registerRegistries = (add: AddRoute): void => {
  add({
    ...of,
    method: 'PUT',
    url: REGISTRY,
    id: 'putRegistry',
    summary: 'Make a registry for a country, or change its settings',
    params: registryParamsSchema,
    body: registryPutSchema,
    answers: { 200: { about: 'The registry as it is now', schema: registrySchema } },
    problems: PUT_REGISTRY_REFUSALS,
    examples: PUT_REGISTRY_EXAMPLES,
    handler: async ({ params, body, caller }, _reply, { putRegistry }) =>
      renderRegistry(await putRegistry(caller!, { name: params.registry, ...body })),
  })
  add({
    ...of,
    method: 'GET',
    url: '/v1/registries',
    id: 'listRegistries',
    summary: 'List all registries by name',
    answers: {
      200: { about: 'The registries', schema: z.strictObject({ items: z.array(registrySchema) }) },
    },
    problems: [],
    examples: LIST_REGISTRIES_EXAMPLES,
    handler: async (_request, _reply, { registries }) => ({
      items: (await registries.list()).map(renderRegistry),
    }),
  })
  add({
    ...of,
    method: 'GET',
    url: REGISTRY,
    id: 'getRegistry',
    summary:
      'Read a registry, its editions (newest first, at most 200) and the files that have not arrived completely',
    params: registryParamsSchema,
    answers: {
      200: {
        about: 'The registry',
        schema: registrySchema.extend({
          editions: z.array(editionSchema),
          receiving: z.array(receivingEditionSchema),
        }),
      },
    },
    problems: ['not-found'],
    examples: GET_REGISTRY_EXAMPLES,
    handler: async ({ params }, _reply, { registries, refuse }) => {
      const registry = await registries.find(params.registry)
      if (registry === null) throw refuse('not-found', 'The registry does not exist.')
      const editions = await registries.editions(registry.name)
      const receiving = await registries.receiving(registry.name)
      return { ...renderRegistry(registry), editions: editions.map(renderEdition), receiving }
    },
  })
  registerEditions(add)
}

/**
 * POST /v1/registries/{registry}/editions. Register it in a separate Fastify scope, because its
 * body is not parsed by the framework.
 */
export const registerEditionIntake = async (
  app: FastifyInstance,
  deps: HttpDeps,
): Promise<void> => {
  await takeSubmissions(app, deps)
  const add = routesOf(app, deps)
  add({
    ...of,
    method: 'POST',
    url: `${REGISTRY}/editions`,
    id: 'createEdition',
    summary:
      'Send an edition of a registry: one number per line, plain or in the FTC’s flat form, with or without gzip. After an interruption, send only the rest of the file. Exception: send a gzip file again from its beginning',
    params: registryParamsSchema,
    query: editionOptionsSchema,
    headers: {
      'Idempotency-Key': 'required',
      'Content-Encoding': 'optional',
      'X-File-Name': 'optional',
    },
    reads: 'file',
    documentedBody: {
      ...fileForm({ $ref: '#/components/schemas/EditionOptions' }, ['text/csv']),
      'text/csv': { schema: { type: 'string' } },
    },
    answers: {
      202: {
        about:
          'The numbers are stored. The edition then comes into force by itself, or ends as `failed` with a `problem`. Location is the address of the edition',
        schema: editionSchema,
        headers: ['Location', 'Idempotency-Replayed'],
      },
    },
    problems: [...KEYED, ...RECEIVE_EDITION_REFUSALS, ...SUBMISSION_PROBLEMS],
    examples: CREATE_EDITION_EXAMPLES,
    handler: async (request, reply, deps) => {
      const idempotencyKey = idempotencyKeyOf(deps.refuse, request.headers, 'with an edition')
      const { options, body } = await readSubmission(deps, request, OPTIONS)
      return sendKept(
        reply,
        await deps.receiveEdition({
          ...{ caller: request.caller!, registry: request.params.registry, options, body },
          ...{ idempotencyKey, path: routePath(request) },
        }),
      )
    },
  })
}
