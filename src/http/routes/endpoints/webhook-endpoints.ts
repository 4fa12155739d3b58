import type { FastifyInstance, FastifyReply } from 'fastify'
import type { z } from 'zod'

import type { WebhookEndpoint } from '../../../domain/endpoints/webhook-endpoint.ts'
import { GatewayProblem } from '../../../domain/problems/problem.ts'
import type { EndpointChange } from '../../../workflows/ports/endpoints/endpoints.ts'
import type { HttpDeps } from '../../server/deps.ts'
import { checkIfMatch, etagOf } from '../../server/entity-tag.ts'
import {
  deliveriesQuerySchema,
  deliveryParamsSchema,
  endpointChangeSchema,
  endpointParamsSchema,
  endpointsQuerySchema,
  newEndpointSchema,
} from './endpoint-schemas.ts'

const access = { scope: 'webhooks' } as const
const ENDPOINTS = '/v1/webhook-endpoints'
const ENDPOINT = `${ENDPOINTS}/:endpointId`

type Params = { endpointId: string }

const view = (endpoint: WebhookEndpoint) => ({
  id: endpoint.id,
  name: endpoint.name,
  url: endpoint.url,
  source: endpoint.source,
  events: endpoint.events,
  enabled: endpoint.enabled,
  disabledReason: endpoint.disabledReason,
  consecutiveFailures: endpoint.consecutiveFailures,
  failingSince: endpoint.failingSince,
  warnedAt: endpoint.warnedAt,
  previousSecretUntil: endpoint.previousSecretUntil,
  version: endpoint.version,
  createdAt: endpoint.createdAt,
  updatedAt: endpoint.updatedAt,
})

const send = (reply: FastifyReply, endpoint: WebhookEndpoint, more: object = {}): FastifyReply =>
  reply.header('etag', etagOf(endpoint)).send({ ...view(endpoint), ...more })

const readable = <T>(page: T | null): T => {
  if (page !== null) return page
  throw new GatewayProblem('parameter-invalid', 'The cursor cannot be read.', {
    parameters: ['cursor'],
  })
}

/** /v1/webhook-endpoints: register, look, change, delete. */
const registerEndpoints = (app: FastifyInstance, deps: HttpDeps): void => {
  const { webhookEndpoints } = deps
  app.post(
    ENDPOINTS,
    { config: { access, bodySchema: newEndpointSchema } },
    async (request, reply) => {
      const input = request.valid.body as z.output<typeof newEndpointSchema>
      const { endpoint, secret } = await webhookEndpoints.create(request.caller!, input)
      reply.code(201).header('location', `${ENDPOINTS}/${endpoint.id}`)
      return send(reply, endpoint, { secret })
    },
  )
  app.get(ENDPOINTS, { config: { access, querySchema: endpointsQuerySchema } }, async (request) => {
    const { limit, cursor = null } = request.valid.query as z.output<typeof endpointsQuerySchema>
    const page = readable(await webhookEndpoints.list(request.caller!, { limit, cursor }))
    return { items: page.items.map(view), next: page.next }
  })
  app.get(
    ENDPOINT,
    { config: { access, paramsSchema: endpointParamsSchema } },
    async (request, reply) => {
      const { endpointId } = request.valid.params as Params
      const endpoint = await webhookEndpoints.find(request.caller!, endpointId)
      return send(reply, endpoint)
    },
  )
  app.patch(
    ENDPOINT,
    { config: { access, paramsSchema: endpointParamsSchema, bodySchema: endpointChangeSchema } },
    async (request, reply) => {
      const { endpointId } = request.valid.params as Params
      const caller = request.caller!
      const present = await webhookEndpoints.find(caller, endpointId)
      checkIfMatch(request.headers['if-match'], present, true)
      const change = request.valid.body as EndpointChange
      return send(reply, await webhookEndpoints.change(caller, endpointId, present.version, change))
    },
  )
  app.delete(
    ENDPOINT,
    { config: { access, paramsSchema: endpointParamsSchema } },
    async (request, reply) => {
      const { endpointId } = request.valid.params as Params
      const caller = request.caller!
      const ifMatch = request.headers['if-match']
      const present = await webhookEndpoints.find(caller, endpointId)
      checkIfMatch(ifMatch, present, false)
      await webhookEndpoints.remove(
        caller,
        endpointId,
        ifMatch === undefined ? null : present.version,
      )
      return reply.code(204).send()
    },
  )
}

/** …/rotate-secret, …/deliveries and …/replay. */
const registerDeliveries = (app: FastifyInstance, deps: HttpDeps): void => {
  const { webhookEndpoints } = deps
  app.post(
    `${ENDPOINT}/rotate-secret`,
    { config: { access, paramsSchema: endpointParamsSchema } },
    async (request, reply) => {
      const { endpointId } = request.valid.params as Params
      const { endpoint, secret } = await webhookEndpoints.rotateSecret(request.caller!, endpointId)
      return send(reply, endpoint, { secret })
    },
  )
  app.get(
    `${ENDPOINT}/deliveries`,
    {
      config: { access, paramsSchema: endpointParamsSchema, querySchema: deliveriesQuerySchema },
    },
    async (request) => {
      const { endpointId } = request.valid.params as Params
      const query = request.valid.query as z.output<typeof deliveriesQuerySchema>
      const { limit, cursor = null, state: states = [] } = query
      return readable(
        await webhookEndpoints.deliveries(request.caller!, endpointId, { limit, cursor, states }),
      )
    },
  )
  app.post(
    `${ENDPOINT}/deliveries/:deliveryId/replay`,
    { config: { access, paramsSchema: deliveryParamsSchema } },
    async (request, reply) => {
      const { endpointId, deliveryId } = request.valid.params as Params & { deliveryId: string }
      const delivery = await webhookEndpoints.replay(request.caller!, endpointId, deliveryId)
      return reply.code(202).send(delivery)
    },
  )
}

/** Where a tenant's others are told, what they were sent, and sending it again. */
export const registerWebhookEndpoints = (app: FastifyInstance, deps: HttpDeps): void => {
  registerEndpoints(app, deps)
  registerDeliveries(app, deps)
}
