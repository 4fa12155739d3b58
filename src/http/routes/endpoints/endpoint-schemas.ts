import { z } from 'zod'

import { count, stamp } from '../../../domain/answers/answer-values.ts'
import { ENDPOINT_EVENT_TYPES, TEST_EVENT } from '../../../domain/endpoints/outbound-event.ts'
import {
  DELIVERY_FAILURES,
  DELIVERY_STATES,
  DISABLED_REASONS,
  ENDPOINT_SOURCES,
} from '../../../domain/endpoints/webhook-endpoint.ts'
import { gatewayIdSchema } from '../../../domain/ids/ids.ts'
import { cursorSchema, limitUpTo, listMeta } from '../../server/schemas.ts'

/** The forms of webhook endpoints and their deliveries in the API. */

const events = z
  .array(z.enum(ENDPOINT_EVENT_TYPES))
  .min(1)
  .max(ENDPOINT_EVENT_TYPES.length)
  .refine((types) => new Set(types).size === types.length, 'must name each event once')
  .meta({ uniqueItems: true })
  .nullable()

const name = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/u,
    'must be 1 to 64 letters, digits, dots, hyphens or underscores, beginning with a letter or digit',
  )
const url = z
  .string()
  .min(1)
  .max(2048)
  .describe('https on port 443 at a public host, without user, password or fragment')
const wanted =
  'Events that the endpoint receives. null: every event, including those that later releases add'

export const newEndpointSchema = z.strictObject({
  name,
  url,
  events: events.default(null).describe(wanted),
})

export const endpointChangeSchema = z
  .strictObject({
    url: url.optional(),
    events: events.optional().describe(wanted),
    enabled: z
      .boolean()
      .optional()
      .describe('false: the gateway sends nothing to the endpoint, and records no events for it'),
  })
  .refine((change) => Object.keys(change).length > 0, {
    message: 'must change something: url, events or enabled',
    path: ['body'],
  })
  .meta({ minProperties: 1 })

export const endpointSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  url: z.string(),
  source: z
    .enum(ENDPOINT_SOURCES)
    .describe(
      '`environment`: the endpoint comes from the environment of the gateway, and calls cannot change it',
    ),
  events: z.array(z.enum(ENDPOINT_EVENT_TYPES)).nullable().describe(wanted),
  enabled: z.boolean(),
  disabledReason: z
    .enum(DISABLED_REASONS)
    .nullable()
    .describe(
      '`request`: a call disabled the endpoint. `gone`: the endpoint answered 410. `failing`: every attempt failed for 5 days. `not_configured`: the environment no longer names the endpoint',
    ),
  consecutiveFailures: count.describe(
    'How many attempts in a row have failed. The count becomes 0 after a successful attempt, or when the endpoint is enabled again',
  ),
  failingSince: stamp
    .nullable()
    .describe(
      'Time of the first failed attempt that `consecutiveFailures` counts. null: `consecutiveFailures` is 0',
    ),
  warnedAt: stamp
    .nullable()
    .describe(
      'When the gateway notified its operators that no attempt had succeeded for a day. null: the gateway has not notified them',
    ),
  previousSecretUntil: stamp
    .nullable()
    .describe(
      'Until this time, messages are also signed with the previous secret. null: no previous secret is valid',
    ),
  version: count.describe('Grows with every change of the settings. It is also the ETag'),
  createdAt: stamp,
  updatedAt: stamp,
})

export const endpointWithSecretSchema = endpointSchema.extend({
  secret: z
    .string()
    .describe(
      'The secret (`whsec_…`) with which you verify the signatures of messages. Only this answer contains it',
    ),
})

export const deliverySchema = z.strictObject({
  id: z.string().describe('The `webhook-id` of the message, the same on every attempt'),
  eventType: z.string(),
  object: z.string().describe('Id of the object that the message is about, for example `upl_…`'),
  state: z
    .enum(DELIVERY_STATES)
    .describe('`dead`: the gateway gave up on the message. You can replay the delivery'),
  attempts: count,
  lastStatus: z
    .int()
    .nullable()
    .describe('HTTP status of the last attempt. null: no attempt yet, or no answer'),
  lastFailure: z
    .enum(DELIVERY_FAILURES)
    .nullable()
    .describe(
      '`answer`: the endpoint answered with a status other than 2xx. `no_answer`: no answer arrived in time, or there was no connection. `address_refused`: the address is not public. null: no attempt yet, or the last attempt succeeded',
    ),
  createdAt: stamp,
  nextAt: stamp.nullable().describe('When the next attempt is due. null: there is no next attempt'),
})

/** The message that the gateway sends to an endpoint when a caller requests a test. */
export const endpointTestEventSchema = z.strictObject({
  type: z.literal(TEST_EVENT),
  timestamp: stamp,
  data: z.strictObject({ endpointId: z.string() }),
})

export const endpointParamsSchema = z.strictObject({ endpointId: gatewayIdSchema })
export const deliveryParamsSchema = endpointParamsSchema.extend({
  deliveryId: gatewayIdSchema,
})

export const endpointsQuerySchema = z.strictObject({
  limit: limitUpTo(200, 50),
  cursor: cursorSchema.optional(),
})

export const deliveriesQuerySchema = endpointsQuerySchema.extend({
  state: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(DELIVERY_STATES)))
    .optional()
    .meta({ ...listMeta(DELIVERY_STATES), description: 'Separated by commas. Default: all' }),
})
