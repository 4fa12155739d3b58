import type { FastifyReply } from 'fastify'

import type { WebhookEndpoint } from '../../../domain/endpoints/webhook-endpoint.ts'
import type { Refuse } from '../../../domain/problems/refusing.ts'
import {
  CHANGE_ENDPOINT_REFUSALS,
  CREATE_ENDPOINT_REFUSALS,
  FIND_ENDPOINT_REFUSALS,
  REMOVE_ENDPOINT_REFUSALS,
  REPLAY_REFUSALS,
  ROTATE_SECRET_REFUSALS,
  TEST_ENDPOINT_REFUSALS,
} from '../../../workflows/endpoints/refusals.ts'
import type { EndpointChange } from '../../../workflows/ports/endpoints/endpoints.ts'
import type { Answer } from '../../document/operation.ts'
import { cursorUnreadable } from '../../server/cursor.ts'
import { checkIfMatch, etagOf, requireIfMatch } from '../../server/entity-tag.ts'
import type { AddRoute } from '../../server/route.ts'
import { pageOf } from '../../server/schemas.ts'
import {
  CHANGE_EXAMPLES,
  CREATE_EXAMPLES,
  DELETE_EXAMPLES,
  DELIVERIES_EXAMPLES,
  GET_EXAMPLES,
  LIST_EXAMPLES,
  REPLAY_EXAMPLES,
  ROTATE_EXAMPLES,
  TEST_EXAMPLES,
} from './endpoint-examples.ts'
import {
  deliveriesQuerySchema,
  deliveryParamsSchema,
  deliverySchema,
  endpointChangeSchema,
  endpointParamsSchema,
  endpointSchema,
  endpointsQuerySchema,
  endpointWithSecretSchema,
  newEndpointSchema,
} from './endpoint-schemas.ts'

const of = { access: { scope: 'webhooks' }, tag: 'endpoints' } as const
const ENDPOINTS = '/v1/webhook-endpoints'
const ENDPOINT = `${ENDPOINTS}/:endpointId`

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

const answerOf = (about: string): Answer => ({ about, schema: endpointSchema, headers: ['ETag'] })

const readable = <T>(refuse: Refuse<'parameter-invalid'>, page: T | null): T => {
  if (page !== null) return page
  throw cursorUnreadable(refuse)
}

/** POST and GET /v1/webhook-endpoints. */
const registerEndpoints = (add: AddRoute): void => {
  add({
    ...of,
    method: 'POST',
    url: ENDPOINTS,
    id: 'createWebhookEndpoint',
    summary: 'Register a webhook endpoint. Only this answer contains the secret',
    body: newEndpointSchema,
    answers: {
      201: {
        about: 'Registered. Store the secret',
        schema: endpointWithSecretSchema,
        headers: ['Location', 'ETag'],
      },
    },
    problems: CREATE_ENDPOINT_REFUSALS,
    examples: CREATE_EXAMPLES,
    handler: async ({ body, caller }, reply, { webhookEndpoints }) => {
      const { endpoint, secret } = await webhookEndpoints.create(caller!, body)
      reply.code(201).header('location', `${ENDPOINTS}/${endpoint.id}`)
      return send(reply, endpoint, { secret })
    },
  })
  add({
    ...of,
    method: 'GET',
    url: ENDPOINTS,
    id: 'listWebhookEndpoints',
    summary: 'List webhook endpoints, newest first, including those from the environment',
    query: endpointsQuerySchema,
    answers: { 200: { about: 'A page of endpoints', schema: pageOf(endpointSchema) } },
    problems: [],
    examples: LIST_EXAMPLES,
    handler: async ({ query, caller }, _reply, { webhookEndpoints, refuse }) => {
      const { limit, cursor = null } = query
      const page = readable(refuse, await webhookEndpoints.list(caller!, { limit, cursor }))
      return { items: page.items.map(view), next: page.next }
    },
  })
}

