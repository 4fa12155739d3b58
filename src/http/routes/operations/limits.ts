import { keyRequestsPerMinute } from '../../server/deps.ts'
import type { AddRoute } from '../../server/route.ts'
import { limitsSchema } from './limits-schema.ts'
import { LIMITS_EXAMPLES } from './operations-examples.ts'

/** GET /limits: the limits that apply to the caller. Needs a key, but no scope. */
export const registerLimits = (add: AddRoute): void => {
  add({
    method: 'GET',
    url: '/limits',
    access: 'key',
    id: 'getLimits',
    tag: 'operations',
    summary:
      'Read the limits that apply to you: files, rows, batches, the pace of calls to Genesys, the pace of calls with your key, and the quotas of your tenant. Also shows how much of each quota is used',
    answers: { 200: { about: 'The limits', schema: limitsSchema } },
    problems: [],
    examples: LIMITS_EXAMPLES,
    handler: async ({ caller }, _reply, { readLimits, limits }) => ({
      ...(await readLimits(caller!.tenantId)),
      key: { requestsPerMinute: keyRequestsPerMinute(limits) },
    }),
  })
}
