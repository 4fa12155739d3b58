import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { z } from 'zod'

import { GatewayProblem } from '../../../domain/problems/problem.ts'
import type { Upload } from '../../../domain/uploads/upload.ts'
import type { HttpDeps } from '../../server/deps.ts'
import { etagOfUpload, namesTag } from '../../server/entity-tag.ts'
import { uploadParamsSchema, uploadsQuerySchema } from '../../server/schemas.ts'
import { renderUpload } from './upload-view.ts'

/** The caller's upload; 404 for another tenant's exactly as for an unknown one. */
export const ownUpload = async (deps: HttpDeps, request: FastifyRequest): Promise<Upload> => {
  const { uploadId } = request.valid.params as { uploadId: string }
  const upload = await deps.uploads.find(request.caller!.tenantId, uploadId)
  if (!upload) throw new GatewayProblem('not-found', 'There is no such upload.')
  return upload
}

/** GET /v1/uploads and GET /v1/uploads/{uploadId}. */
export const registerUploads = (app: FastifyInstance, deps: HttpDeps): void => {
  app.get(
    '/v1/uploads',
    { config: { access: { scope: 'uploads' }, querySchema: uploadsQuerySchema } },
    async (request) => {
      const query = request.valid.query as z.output<typeof uploadsQuerySchema>
      const page = await deps.uploads.list(request.caller!.tenantId, {
        limit: query.limit,
        cursor: query.cursor ?? null,
        ...(query.state && { states: query.state }),
        ...(query.contactListId !== undefined && { contactListId: query.contactListId }),
      })
      if (!page) {
        throw new GatewayProblem('parameter-invalid', 'The cursor cannot be read.', {
          parameters: ['cursor'],
        })
      }
      return { items: page.items.map(renderUpload), next: page.next }
    },
  )

  app.get(
    '/v1/uploads/:uploadId',
    { config: { access: { scope: 'uploads' }, paramsSchema: uploadParamsSchema } },
    async (request, reply) => {
      const upload = await ownUpload(deps, request)
      reply.header('etag', etagOfUpload(upload))
      if (namesTag(request.headers['if-none-match'], etagOfUpload(upload))) {
        return reply.code(304).send()
      }
      return renderUpload(upload)
    },
  )
}
