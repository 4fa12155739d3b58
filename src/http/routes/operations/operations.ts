import type { FastifyInstance } from 'fastify'

import { buildOpenApi } from '../../document/openapi.ts'
import type { HttpDeps } from '../../server/deps.ts'

/** /livez, /readyz, /metrics and /openapi.json. */
export const registerOperations = (app: FastifyInstance, deps: HttpDeps): void => {
  app.get('/livez', { config: { access: 'public' } }, async () => ({ alive: true }))

  app.get('/readyz', { config: { access: 'public' } }, async (_request, reply) => {
    const { ready, checks, sandbox } = await deps.readiness()
    const missing = Object.entries(checks)
      .filter(([, check]) => !check.ok)
      .map(([name]) => name)
    return reply.code(ready ? 200 : 503).send({ ready, sandbox, missing, checks })
  })

  app.get('/metrics', { config: { access: 'metrics' } }, async (_request, reply) => {
    const { contentType, body } = await deps.metrics()
    return reply.header('content-type', contentType).send(body)
  })

  const document = buildOpenApi({ publicUrl: deps.publicUrl })
  app.get('/openapi.json', { config: { access: 'public' } }, async () => document)
}
