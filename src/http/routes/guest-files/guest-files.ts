import type { FastifyInstance } from 'fastify'

import { CONTENT_TYPES } from '../../../domain/guest-files/file-type.ts'
import type { GuestFileTarget } from '../../../domain/guest-files/guest-file.ts'
import type { Refuse } from '../../../domain/problems/refusing.ts'
import type { UploadAnswer } from '../../../workflows/contract.ts'
import {
  CANCEL_FILE_REFUSALS,
  RECEIVE_FILE_REFUSALS,
} from '../../../workflows/guest-files/refusals.ts'
import { KEYED } from '../../document/route-codes.ts'
import type { HttpDeps } from '../../server/deps.ts'
import { etagOf } from '../../server/entity-tag.ts'
import { idempotencyKeyOf, sendKept } from '../../server/keyed-call.ts'
import { routePath } from '../../server/route-path.ts'
import { routesOf, type AddRoute, type RouteRequest } from '../../server/route.ts'
import { readGuestFile } from '../../submissions/read-guest-file.ts'
import { BODY_PROBLEMS } from '../../submissions/read-submission.ts'
import { fileForm, takeSubmissions } from '../../submissions/submission-scope.ts'
import {
  CANCEL_EXAMPLES,
  CONTACT_EXAMPLES,
  CONVERSATION_EXAMPLES,
  FIND_EXAMPLES,
} from './guest-file-examples.ts'
import {
  communicationParamsSchema,
  externalContactParamsSchema,
  guestFileParamsSchema,
  guestFileSchema,
} from './guest-file-schemas.ts'
import { renderGuestFile } from './guest-file-view.ts'

const of = { access: { scope: 'files' }, tag: 'guest-files' } as const

type SendDeps = Pick<HttpDeps, 'clock' | 'limits' | 'receiveGuestFile'> & {
  refuse: Refuse<'idempotency-key-missing' | 'idempotency-key-invalid'>
}

const receive = async (
  deps: SendDeps,
  request: RouteRequest,
  target: GuestFileTarget,
): Promise<UploadAnswer> => {
  const idempotencyKey = idempotencyKeyOf(deps.refuse, request.headers, 'with a file')
  const file = await readGuestFile(deps, request)
  return deps.receiveGuestFile({
    caller: request.caller!,
    target,
    ...file,
    idempotencyKey,
    method: 'POST',
    path: routePath(request),
  })
}

/** The parts that both routes have in common. */
const intake = {
  ...of,
  method: 'POST',
  headers: { 'Idempotency-Key': 'required' },
  reads: 'file',
  formOnly: true,
  documentedBody: fileForm({ $ref: '#/components/schemas/GuestFileOptions' }, [
    ...new Set(Object.values(CONTENT_TYPES)),
  ]),
  answers: {
    202: {
      about:
        'Accepted. The gateway has inspected and stored the file. `state` shows what happens next. Location is the address of the file',
      schema: guestFileSchema,
      headers: ['Location', 'Idempotency-Replayed'],
    },
  },
  problems: [...KEYED, ...RECEIVE_FILE_REFUSALS, ...BODY_PROBLEMS],
} as const

/**
 * How many bytes of a waiting file each step between socket and reader holds. Node reads a socket
 * in pieces of at most 64 KiB. With a limit below 64 KiB, each step holds one piece. In a
 * measurement, the gateway then read 189 KiB of a waiting file, instead of 507 KiB with the
 * server's setting.
 */
const WAITING_BYTES = 16 * 1024

/**
 * The calls that send files. Register them in a separate Fastify scope, because their bodies are
 * not parsed by the framework.
 */
export const registerGuestFileIntake = async (
  app: FastifyInstance,
  given: HttpDeps,
): Promise<void> => {
  const deps = { ...given, limits: { ...given.limits, maxUploadBytes: given.guestFileMaxBytes } }
  await takeSubmissions(app, deps, { waitingBytes: WAITING_BYTES })
  const add = routesOf(app, deps)
  add({
    ...intake,
    url: '/v1/external-contacts/:externalContactId/files',
    id: 'sendGuestFile',
    summary: 'Send a file for an external contact',
    params: externalContactParamsSchema,
    examples: CONTACT_EXAMPLES,
    handler: async (request, reply, deps) => {
      const target = { kind: 'external_contact', ...request.params } as const
      return sendKept(reply, await receive(deps, request, target))
    },
  })
  add({
    ...intake,
    url: '/v1/conversations/:conversationId/communications/:communicationId/files',
    id: 'sendConversationFile',
    summary: 'Send a file into a live conversation',
    params: communicationParamsSchema,
    examples: CONVERSATION_EXAMPLES,
    handler: async (request, reply, deps) => {
      const target = { kind: 'conversation', ...request.params } as const
      return sendKept(reply, await receive(deps, request, target))
    },
  })
}

/** GET /v1/guest-files/{guestFileId} and POST …/cancel. */
export const registerGuestFiles = (add: AddRoute): void => {
  add({
    ...of,
    method: 'GET',
    url: '/v1/guest-files/:guestFileId',
    id: 'getGuestFile',
    summary: 'Read the state of a guest file',
    params: guestFileParamsSchema,
    answers: { 200: { about: 'The file', schema: guestFileSchema, headers: ['ETag'] } },
    problems: ['not-found'],
    examples: FIND_EXAMPLES,
    handler: async ({ params, caller }, reply, { guestFiles, refuse }) => {
      const file = await guestFiles.find(caller!.tenantId, params.guestFileId)
      if (file === null) throw refuse('not-found', 'The guest file does not exist.')
      return reply.header('etag', etagOf(file)).send(renderGuestFile(file))
    },
  })
  add({
    ...of,
    method: 'POST',
    url: '/v1/guest-files/:guestFileId/cancel',
    id: 'cancelGuestFile',
    summary: 'Cancel a guest file that Genesys has not confirmed. The gateway deletes its bytes',
    params: guestFileParamsSchema,
    answers: {
      200: { about: 'The file as it is now', schema: guestFileSchema, headers: ['ETag'] },
    },
    problems: CANCEL_FILE_REFUSALS,
    examples: CANCEL_EXAMPLES,
    handler: async ({ params, caller }, reply, { cancelGuestFile }) => {
      const file = await cancelGuestFile(caller!, params.guestFileId)
      return reply.header('etag', etagOf(file)).send(renderGuestFile(file))
    },
  })
}
