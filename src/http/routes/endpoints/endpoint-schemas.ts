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

/** The shapes of webhook endpoints and their deliveries. */

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
const url = z.string().min(1).max(2048)

export const newEndpointSchema = z.strictObject({ name, url, events: events.default(null) })

export const endpointChangeSchema = z
  .strictObject({ url: url.optional(), events: events.optional(), enabled: z.boolean().optional() })
  .refine((change) => Object.keys(change).length > 0, {
    message: 'must change something: url, events or enabled',
    path: ['body'],
  })
  .meta({ minProperties: 1 })

export const endpointSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  url: z.string(),
  source: z.enum(ENDPOINT_SOURCES),
  /** null = every event. */
  events: z.array(z.enum(ENDPOINT_EVENT_TYPES)).nullable(),
  enabled: z.boolean(),
  disabledReason: z.enum(DISABLED_REASONS).nullable(),
  consecutiveFailures: count,
  failingSince: stamp.nullable(),
  warnedAt: stamp.nullable(),
  previousSecretUntil: stamp.nullable(),
  version: count,
  createdAt: stamp,
  updatedAt: stamp,
})

export const endpointWithSecretSchema = endpointSchema.extend({ secret: z.string() })

export const deliverySchema = z.strictObject({
  id: z.string(),
  eventType: z.string(),
  object: z.string(),
  state: z.enum(DELIVERY_STATES),
  attempts: count,
  lastStatus: z.int().nullable(),
  lastFailure: z.enum(DELIVERY_FAILURES).nullable(),
  createdAt: stamp,
  nextAt: stamp.nullable(),
})

/** A webhook of the gateway that somebody asked for to see whether it arrives. */
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
