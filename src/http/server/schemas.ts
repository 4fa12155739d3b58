import { z } from 'zod'

import { count, stamp } from '../../domain/answers/answer-values.ts'
import { COLUMN_KINDS } from '../../domain/contact-lists/contact-list.ts'
import { OUTBOUND_EVENT_TYPES } from '../../domain/endpoints/outbound-event.ts'
import { gatewayIdSchema, genesysIdSchema } from '../../domain/ids/ids.ts'
import { shapeOf } from '../../domain/uploads/shown-fields.ts'
import {
  columnsSchema,
  countsSchema,
  planSchema,
  sourceSchema,
} from '../../domain/uploads/upload-members.ts'
import { uploadOptionsSchema } from '../../domain/uploads/upload-options.ts'
import { UPLOAD_FIELDS } from '../../domain/uploads/upload.ts'
import { RETRY_OUTCOMES } from '../../workflows/uploads/control/retry-rows.ts'

const warningsSchema = z.array(
  z.strictObject({
    code: z.string(),
    detail: z.string(),
    uploadId: z.string().optional(),
    /** How many rows have the fault, and the first 20 of their lines. */
    rows: count.optional(),
    lines: z.array(count).optional(),
  }),
)

/** The upload as callers see it. Its fields are defined in the domain. */
export const uploadSchema = z.strictObject({
  ...shapeOf(UPLOAD_FIELDS),
  warnings: warningsSchema,
})

/** The answer to an upload with `validateOnly`. */
export const validationSchema = z.strictObject({
  valid: z.literal(true),
  source: sourceSchema,
  counts: countsSchema,
  rejections: z.record(z.string(), count),
  columns: columnsSchema,
  warnings: warningsSchema,
  plan: planSchema,
  /** The first 100 rejected rows. */
  rejectedRows: z.array(
    z.strictObject({
      line: count,
      column: z.string().nullable(),
      code: z.string(),
      hint: z.string(),
      /** All faults of the row. The members above are those of the first fault. */
      faults: z.array(
        z.strictObject({ column: z.string().nullable(), code: z.string(), hint: z.string() }),
      ),
    }),
  ),
})

/** The body of a retry. Default: rows with the outcomes `failed` and `unprocessed`. */
export const retrySchema = z
  .strictObject({
    outcomes: z
      .array(z.enum(RETRY_OUTCOMES))
      .min(1)
      .max(RETRY_OUTCOMES.length)
      .refine((asked) => new Set(asked).size === asked.length, 'must not have a value twice')
      .meta({ uniqueItems: true })
      .default(['failed', 'unprocessed']),
  })
  .prefault({})

/**
 * The schema of a page of a list. `next`: the `cursor` of the next page. null: this is the last
 * page.
 */
export const pageOf = (item: z.ZodType) =>
  z.strictObject({ items: z.array(item), next: z.string().nullable() })

export const contactListSummarySchema = z.strictObject({ id: z.string(), name: z.string() })

export const contactListSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  status: z.enum(['ready', 'processing', 'error']),
  schemaVersion: z.string(),
  columns: z.array(
    z.strictObject({ name: z.string(), kind: z.enum(COLUMN_KINDS), required: z.boolean() }),
  ),
  size: count.nullable(),
  /** How many seconds ago the list was read from Genesys. */
  ageSeconds: count,
})

export const readinessSchema = z.strictObject({
  ready: z.boolean(),
  sandbox: z.boolean(),
  missing: z.array(z.string()),
  checks: z.record(z.string(), z.strictObject({ ok: z.boolean(), detail: z.string() })),
})

export const problemSchema = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  hint: z.string(),
  instance: z.string(),
})

/** The options of an upload call: options of the upload, and options of the call only. */
export const uploadCallOptionsSchema = uploadOptionsSchema.extend({
  validateOnly: z
    .boolean()
    .default(false)
    .describe('`true` checks the file, answers 200 with the plan, and keeps nothing'),
  fileName: z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe(
      'The name of the file. You can find the upload by this name. Default: the file name of the part `file`, or X-File-Name',
    ),
})

/** The query parameter `limit`: a whole number from 1 to `most`. Default: `usual`. */
export const limitUpTo = (most: number, usual: number) =>
  z
    .string()
    .regex(/^[1-9][0-9]{0,3}$/u, `must be a whole number from 1 to ${most}`)
    .transform(Number)
    .pipe(z.int().min(1).max(most))
    .default(usual)
    .meta({ type: 'integer', minimum: 1, maximum: most, pattern: undefined })
    .describe(`Default: ${usual}`)

/** How the API document describes an array in a query. Commas separate the items of the array. */
export const listMeta = (words: readonly string[]) => ({
  type: 'array' as const,
  items: { type: 'string' as const, enum: [...words] },
  anyOf: undefined,
})

/**
 * A query parameter that holds some of the words. Callers may repeat the parameter, or separate its
 * values with commas.
 */
export const someOf = <const Words extends readonly string[]>(words: Words) =>
  z
    .union([z.string(), z.array(z.string())])
    .transform((given) => [given].flat().flatMap((text) => text.split(',')))
    .pipe(z.array(z.enum(words)))
    .optional()
    .meta({
      ...listMeta(words),
      description: 'Repeat the parameter, or separate values with commas. Default: all',
    })

/** The query parameter `cursor`. */
export const cursorSchema = z.string().min(1).max(500)

export const uploadParamsSchema = z.strictObject({ uploadId: gatewayIdSchema })
export const contactListParamsSchema = z.strictObject({
  contactListId: genesysIdSchema,
})
/**
 * The query of a webhook. Unknown parameters are ignored, because Genesys may add some. A token
 * that is given twice proves nothing, but it does not make the query invalid.
 */
export const webhookQuerySchema = z.looseObject({
  token: z.unknown().meta({ type: 'string' }).optional(),
})
export const webhookAnswerSchema = z.strictObject({ received: z.literal(true) })
export const problemParamsSchema = z.strictObject({ code: z.string().min(1).max(100) })

/** The message to endpoints about an upload (Standard Webhooks). */
export const uploadEventSchema = z.strictObject({
  type: z.enum(OUTBOUND_EVENT_TYPES),
  timestamp: stamp,
  data: z.strictObject({
    uploadId: z.string(),
    contactListId: z.string(),
    state: UPLOAD_FIELDS.state.schema,
    hold: UPLOAD_FIELDS.hold.schema,
    problem: UPLOAD_FIELDS.problem.schema,
    counts: countsSchema,
    sha256: z.string(),
    rowsUrl: z.string(),
    version: count,
  }),
})
