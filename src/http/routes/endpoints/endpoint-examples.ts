import type { z } from 'zod'

import type { Example } from '../../document/example.ts'
import type { deliverySchema, endpointSchema } from './endpoint-schemas.ts'

const endpointId = 'whe_0198c0de11d27b6f8e3a5c90d4f7a2b6'
const deliveryId = 'msg_0198c0de80f97d01b4a6e3925c7d1f08'
const params = { endpointId }
const secret = 'whsec_ZXhhbXBsZS1leGFtcGxlLWV4YW1wbGUtZXhhbXBsZSE='

const ENDPOINT: z.output<typeof endpointSchema> = {
  id: endpointId,
  name: 'shop',
  url: 'https://hooks.example.com/outbound-gateway',
  source: 'registered',
  events: ['upload.completed', 'upload.failed'],
  enabled: true,
  disabledReason: null,
  consecutiveFailures: 0,
  failingSince: null,
  warnedAt: null,
  previousSecretUntil: null,
  version: 1,
  createdAt: '2026-03-02T07:00:00.000Z',
  updatedAt: '2026-03-02T07:00:00.000Z',
}

const DELIVERY: z.output<typeof deliverySchema> = {
  id: deliveryId,
  eventType: 'upload.completed',
  object: 'upl_0198c0de73a47e5b9c1df20a4e6b8d01',
  state: 'pending',
  attempts: 1,
  lastStatus: null,
  lastFailure: 'no_answer',
  createdAt: '2026-03-02T08:00:03.000Z',
  nextAt: '2026-03-02T08:00:08.000Z',
}

export const CREATE_EXAMPLES: readonly Example[] = [
  {
    name: 'ends',
    summary: 'An endpoint that gets two events: an upload was completed, and an upload failed',
    body: {
      name: 'shop',
      url: 'https://hooks.example.com/outbound-gateway',
      events: ['upload.completed', 'upload.failed'],
    },
    answer: { status: 201, body: { ...ENDPOINT, secret } },
  },
]

export const LIST_EXAMPLES: readonly Example[] = [
  {
    name: 'all',
    summary: 'A tenant that has one endpoint',
    answer: { status: 200, body: { items: [ENDPOINT], next: null } },
  },
]

export const GET_EXAMPLES: readonly Example[] = [
  {
    name: 'one',
    summary: 'An endpoint that works',
    params,
    answer: { status: 200, body: ENDPOINT },
  },
]

export const CHANGE_EXAMPLES: readonly Example[] = [
  {
    name: 'disable',
    summary: 'The call disables the endpoint',
    params,
    headers: { 'if-match': '"1"' },
    body: { enabled: false },
    answer: {
      status: 200,
      body: { ...ENDPOINT, enabled: false, disabledReason: 'request', version: 2 },
    },
  },
]

export const DELETE_EXAMPLES: readonly Example[] = [
  {
    name: 'gone',
    summary: 'The endpoint is deleted',
    params,
    answer: { status: 204, type: null },
  },
]

export const ROTATE_EXAMPLES: readonly Example[] = [
  {
    name: 'rotated',
    summary: 'For a day, messages are also signed with the old secret',
    params,
    answer: {
      status: 200,
      body: {
        ...ENDPOINT,
        previousSecretUntil: '2026-03-03T08:00:00.000Z',
        version: 2,
        secret,
      },
    },
  },
]

export const DELIVERIES_EXAMPLES: readonly Example[] = [
  {
    name: 'pending',
    summary: 'Deliveries that are still pending',
    params,
    query: { state: 'pending' },
    answer: { status: 200, body: { items: [DELIVERY], next: null } },
  },
]

export const TEST_EXAMPLES: readonly Example[] = [
  {
    name: 'test',
    summary: 'A message without content, to test that it arrives',
    params,
    answer: {
      status: 202,
      body: { ...DELIVERY, eventType: 'endpoint.test', object: endpointId, attempts: 0 },
    },
  },
]

export const REPLAY_EXAMPLES: readonly Example[] = [
  {
    name: 'again',
    summary: 'The message is sent again',
    params: { endpointId, deliveryId },
    answer: { status: 202, body: { ...DELIVERY, attempts: 0 } },
  },
]
