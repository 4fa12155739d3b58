import { ASK_PULL_REFUSALS } from '../../../workflows/do-not-call/refusals.ts'
import { KEYED } from '../../document/route-codes.ts'
import { idempotencyKeyOf, sendKept } from '../../server/keyed-call.ts'
import { routePath } from '../../server/route-path.ts'
import type { AddRoute } from '../../server/route.ts'
import { checkDncListGranted } from './dnc-access.ts'
import { PULL_EXAMPLES } from './dnc-examples.ts'
import { dncListParamsSchema, submissionSchema } from './dnc-schemas.ts'

/** POST /v1/dnc-lists/{dncListId}/pull. */
export const registerDncPull = (add: AddRoute): void => {
  add({
    ...{ access: { scope: 'dnc' }, tag: 'do-not-call' },
    method: 'POST',
    url: '/v1/dnc-lists/:dncListId/pull',
    id: 'pullDncList',
    summary:
      'Import the people who were added to the do-not-call list inside Genesys (platform dialect)',
    params: dncListParamsSchema,
    headers: { 'Idempotency-Key': 'required' },
    answers: {
      202: {
        about:
          'Accepted. Location is the address of the submission. The gateway adds the entries after it has read the list from Genesys',
        schema: submissionSchema,
        headers: ['Location', 'Idempotency-Replayed'],
      },
    },
    problems: [...KEYED, ...ASK_PULL_REFUSALS, 'not-found'],
    examples: PULL_EXAMPLES,
    handler: async (request, reply, deps) => {
      const { dncListId } = request.params
      const idempotencyKey = idempotencyKeyOf(deps.refuse, request.headers, 'with a pull')
      await checkDncListGranted(deps, request.caller!, dncListId)
      const path = routePath(request)
      return sendKept(
        reply,
        await deps.askPull({ caller: request.caller!, dncListId, idempotencyKey, path }),
      )
    },
  })
}
