import type { FastifyInstance } from 'fastify'
import { z } from 'zod'

import type { AddRoute } from '../../server/route.ts'
import { readinessSchema } from '../../server/schemas.ts'
import {
  DOCUMENT_EXAMPLES,
  LIVE_EXAMPLES,
  METRICS_EXAMPLES,
  READY_EXAMPLES,
} from './operations-examples.ts'

/** /livez and /readyz. */
const registerProbes = (add: AddRoute): void => {
  add({
    method: 'GET',
    url: '/livez',
    access: 'public',
    id: 'livez',
    tag: 'operations',
    summary: 'Check whether the process is running',
    answers: {
      200: { about: 'The process is running', schema: z.strictObject({ alive: z.literal(true) }) },
    },
    problems: [],
    examples: LIVE_EXAMPLES,
    handler: async () => ({ alive: true }),
  })
  add({
    method: 'GET',
    url: '/readyz',
    access: 'public',
    id: 'readyz',
    tag: 'operations',
    summary:
      'Check whether the gateway accepts uploads. The answer also shows what is missing, and whether Genesys is simulated',
    answers: {
      200: { about: 'Ready', schema: readinessSchema },
      503: { about: 'Not ready', schema: readinessSchema },
    },
    problems: [],
    examples: READY_EXAMPLES,
    handler: async (_request, reply, { readiness }) => {
      const { ready, checks, sandbox } = await readiness()
      const missing = Object.entries(checks)
        .filter(([, check]) => !check.ok)
        .map(([name]) => name)
      return reply.code(ready ? 200 : 503).send({ ready, sandbox, missing, checks })
    },
  })
}

/** /livez, /readyz, /metrics and /openapi.json. */
export const registerOperations = (app: FastifyInstance, add: AddRoute): void => {
  registerProbes(add)
  add({
    method: 'GET',
    url: '/metrics',
    access: 'metrics',
    id: 'metrics',
    tag: 'operations',
    summary:
      'Read Prometheus metrics. Calls from loopback need no key. Other calls need METRICS_TOKEN or a key with the scope admin',
    answers: { 200: { about: 'Metrics', mediaTypes: ['text/plain'] } },
    problems: [],
    examples: METRICS_EXAMPLES,
    handler: async (_request, reply, deps) => {
      const { contentType, body } = await deps.metrics()
      return reply.header('content-type', contentType).send(body)
    },
  })
  add({
    method: 'GET',
    url: '/openapi.json',
    access: 'public',
    id: 'openapi',
    tag: 'operations',
    summary: 'Read this document',
    answers: { 200: { about: 'OpenAPI 3.1', schema: z.looseObject({}) } },
    problems: [],
    examples: DOCUMENT_EXAMPLES,
    handler: async () => app.swagger(),
  })
}
