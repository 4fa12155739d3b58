import { keyRequestsPerMinute } from '../../server/deps.ts'
import type { AddRoute } from '../../server/route.ts'
import { limitsSchema } from './limits-schema.ts'
import { LIMITS_EXAMPLES } from './operations-examples.ts'

/** GET /limits: the limits in force for the caller, whatever its scopes are. */
export const registerLimits = (add: AddRoute): void => {
  add({
    method: 'GET',
    url: '/limits',
    access: 'key',
    id: 'getLimits',
    tag: 'operations',
    summary:
      'The limits that apply to the caller: files, rows, batches, the pace of calls to Genesys, calls of the key, and the quotas of the tenant with what it uses',
    answers: { 200: { about: 'The limits', schema: limitsSchema } },
    problems: [],
    examples: LIMITS_EXAMPLES,
    handler: async ({ caller }, _reply, { readLimits, limits }) => ({
      ...(await readLimits(caller!.tenantId)),
      key: { requestsPerMinute: keyRequestsPerMinute(limits) },
    }),
  })
}
