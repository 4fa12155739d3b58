import type { FastifyRequest } from 'fastify'

import type { Refuse } from '../../../domain/problems/refusing.ts'
import type { Upload } from '../../../domain/uploads/upload.ts'
import { SEE_REFUSALS } from '../../../workflows/uploads/refusals.ts'
import { cursorUnreadable } from '../../server/cursor.ts'
import type { HttpDeps } from '../../server/deps.ts'
import { etagOfUpload, namesTag } from '../../server/entity-tag.ts'
import type { AddRoute } from '../../server/route.ts'
import { pageOf, uploadParamsSchema, uploadSchema } from '../../server/schemas.ts'
import { GET_EXAMPLES, LIST_EXAMPLES } from './upload-examples.ts'
import { renderUpload } from './upload-view.ts'
import { uploadsQuerySchema } from './uploads-query.ts'

/** The caller's upload. Throws 404 if it does not exist, or if it is another tenant's. */
export const ownUpload = async (
  { uploads, refuse }: Pick<HttpDeps, 'uploads'> & { refuse: Refuse<'not-found'> },
  { caller }: Pick<FastifyRequest, 'caller'>,
  uploadId: string,
): Promise<Upload> => {
  const upload = await uploads.find(caller!.tenantId, uploadId)
  if (!upload) throw refuse('not-found', 'The upload does not exist.')
  return upload
}

/** GET /v1/uploads and GET /v1/uploads/{uploadId}. */
export const registerUploads = (add: AddRoute): void => {
  add({
    method: 'GET',
    url: '/v1/uploads',
    access: { scope: 'uploads' },
    id: 'listUploads',
    tag: 'uploads',
    summary: 'List uploads, newest first',
    query: uploadsQuerySchema,
    answers: { 200: { about: 'A page of uploads', schema: pageOf(uploadSchema) } },
    problems: [...SEE_REFUSALS],
    examples: LIST_EXAMPLES,
    handler: async ({ query, caller }, _reply, { seeUploads, refuse }) => {
      const page = await seeUploads.list(caller!, {
        ...(query.tenantId !== undefined && { tenantId: query.tenantId }),
        limit: query.limit,
        cursor: query.cursor ?? null,
        ...(query.state && { states: query.state }),
        ...(query.contactListId !== undefined && { contactListId: query.contactListId }),
        ...(query.sha256 !== undefined && { sha256: query.sha256 }),
        ...(typeof query.fileName === 'string' && { fileName: query.fileName }),
        ...(query.createdFrom && { createdFrom: query.createdFrom }),
        ...(query.createdTo && { createdTo: query.createdTo }),
      })
      if (!page) throw cursorUnreadable(refuse)
      return { items: page.items.map(renderUpload), next: page.next }
    },
  })

  add({
    method: 'GET',
    url: '/v1/uploads/:uploadId',
    access: { scope: 'uploads' },
    id: 'getUpload',
    tag: 'uploads',
    summary: 'Read an upload',
    params: uploadParamsSchema,
    headers: { 'If-None-Match': 'optional' },
    answers: {
      200: {
        about:
          'The upload. ETag is its version. While the upload waits for /apply, ETag is its planDigest',
        schema: uploadSchema,
        headers: ['ETag'],
      },
      304: { about: 'Not changed since the version in If-None-Match', headers: ['ETag'] },
    },
    problems: ['not-found'],
    examples: GET_EXAMPLES,
    handler: async (request, reply, deps) => {
      const upload = await ownUpload(deps, request, request.params.uploadId)
      reply.header('etag', etagOfUpload(upload))
      // `waitingFor` changes without a new version, so a caller that has the present version may
      // lack the present `waitingFor`.
      const waits = (upload.waitingFor ?? null) !== null
      if (!waits && namesTag(request.headers['if-none-match'], etagOfUpload(upload))) {
        return reply.code(304).send()
      }
      return renderUpload(upload)
    },
  })
}
