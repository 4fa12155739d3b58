import type { FastifyReply, FastifyRequest } from 'fastify'

import type { Refuse } from '../../../domain/problems/refusing.ts'
import type { Upload, UploadState } from '../../../domain/uploads/upload.ts'
import { CONTROL_ACTIONS, type ControlAction } from '../../../workflows/ports/uploads/uploads.ts'
import {
  APPLY_REFUSALS,
  CONTROL_REFUSALS,
  RETRY_REFUSALS,
} from '../../../workflows/uploads/refusals.ts'
import type { Answer } from '../../document/operation.ts'
import { KEYED } from '../../document/route-codes.ts'
import type { HttpDeps } from '../../server/deps.ts'
import { etagOfUpload, namesExactly, tagsNamed } from '../../server/entity-tag.ts'
import { idempotencyKeyOf, sendKept } from '../../server/keyed-call.ts'
import { routePath } from '../../server/route-path.ts'
import type { AddRoute } from '../../server/route.ts'
import { retrySchema, uploadParamsSchema, uploadSchema } from '../../server/schemas.ts'
import { checkListGranted, hideUnknownList } from '../contact-lists/list-access.ts'
import { APPLY_EXAMPLES, RETRY_EXAMPLES, moveExamples } from './upload-examples.ts'
import { renderUpload } from './upload-view.ts'
import { ownUpload } from './uploads.ts'

const access = { scope: 'uploads' } as const

const MOVED: Answer = {
  about: 'The upload as it is now',
  schema: uploadSchema,
  headers: ['ETag'],
}

const send = (upload: Upload, reply: FastifyReply): FastifyReply =>
  reply.header('etag', etagOfUpload(upload)).send(renderUpload(upload))

/**
 * The caller's upload. Throws 404 if it does not exist, or if its list is no longer granted,
 * because /apply and /retry send rows to the list.
 */
const uploadOfGrantedList = async (
  deps: Pick<HttpDeps, 'uploads' | 'access'> & { refuse: Refuse<'not-found'> },
  request: FastifyRequest<{ Params: { uploadId: string } }>,
): Promise<Upload> => {
  const upload = await ownUpload(deps, request, request.params.uploadId)
  await checkListGranted(deps, request.caller!, upload.contactListId)
  return upload
}

const MOVES: Record<ControlAction, { summary: string; to: UploadState }> = {
  cancel: {
    summary: 'Cancel an upload. Contacts that were delivered stay in Genesys',
    to: 'cancelled',
  },
  pause: { summary: 'Pause an upload. Other uploads to its list continue', to: 'paused' },
  resume: {
    summary:
      'Resume a paused or held upload. An upload that waits for /apply or for its `notBefore` cannot be resumed',
    to: 'staged',
  },
}

/** POST …/cancel, …/pause and …/resume. If-Match is optional. */
const registerMoves = (add: AddRoute): void => {
  for (const action of CONTROL_ACTIONS) {
    add({
      method: 'POST',
      url: `/v1/uploads/:uploadId/${action}`,
      access,
      id: `${action}Upload`,
      tag: 'uploads',
      summary: MOVES[action].summary,
      params: uploadParamsSchema,
      headers: { 'If-Match': 'optional' },
      answers: { 200: MOVED },
      problems: CONTROL_REFUSALS,
      examples: moveExamples(MOVES[action].to),
      handler: async ({ params, headers, caller }, reply, { controlUpload }) => {
        const ifMatch = headers['if-match']
        const upload = await controlUpload({
          caller: caller!,
          uploadId: params.uploadId,
          action,
          ...(ifMatch === undefined
            ? {}
            : { expects: (present) => namesExactly(ifMatch, etagOfUpload(present)) }),
        })
        return send(upload, reply)
      },
    })
  }
}

/**
 * POST …/apply. If-Match names the digest of the plan that the caller accepts. `*` names no plan,
 * so it is refused.
 */
const registerApply = (add: AddRoute): void => {
  add({
    method: 'POST',
    url: '/v1/uploads/:uploadId/apply',
    access,
    id: 'applyUpload',
    tag: 'uploads',
    summary:
      'Start an upload that has apply=manual. To confirm its plan, send the planDigest as If-Match',
    params: uploadParamsSchema,
    headers: { 'If-Match': 'required' },
    answers: { 200: MOVED },
    problems: ['precondition-required', ...APPLY_REFUSALS],
    examples: APPLY_EXAMPLES,
    handler: async (request, reply, deps) => {
      const caller = request.caller!
      const planDigests = tagsNamed(request.headers['if-match'])
      if (planDigests.length === 0) {
        const detail =
          'Send If-Match: "<planDigest>", with the planDigest of the plan that you accept.'
        throw deps.refuse('precondition-required', detail)
      }
      const { id: uploadId } = await uploadOfGrantedList(deps, request)
      const applied = deps.applyUpload({ caller, uploadId, planDigests })
      return send(await hideUnknownList(deps.refuse, applied), reply)
    },
  })
}

const registerRetry = (add: AddRoute): void => {
  add({
    method: 'POST',
    url: '/v1/uploads/:uploadId/retry',
    access,
    id: 'retryUpload',
    tag: 'uploads',
    summary:
      'Make a new upload from rows of a finished upload. Default: the failed and unprocessed rows',
    params: uploadParamsSchema,
    headers: { 'Idempotency-Key': 'required' },
    body: retrySchema,
    answers: {
      202: {
        about: 'Accepted. Location is the address of the new upload',
        schema: uploadSchema,
        headers: ['Location', 'Idempotency-Replayed'],
      },
    },
    problems: [...KEYED, ...RETRY_REFUSALS],
    examples: RETRY_EXAMPLES,
    handler: async (request, reply, deps) => {
      const idempotencyKey = idempotencyKeyOf(deps.refuse, request.headers, 'with a retry')
      const { id: uploadId } = await uploadOfGrantedList(deps, request)
      const retried = deps.retryUpload({
        caller: request.caller!,
        uploadId,
        outcomes: request.body.outcomes,
        idempotencyKey,
        method: 'POST',
        path: routePath(request),
      })
      return sendKept(reply, await hideUnknownList(deps.refuse, retried))
    },
  })
}

/**
 * The calls that control an upload: move it to another state, apply its plan, or retry its rows.
 */
export const registerUploadControl = (add: AddRoute): void => {
  registerMoves(add)
  registerApply(add)
  registerRetry(add)
}
