import type { FastifyInstance } from 'fastify'

import { keyRequestsPerMinute, type HttpDeps } from '../../server/deps.ts'

/** GET /limits: what is in force for the caller, whatever its scopes. */
export const registerLimits = (app: FastifyInstance, deps: HttpDeps): void => {
  app.get('/limits', { config: { access: 'key' } }, async () => ({
    ...(await deps.readLimits()),
    key: { requestsPerMinute: keyRequestsPerMinute(deps.limits) },
  }))
}
