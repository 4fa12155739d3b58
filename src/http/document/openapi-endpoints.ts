import type { ProblemCode } from '../../domain/problems/problem.ts'
import {
  deliveriesQuerySchema,
  deliverySchema,
  endpointChangeSchema,
  endpointSchema,
  endpointsQuerySchema,
  endpointWithSecretSchema,
  newEndpointSchema,
} from '../routes/endpoints/endpoint-schemas.ts'
import { pageOf } from '../server/schemas.ts'
import type { Operation } from './openapi-operation.ts'

const BODY: ProblemCode[] = [
  'body-invalid',
  'body-malformed',
  'body-too-large',
  'media-type-unsupported',
]
const CHANGE: ProblemCode[] = ['not-found', 'webhook-endpoint-fixed']
const path = '/v1/webhook-endpoints/{endpointId}'

/** The calls of webhook endpoints, as the API document tells them. */
export const ENDPOINT_OPERATIONS: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/webhook-endpoints',
    id: 'createWebhookEndpoint',
    summary: 'Register where others are told; the secret is in this answer only',
    access: 'webhooks',
    body: newEndpointSchema,
    responses: [
      {
        status: 201,
        about: 'Registered; keep the secret',
        schema: endpointWithSecretSchema,
        headers: ['Location', 'ETag'],
      },
    ],
    problems: [
      ...BODY,
      'webhook-url-refused',
      'webhook-endpoint-exists',
      'webhook-endpoints-too-many',
    ],
  },
  {
    method: 'get',
    path: '/v1/webhook-endpoints',
    id: 'listWebhookEndpoints',
    summary: 'Webhook endpoints, newest first; those from the environment included',
    access: 'webhooks',
    query: endpointsQuerySchema,
    responses: [{ status: 200, about: 'A page of endpoints', schema: pageOf(endpointSchema) }],
    problems: [],
  },
  {
    method: 'get',
    path,
    id: 'getWebhookEndpoint',
    summary: 'One webhook endpoint, without its secret',
    access: 'webhooks',
    responses: [
      {
        status: 200,
        about: 'The endpoint; ETag is the version of its settings, for If-Match',
        schema: endpointSchema,
        headers: ['ETag'],
      },
    ],
    problems: ['not-found'],
  },
  {
    method: 'patch',
    path,
    id: 'changeWebhookEndpoint',
    summary: 'Change the URL or the events, disable it, or enable it again',
    access: 'webhooks',
    body: endpointChangeSchema,
    ifMatch: 'required',
    responses: [
      {
        status: 200,
        about: 'The endpoint as it is now',
        schema: endpointSchema,
        headers: ['ETag'],
      },
    ],
    problems: [
      ...BODY,
      ...CHANGE,
      'precondition-required',
      'precondition-failed',
      'webhook-url-refused',
    ],
  },
  {
    method: 'delete',
    path,
    id: 'deleteWebhookEndpoint',
    summary: 'Delete a registered endpoint with its log; what is pending for it is given up',
    access: 'webhooks',
    ifMatch: 'optional',
    responses: [{ status: 204, about: 'It is gone' }],
    problems: [...CHANGE, 'precondition-failed'],
  },
  {
    method: 'post',
    path: `${path}/rotate-secret`,
    id: 'rotateWebhookSecret',
    summary: 'A new secret, in this answer only; for 24 hours messages carry both signatures',
    access: 'webhooks',
    responses: [
      {
        status: 200,
        about: 'Keep the secret',
        schema: endpointWithSecretSchema,
        headers: ['ETag'],
      },
    ],
    problems: CHANGE,
  },
  {
    method: 'get',
    path: `${path}/deliveries`,
    id: 'listWebhookDeliveries',
    summary: 'What was sent to an endpoint and what came of it, newest first',
    access: 'webhooks',
    query: deliveriesQuerySchema,
    responses: [{ status: 200, about: 'A page of deliveries', schema: pageOf(deliverySchema) }],
    problems: ['not-found'],
  },
  {
    method: 'post',
    path: `${path}/deliveries/{deliveryId}/replay`,
    id: 'replayWebhookDelivery',
    summary:
      'Send a delivery again: the same webhook-id and body, the present secret, a new schedule',
    access: 'webhooks',
    responses: [{ status: 202, about: 'It is sent again', schema: deliverySchema }],
    problems: ['not-found', 'webhook-endpoint-disabled'],
  },
]
