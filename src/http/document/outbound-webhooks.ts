import {
  DNC_CHANGE_EVENT,
  DNC_EVENT_TYPES,
  GUEST_FILE_EVENT_TYPES,
  OUTBOUND_EVENT_TYPES,
  SEGMENT_EVENT_TYPES,
  TEST_EVENT,
} from '../../domain/endpoints/outbound-event.ts'

const header = (name: string, description: string) => ({
  name,
  in: 'header',
  required: true,
  description,
  schema: { type: 'string' },
})

/**
 * How a receiver orders the messages about one object. If messages have no order: what they mean,
 * or when the gateway sends them.
 */
const ORDERED_BY = {
  UploadEvent: 'Order them by `version`',
  DncEvent: 'Order them by `version`',
  DncChangeEvent: 'Each message means that the do-not-call list has changed',
  GuestFileEvent: 'Order them by `version`',
  SegmentEvent: 'Order them by `revision`',
  EndpointTestEvent: 'The gateway sends this message to one endpoint, when you request a test',
} as const

const webhook = (type: string, of: keyof typeof ORDERED_BY) => ({
  post: {
    operationId: `on${type
      .split('.')
      .map((word) => word[0]!.toUpperCase() + word.slice(1))
      .join('')}`,
    tags: ['endpoints'],
    summary: `The gateway sends ${type}. Messages can arrive in any order. ${ORDERED_BY[of]}`,
    security: [],
    parameters: [
      header(
        'webhook-id',
        'The id of the message, the same on every attempt. Use it to detect repeats',
      ),
      header('webhook-timestamp', 'Seconds since 1970'),
      header(
        'webhook-signature',
        'Signature of Standard Webhooks: v1,<base64 of HMAC-SHA256>. For 24 hours after a rotation of the secret, there are two signatures, separated by a space',
      ),
    ],
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: {
            allOf: [
              { $ref: `#/components/schemas/${of}` },
              { type: 'object', properties: { type: { const: type } } },
            ],
          },
        },
      },
    },
    responses: {
      '2XX': {
        description:
          'Accepted. After any other status, the gateway tries again until the attempts are used up. Exception: 410 disables the endpoint',
      },
    },
  },
})

/** The messages that the gateway sends to endpoints, as `webhooks` of the API document. */
export const OUTBOUND_WEBHOOKS = Object.fromEntries([
  ...OUTBOUND_EVENT_TYPES.map((type) => [type, webhook(type, 'UploadEvent')] as const),
  ...DNC_EVENT_TYPES.map((type) => [type, webhook(type, 'DncEvent')] as const),
  [DNC_CHANGE_EVENT, webhook(DNC_CHANGE_EVENT, 'DncChangeEvent')] as const,
  ...GUEST_FILE_EVENT_TYPES.map((type) => [type, webhook(type, 'GuestFileEvent')] as const),
  ...SEGMENT_EVENT_TYPES.map((type) => [type, webhook(type, 'SegmentEvent')] as const),
  [TEST_EVENT, webhook(TEST_EVENT, 'EndpointTestEvent')] as const,
])
