import type { FastifyInstance } from 'fastify'

import {
  type DncOptions,
  dncOptionsSchema,
  type DncRemovalOptions,
  dncRemovalOptionsSchema,
} from '../../../domain/do-not-call/dnc-options.ts'
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
import { submissionOptions, type SubmissionOptions } from '../../submissions/submission-options.ts'
import { submissionBody, takeSubmissions } from '../../submissions/submission-scope.ts'
import { checkDncListGranted } from './dnc-access.ts'
import { REMOVE_EXAMPLES, SUBMIT_EXAMPLES } from './dnc-examples.ts'
import { dncListParamsSchema, submissionSchema } from './dnc-schemas.ts'

const OPTIONS = submissionOptions(dncOptionsSchema)
const REMOVAL_OPTIONS = submissionOptions(dncRemovalOptionsSchema)

type SubmitDeps = Pick<HttpDeps, 'clock' | 'limits' | 'access' | 'receiveEntries'> &
  Pick<RouteSteps, 'validation'> & {
    refuse: Refuse<
      'idempotency-key-missing' | 'idempotency-key-invalid' | 'not-found' | 'option-invalid'
    >
  }

/**
 * Refuses the options if one of them would have no effect: an option for CSV with another format,
 * or both names of the expiry.
 */
const checkOptions = (
  { refuse }: { refuse: Refuse<'option-invalid'> },
  format: string,
  options: DncOptions | DncRemovalOptions,
): void => {
  if (format !== 'csv') {
    const ofCsv = (['mapping', 'delimiter'] as const).filter((name) => options[name] !== undefined)
    if (ofCsv.length > 0) {
      const detail = `\`${ofCsv.join('`, `')}\` is for CSV only, but the body is ${format}.`
      throw refuse('option-invalid', detail, { options: ofCsv })
    }
  }
  if ('expires' in options && options.expires !== undefined && options.expiresAt !== undefined) {
    const detail = '`expires` is the same option as `expiresAt`. Send one of them.'
    throw refuse('option-invalid', detail, { options: ['expires', 'expiresAt'] })
  }
}

const receive = async <Schema extends typeof dncOptionsSchema | typeof dncRemovalOptionsSchema>(
  deps: SubmitDeps,
  request: RouteRequest<{ dncListId: string }>,
  kind: 'add' | 'remove',
  about: SubmissionOptions<Schema>,
): Promise<UploadAnswer> => {
  const { dncListId } = request.params
  const caller = request.caller!
  const idempotencyKey = idempotencyKeyOf(deps.refuse, request.headers, 'with entries')
  const submission = await readSubmission(deps, request, about)
  checkOptions(deps, submission.format, submission.options)
  checkDeclaredLength(request, deps.limits.maxUploadBytes)
  // Checked before the idempotency key is claimed. So after the grant is revoked, a repeated call
  // gets 404 too.
  await checkDncListGranted(deps, caller, dncListId)
  return deps.receiveEntries({
    ...{ caller, kind, dncListId, idempotencyKey },
    ...submission,
    steps: deps.validation.entries,
    method: 'POST',
    path: routePath(request),
  })
}

const shared = {
  method: 'POST',
  access: { scope: 'dnc' },
  tag: 'do-not-call',
  params: dncListParamsSchema,
  headers: {
    'Idempotency-Key': 'required',
    'Content-Encoding': 'optional',
    'X-File-Name': 'optional',
  },
  reads: 'file',
  problems: [...KEYED, ...SUBMIT_ENTRIES_REFUSALS, ...SUBMISSION_PROBLEMS, 'not-found'],
} as const

const answers = (about: string) =>
  ({
    202: { about, schema: submissionSchema, headers: ['Location', 'Idempotency-Replayed'] },
  }) as const

/**
 * POST /v1/dnc-lists/{dncListId}/entries and …/removals. Register them in a separate Fastify scope,
 * because their bodies are not parsed by the framework.
 */
export const registerDncEntries = async (app: FastifyInstance, deps: HttpDeps): Promise<void> => {
  await takeSubmissions(app, deps)
  const add = routesOf(app, deps)
  add({
    ...shared,
    url: '/v1/dnc-lists/:dncListId/entries',
    id: 'createDncEntries',
    summary:
      'Send do-not-call entries. The gateway suppresses the people as soon as it has answered with 202',
    query: dncOptionsSchema,
    documentedBody: submissionBody({ $ref: '#/components/schemas/DncOptions' }, 'entries'),
    answers: answers(
      'Accepted. From now on, the gateway suppresses the people in the valid entries. Location is the address of the submission',
    ),
    examples: SUBMIT_EXAMPLES,
    handler: async (request, reply, deps) =>
      sendKept(reply, await receive(deps, request, 'add', OPTIONS)),
  })
  add({
    ...shared,
    url: '/v1/dnc-lists/:dncListId/removals',
    id: 'createDncRemovals',
    summary:
      'End the do-not-call entries of the people that you send. Ended entries no longer suppress anyone. In the platform dialect, the gateway also removes a person from the list in Genesys if no other entry names the person. To end REGULATORY entries, you need the option override and the scope dnc:override',
    query: dncRemovalOptionsSchema,
    documentedBody: submissionBody({ $ref: '#/components/schemas/DncRemovalOptions' }, 'entries'),
    answers: answers('Accepted. Location is the address of the submission'),
    examples: REMOVE_EXAMPLES,
    handler: async (request, reply, deps) =>
      sendKept(reply, await receive(deps, request, 'remove', REMOVAL_OPTIONS)),
  })
}