/** GET, PATCH and DELETE of one endpoint. */
const registerEndpoint = (add: AddRoute): void => {
  const one = { ...of, url: ENDPOINT, params: endpointParamsSchema } as const
  add({
    ...one,
    method: 'GET',
    id: 'getWebhookEndpoint',
    summary: 'Read a webhook endpoint, without its secret',
    answers: {
      200: answerOf('The endpoint. ETag is the version of its settings, for If-Match'),
    },
    problems: FIND_ENDPOINT_REFUSALS,
    examples: GET_EXAMPLES,
    handler: async ({ params, caller }, reply, { webhookEndpoints }) =>
      send(reply, await webhookEndpoints.find(caller!, params.endpointId)),
  })
  add({
    ...one,
    method: 'PATCH',
    id: 'changeWebhookEndpoint',
    summary: 'Change the URL or the events of an endpoint, or disable or enable it',
    headers: { 'If-Match': 'required' },
    body: endpointChangeSchema,
    answers: { 200: answerOf('The endpoint as it is now') },
    problems: ['precondition-required', ...CHANGE_ENDPOINT_REFUSALS],
    examples: CHANGE_EXAMPLES,
    handler: async (request, reply, { webhookEndpoints, refuse }) => {
      const { endpointId } = request.params
      const caller = request.caller!
      const present = await webhookEndpoints.find(caller, endpointId)
      requireIfMatch(refuse, request.headers['if-match'], present)
      // zod leaves out members that were not sent, although its type allows undefined.
      const change = request.body as EndpointChange
      return send(reply, await webhookEndpoints.change(caller, endpointId, present.version, change))
    },
  })
  add({
    ...one,
    method: 'DELETE',
    id: 'deleteWebhookEndpoint',
    summary:
      'Delete a registered endpoint and the log of its deliveries. Pending deliveries are not sent',
    headers: { 'If-Match': 'optional' },
    answers: { 204: { about: 'The endpoint is deleted' } },
    problems: REMOVE_ENDPOINT_REFUSALS,
    examples: DELETE_EXAMPLES,
    handler: async (request, reply, { webhookEndpoints, refuse }) => {
      const { endpointId } = request.params
      const caller = request.caller!
      const ifMatch = request.headers['if-match']
      const present = await webhookEndpoints.find(caller, endpointId)
      checkIfMatch(refuse, ifMatch, present)
      const version = ifMatch === undefined ? null : present.version
      await webhookEndpoints.remove(caller, endpointId, version)
      return reply.code(204).send()
    },
  })
}

/** POST …/test. */
const registerTest = (add: AddRoute): void =>
  add({
    ...of,
    method: 'POST',
    url: `${ENDPOINT}/test`,
    id: 'testWebhookEndpoint',
    summary:
      'Send the event endpoint.test to this endpoint only, even if its `events` do not include endpoint.test',
    params: endpointParamsSchema,
    answers: { 202: { about: 'The delivery of the test message', schema: deliverySchema } },
    problems: TEST_ENDPOINT_REFUSALS,
    examples: TEST_EXAMPLES,
    handler: async ({ params, caller }, reply, { webhookEndpoints }) =>
      reply.code(202).send(await webhookEndpoints.test(caller!, params.endpointId)),
  })

/** POST …/rotate-secret, GET …/deliveries and POST …/deliveries/{deliveryId}/replay. */
const registerDeliveries = (add: AddRoute): void => {
  add({
    ...of,
    method: 'POST',
    url: `${ENDPOINT}/rotate-secret`,
    id: 'rotateWebhookSecret',
    summary:
      'Make a new secret. Only this answer contains the secret. For 24 hours, messages have two signatures: with the old secret and with the new secret',
    params: endpointParamsSchema,
    answers: {
      200: {
        about: 'The endpoint with its new secret. Store the secret',
        schema: endpointWithSecretSchema,
        headers: ['ETag'],
      },
    },
    problems: ROTATE_SECRET_REFUSALS,
    examples: ROTATE_EXAMPLES,
    handler: async ({ params, caller }, reply, { webhookEndpoints }) => {
      const { endpoint, secret } = await webhookEndpoints.rotateSecret(caller!, params.endpointId)
      return send(reply, endpoint, { secret })
    },
  })
  add({
    ...of,
    method: 'GET',
    url: `${ENDPOINT}/deliveries`,
    id: 'listWebhookDeliveries',
    summary: 'List deliveries to an endpoint and their results, newest first',
    params: endpointParamsSchema,
    query: deliveriesQuerySchema,
    answers: { 200: { about: 'A page of deliveries', schema: pageOf(deliverySchema) } },
    problems: FIND_ENDPOINT_REFUSALS,
    examples: DELIVERIES_EXAMPLES,
    handler: async ({ params, query, caller }, _reply, { webhookEndpoints, refuse }) => {
      const { limit, cursor = null, state: states = [] } = query
      const page = { limit, cursor, states }
      return readable(refuse, await webhookEndpoints.deliveries(caller!, params.endpointId, page))
    },
  })
  add({
    ...of,
    method: 'POST',
    url: `${ENDPOINT}/deliveries/:deliveryId/replay`,
    id: 'replayWebhookDelivery',
    summary:
      'Send a delivery again with the same webhook-id and body. The message is signed with the current secret, and the schedule of attempts starts again',
    params: deliveryParamsSchema,
    answers: { 202: { about: 'The delivery. The gateway sends it again', schema: deliverySchema } },
    problems: REPLAY_REFUSALS,
    examples: REPLAY_EXAMPLES,
    handler: async ({ params, caller }, reply, { webhookEndpoints }) => {
      const { endpointId, deliveryId } = params
      return reply.code(202).send(await webhookEndpoints.replay(caller!, endpointId, deliveryId))
    },
  })
}

/**
 * /v1/webhook-endpoints: the endpoints of a tenant, the rotation of their secrets, their deliveries
 * and replays, and the test message.
 */
export const registerWebhookEndpoints = (add: AddRoute): void => {
  registerEndpoints(add)
  registerEndpoint(add)
  registerDeliveries(add)
  registerTest(add)
}
