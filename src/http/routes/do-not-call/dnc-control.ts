import { MOVE_SUBMISSION_REFUSALS } from '../../../workflows/do-not-call/refusals.ts'
import { etagOf } from '../../server/entity-tag.ts'
import type { AddRoute } from '../../server/route.ts'
import { createJudge, checkDncListGranted, checkDncListKnown } from './dnc-access.ts'
import { RELEASE_EXAMPLES, RESUME_EXAMPLES, SEARCH_EXAMPLES } from './dnc-examples.ts'
import {
  dncListParamsSchema,
  searchAnswerSchema,
  searchSchema,
  submissionParamsSchema,
  submissionSchema,
} from './dnc-schemas.ts'
import { renderSearched, renderSubmission } from './dnc-view.ts'

const of = { access: { scope: 'dnc' }, tag: 'do-not-call' } as const

const MOVED = {
  200: { about: 'The submission as it is now', schema: submissionSchema, headers: ['ETag'] },
} as const

const registerMoves = (add: AddRoute): void => {
  add({
    ...of,
    method: 'POST',
    url: '/v1/dnc-submissions/:submissionId/release',
    id: 'releaseDncSubmission',
    summary:
      'Release quarantined entries, so that the gateway sends them to Genesys. The key needs the scopes dnc and dnc:override. The scope admin does not include dnc:override',
    params: submissionParamsSchema,
    answers: MOVED,
    problems: MOVE_SUBMISSION_REFUSALS,
    examples: RELEASE_EXAMPLES,
    handler: async ({ params, caller }, reply, { releaseSubmission }) => {
      const submission = await releaseSubmission(caller!, params.submissionId)
      return reply.header('etag', etagOf(submission)).send(renderSubmission(submission))
    },
  })
  add({
    ...of,
    method: 'POST',
    url: '/v1/dnc-submissions/:submissionId/resume',
    id: 'resumeDncSubmission',
    summary: 'Resume a submission that is held as dnc_list_refused',
    params: submissionParamsSchema,
    answers: MOVED,
    problems: MOVE_SUBMISSION_REFUSALS,
    examples: RESUME_EXAMPLES,
    handler: async ({ params, caller }, reply, { resumeSubmission }) => {
      const submission = await resumeSubmission(caller!, params.submissionId)
      return reply.header('etag', etagOf(submission)).send(renderSubmission(submission))
    },
  })
}

const registerSearch = (add: AddRoute): void => {
  add({
    ...of,
    method: 'POST',
    url: '/v1/dnc-lists/:dncListId/entries/search',
    id: 'searchDncEntries',
    summary: 'Check whether this do-not-call list suppresses the people in the body, and why',
    params: dncListParamsSchema,
    body: searchSchema,
    // Room for a thousand addresses of 320 characters.
    bodyLimit: 512 * 1024,
    answers: {
      200: {
        about: 'One item for each number and each email address in the call',
        schema: searchAnswerSchema,
      },
    },
    problems: ['not-found', 'body-invalid'],
    examples: SEARCH_EXAMPLES,
    handler: async (request, _reply, deps) => {
      const { dncListId } = request.params
      await checkDncListGranted(deps, request.caller!, dncListId)
      await checkDncListKnown(deps, dncListId)
      const people = createJudge(deps)(request.body)
      const subjects = people.map(({ subject }) => subject)
      const found = await deps.searchEntries(request.caller!, dncListId, subjects)
      return {
        items: people.map((person, at) => renderSearched(person, found[at]!, deps.dncTakes)),
      }
    },
  })
}

/** POST …/release, …/resume and …/entries/search. */
export const registerDncControl = (add: AddRoute): void => {
  registerMoves(add)
  registerSearch(add)
}
