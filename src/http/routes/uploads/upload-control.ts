import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'

import { GatewayProblem } from '../../../domain/problems/problem.ts'
import type { Upload } from '../../../domain/uploads/upload.ts'
import { CONTROL_ACTIONS } from '../../../workflows/ports/uploads/uploads.ts'
import { normaliseIdempotencyKey } from '../../plugins/normalisation.ts'
import type { HttpDeps } from '../../server/deps.ts'
import { etagOfUpload, namesExactly, tagsNamed } from '../../server/entity-tag.ts'
import { routePath } from '../../server/route-path.ts'
import { retrySchema, uploadParamsSchema } from '../../server/schemas.ts'
import { grantedList, hideUnknownList, LIST_UNKNOWN } from '../contact-lists/list-access.ts'
import { renderUpload } from './upload-view.ts'
import { ownUpload } from './uploads.ts'

const access = { scope: 'uploads' } as const

const send = (upload: Upload, reply: FastifyReply): FastifyReply =>
  reply.header('etag', etagOfUpload(upload)).send(renderUpload(upload))

/** The caller's upload, if its list is still granted: what sends rows asks for the grant anew. */
const uploadOfGrantedList = async (deps: HttpDeps, request: FastifyRequest): Promise<Upload> => {
  const upload = await ownUpload(deps, request)
  if (!(await grantedList(deps.access, request.caller!, upload.contactListId))) throw LIST_UNKNOWN()
  return upload
}

/** POST …/cancel, …/pause and …/resume; If-Match is obeyed where it is sent. */
const registerMoves = (app: FastifyInstance, deps: HttpDeps): void => {
  for (const action of CONTROL_ACTIONS) {
    app.post(
      `/v1/uploads/:uploadId/${action}`,
      { config: { access, paramsSchema: uploadParamsSchema } },
      async (request, reply) => {
        const { uploadId } = request.valid.params as { uploadId: string }
        const ifMatch = request.headers['if-match']
        const upload = await deps.controlUpload({
          caller: request.caller!,
          uploadId,
          action,
          ...(ifMatch === undefined
            ? {}
            : { expects: (present) => namesExactly(ifMatch, etagOfUpload(present)) }),
        })
        return send(upload, reply)
      },
    )
  }
}

/** POST …/apply: If-Match names the plan that the caller agrees to, so `*` does not do. */
const registerApply = (app: FastifyInstance, deps: HttpDeps): void => {
  app.post(
    '/v1/uploads/:uploadId/apply',
    { config: { access, paramsSchema: uploadParamsSchema } },
    async (request, reply) => {
      const caller = request.caller!
      const planDigests = tagsNamed(request.headers['if-match'])
      if (planDigests.length === 0) {
        const detail = 'Send the planDigest that you agree to as If-Match: "<planDigest>".'
        throw new GatewayProblem('precondition-required', detail)
      }
      const { id: uploadId } = await uploadOfGrantedList(deps, request)
      const applied = deps.applyUpload({ caller, uploadId, planDigests })
      return send(await hideUnknownList(applied), reply)
    },
  )
}

const registerRetry = (app: FastifyInstance, deps: HttpDeps): void => {
  app.post(
    '/v1/uploads/:uploadId/retry',
    { config: { access, paramsSchema: uploadParamsSchema, bodySchema: retrySchema } },
    async (request, reply) => {
      const { outcomes } = request.valid.body as z.output<typeof retrySchema>
      const idempotencyKey = normaliseIdempotencyKey(request.headers['idempotency-key'])
      if (idempotencyKey === null) {
        throw new GatewayProblem('idempotency-key-missing', 'Send an Idempotency-Key with a retry.')
      }
      const { id: uploadId } = await uploadOfGrantedList(deps, request)
      const answer = await hideUnknownList(
        deps.retryUpload({
          caller: request.caller!,
          uploadId,
          outcomes,
          idempotencyKey,
          method: 'POST',
          path: routePath(request),
        }),
      )
      reply.code(answer.status).header('content-type', 'application/json; charset=utf-8')
      if (answer.location !== null) reply.header('location', answer.location)
      if (answer.replayed) reply.header('idempotency-replayed', 'true')
      return reply.send(answer.body)
    },
  )
}

/** The calls that move an upload, let it go, or send what is left of it. */
export const registerUploadControl = (app: FastifyInstance, deps: HttpDeps): void => {
  registerMoves(app, deps)
  registerApply(app, deps)
  registerRetry(app, deps)
}
