import type { FastifyInstance } from 'fastify'

import type { Refuse } from '../../../domain/problems/refusing.ts'
import type { UploadAnswer } from '../../../workflows/contract.ts'
import { RECEIVE_REFUSALS } from '../../../workflows/uploads/refusals.ts'
import { KEYED } from '../../document/route-codes.ts'
import type { HttpDeps } from '../../server/deps.ts'
import { givenIdempotencyKey, keyMissing, sendKept } from '../../server/keyed-call.ts'
import { routePath } from '../../server/route-path.ts'
import { routesOf, type AddRoute, type RouteRequest, type RouteSteps } from '../../server/route.ts'
import {
  contactListParamsSchema,
  uploadCallOptionsSchema,
  uploadSchema,
  validationSchema,
} from '../../server/schemas.ts'
import {
  checkDeclaredLength,
  readSubmission,
  SUBMISSION_PROBLEMS,
} from '../../submissions/read-submission.ts'
import { fileNameOf } from '../../submissions/submission-form.ts'
import { submissionOptions } from '../../submissions/submission-options.ts'
import { submissionBody, takeSubmissions } from '../../submissions/submission-scope.ts'
import { checkListGranted, hideUnknownList } from '../contact-lists/list-access.ts'
import { CREATE_EXAMPLES } from './upload-examples.ts'

const OPTIONS = submissionOptions(uploadCallOptionsSchema, ['validateOnly'])

const askedName = (refuse: Refuse<'option-invalid'>, text: string): string => {
  const name = fileNameOf(text)
  if (name !== null) return name
  throw refuse('option-invalid', 'fileName is not a valid file name.', { options: ['fileName'] })
}

type UploadDeps = Pick<HttpDeps, 'clock' | 'limits' | 'access' | 'receiveUpload'> &
  Pick<RouteSteps, 'validation'> & {
    refuse: Refuse<
      'idempotency-key-missing' | 'idempotency-key-invalid' | 'not-found' | 'option-invalid'
    >
  }

const receive = async (
  deps: UploadDeps,
  request: RouteRequest<{ contactListId: string }>,
): Promise<UploadAnswer> => {
  const { contactListId } = request.params
  const caller = request.caller!
  const idempotencyKey = givenIdempotencyKey(deps.refuse, request.headers['idempotency-key'])
  const { options: asked, ...submission } = await readSubmission(deps, request, OPTIONS)
  const { validateOnly, fileName: asName, ...options } = asked
  const fileName = asName === undefined ? submission.fileName : askedName(deps.refuse, asName)
  if (idempotencyKey === null && !validateOnly) {
    throw keyMissing(deps.refuse, 'with an upload')
  }
  checkDeclaredLength(request, deps.limits.maxUploadBytes)
  // Checked before the idempotency key is claimed. So after the grant is revoked, a repeated call
  // gets 404 too, and the tenant can no longer read an answer from the time of the grant.
  await checkListGranted(deps, caller, contactListId, request.doorway?.granted)
  return hideUnknownList(
    deps.refuse,
    deps.receiveUpload({
      caller,
      contactListId,
      ...submission,
      fileName,
      options,
      validateOnly,
      steps: deps.validation.contacts,
      idempotencyKey: validateOnly ? null : idempotencyKey,
      method: 'POST',
      path: routePath(request),
      doorway: request.doorway,
    }),
  )
}

const addUploadRoute = (add: AddRoute): void => {
  add({
    method: 'POST',
    url: '/v1/contact-lists/:contactListId/uploads',
    access: { scope: 'uploads' },
    id: 'createUpload',
    tag: 'uploads',
    summary: 'Send contacts to a contact list. After the 202, no crash loses them',
    params: contactListParamsSchema,
    query: uploadCallOptionsSchema,
    headers: {
      'Idempotency-Key': { optional: 'Required, except with validateOnly' },
      'Content-Encoding': 'optional',
      'X-File-Name': 'optional',
    },
    reads: 'file',
    documentedBody: submissionBody({ $ref: '#/components/schemas/UploadOptions' }, 'contacts'),
    answers: {
      200: {
        about:
          'Only with validateOnly: how many rows would have each outcome, the plan, and the first 100 rejected rows',
        schema: validationSchema,
      },
      202: {
        about: 'Accepted. Location is the address of the upload',
        schema: uploadSchema,
        headers: ['Location', 'Idempotency-Replayed'],
      },
    },
    problems: [...KEYED, ...RECEIVE_REFUSALS, ...SUBMISSION_PROBLEMS],
    examples: CREATE_EXAMPLES,
    handler: async (request, reply, deps) => sendKept(reply, await receive(deps, request)),
  })
}

/**
 * POST /v1/contact-lists/{contactListId}/uploads. Register it in a separate Fastify scope, because
 * its body is not parsed by the framework.
 */
export const registerUploadIntake = async (app: FastifyInstance, deps: HttpDeps): Promise<void> => {
  await takeSubmissions(app, deps)
  addUploadRoute(routesOf(app, deps))
}
