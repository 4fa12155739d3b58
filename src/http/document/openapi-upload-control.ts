import type { ControlAction } from '../../workflows/ports/uploads/uploads.ts'
import { retrySchema, uploadSchema } from '../server/schemas.ts'
import { JSON_BODY, KEYED, type Operation } from './openapi-operation.ts'

const control = (action: ControlAction, summary: string): Operation => ({
  method: 'post',
  path: `/v1/uploads/{uploadId}/${action}`,
  id: `${action}Upload`,
  summary,
  access: 'uploads',
  ifMatch: 'optional',
  responses: [
    { status: 200, about: 'The upload as it is now', schema: uploadSchema, headers: ['ETag'] },
  ],
  problems: ['not-found', 'state-conflict', 'precondition-failed'],
})

/** The calls that move an upload, let it go, or send what is left of it. */
export const CONTROL_OPERATIONS: readonly Operation[] = [
  control('cancel', 'Stop an upload; what was delivered stays'),
  control('pause', 'Set an upload aside; others of its list go on'),
  control('resume', 'Go on with a paused or held upload'),
  {
    method: 'post',
    path: '/v1/uploads/{uploadId}/apply',
    id: 'applyUpload',
    summary: 'Let an upload with apply=manual go; If-Match names the planDigest agreed to',
    access: 'uploads',
    ifMatch: 'required',
    responses: [
      { status: 200, about: 'The upload as it is now', schema: uploadSchema, headers: ['ETag'] },
    ],
    problems: [
      'not-found',
      'state-conflict',
      'rows-gone',
      'plan-changed',
      'precondition-required',
      'schema-drift',
      'genesys-unavailable',
      'genesys-refused',
    ],
  },
  {
    method: 'post',
    path: '/v1/uploads/{uploadId}/retry',
    id: 'retryUpload',
    summary: 'Send rows of a finished upload that failed or were not processed, as a new upload',
    access: 'uploads',
    body: retrySchema,
    idempotencyKey: true,
    responses: [
      {
        status: 202,
        about: 'Accepted; Location names the new upload',
        schema: uploadSchema,
        headers: ['Location', 'Idempotency-Replayed'],
      },
    ],
    problems: [
      ...JSON_BODY,
      ...KEYED,
      'not-found',
      'state-conflict',
      'nothing-to-retry',
      'retry-under-way',
      'retry-needs-overwrite',
      'rows-gone',
      'schema-drift',
      'contact-id-column-not-in-list',
      'genesys-unavailable',
      'genesys-refused',
    ],
  },
]
