import type { FastifyInstance } from 'fastify'

import { dncOptionsSchema } from '../../../domain/do-not-call/dnc-options.ts'
import type { Refuse } from '../../../domain/problems/refusing.ts'
import type { UploadAnswer } from '../../../workflows/contract.ts'
import { SUBMIT_ENTRIES_REFUSALS } from '../../../workflows/do-not-call/refusals.ts'
import { KEYED } from '../../document/route-codes.ts'
import type { HttpDeps } from '../../server/deps.ts'
import { idempotencyKeyOf, sendKept } from '../../server/keyed-call.ts'
import { routePath } from '../../server/route-path.ts'
import { routesOf, type RouteRequest, type RouteSteps } from '../../server/route.ts'
import {
  checkDeclaredLength,
  readSubmission,
  SUBMISSION_PROBLEMS,
} from '../../submissions/read-submission.ts'
import { submissionOptions } from '../../submissions/submission-options.ts'
import { submissionBody, takeSubmissions } from '../../submissions/submission-scope.ts'
import { checkDncListGranted } from './dnc-access.ts'
import { SUBMIT_EXAMPLES } from './dnc-examples.ts'
import { dncListParamsSchema, submissionSchema } from './dnc-schemas.ts'

const OPTIONS = submissionOptions(dncOptionsSchema)

type SubmitDeps = Pick<HttpDeps, 'clock' | 'limits' | 'access' | 'receiveEntries'> &
  Pick<RouteSteps, 'validation'> & {
    refuse: Refuse<'idempotency-key-missing' | 'idempotency-key-invalid' | 'not-found'>
  }

const receive = async (
  deps: SubmitDeps,
  request: RouteRequest<{ dncListId: string }>,
): Promise<UploadAnswer> => {
  const { dncListId } = request.params
  const caller = request.caller!
  const idempotencyKey = idempotencyKeyOf(deps.refuse, request.headers, 'with entries')
  const submission = await readSubmission(deps, request, OPTIONS)
  checkDeclaredLength(request, deps.limits.maxUploadBytes)
  // Before the idempotency claim, so that a repeated key is 404 too once the grant is revoked.
  await checkDncListGranted(deps, caller, dncListId)
  return deps.receiveEntries({
    ...{ caller, dncListId, idempotencyKey },
    ...submission,
    steps: deps.validation.entries,
    method: 'POST',
    path: routePath(request),
  })
}

/** POST /v1/dnc-lists/{dncListId}/entries, in a scope of its own. */
export const registerDncEntries = async (app: FastifyInstance, deps: HttpDeps): Promise<void> => {
  await takeSubmissions(app, deps)
  const add = routesOf(app, deps)
  add({
    method: 'POST',
    url: '/v1/dnc-lists/:dncListId/entries',
    access: { scope: 'dnc' },
    id: 'createDncEntries',
    tag: 'do-not-call',
    summary: 'Send do-not-call entries; from the 202 on every one of them suppresses',
    params: dncListParamsSchema,
    query: dncOptionsSchema,
    headers: {
      'Idempotency-Key': 'required',
      'Content-Encoding': 'optional',
      'X-File-Name': 'optional',
    },
    reads: 'file',
    documentedBody: submissionBody({ $ref: '#/components/schemas/DncOptions' }, 'entries'),
    answers: {
      202: {
        about: 'Accepted: the entries suppress from now on; Location names the submission',
        schema: submissionSchema,
        headers: ['Location', 'Idempotency-Replayed'],
      },
    },
    problems: [...KEYED, ...SUBMIT_ENTRIES_REFUSALS, ...SUBMISSION_PROBLEMS, 'not-found'],
    examples: SUBMIT_EXAMPLES,
    handler: async (request, reply, deps) => sendKept(reply, await receive(deps, request)),
  })
}
