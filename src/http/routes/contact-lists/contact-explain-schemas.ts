import { z } from 'zod'

import { stamp } from '../../../domain/answers/answer-values.ts'
import { contactIdSchema } from '../../../domain/ids/ids.ts'
import { columnsSchema } from '../../../domain/uploads/upload-members.ts'
import { DUPLICATE_RULES, UPLOAD_MODES } from '../../../domain/uploads/upload-options.ts'
import { ROW_OUTCOMES, UPLOAD_STATES } from '../../../domain/uploads/upload.ts'
import { contactListParamsSchema, cursorSchema } from '../../server/schemas.ts'
import { suppressedBySchema } from '../uploads/upload-row-schemas.ts'

const line = z.int().min(1)

export const contactParamsSchema = contactListParamsSchema.extend({
  contactId: contactIdSchema,
})

export const explainQuerySchema = z.strictObject({ cursor: cursorSchema.optional() })

export const contactExplainedSchema = z.strictObject({
  contactListId: z.string(),
  contactId: z.string(),
  /** What Genesys acknowledged last. null: nothing, or the list was overwritten since. */
  register: z
    .strictObject({
      uploadId: z.string(),
      line,
      deliveredAt: stamp,
      /** Newer content is being sent, or its outcome was never known. */
      inDoubt: z.boolean(),
    })
    .nullable(),
  items: z.array(
    z.strictObject({
      uploadId: z.string(),
      uploadState: z.enum(UPLOAD_STATES),
      mode: z.enum(UPLOAD_MODES),
      duplicates: z.enum(DUPLICATE_RULES),
      acceptedAt: stamp,
      completedAt: stamp.nullable(),
      line,
      outcome: z.enum(ROW_OUTCOMES),
      code: z.string().nullable(),
      reason: z.string().nullable(),
      schemaVersion: z.string(),
      columns: columnsSchema,
      /** When a later upload overwrote the list and so removed what this one had left there. */
      removedAt: stamp.nullable(),
      supersededBy: z.string().nullable(),
      suppressedBy: suppressedBySchema,
      /**
       * The requests that carried the row to Genesys, first the one tried last; a shared one
       * carried rows of other uploads too.
       */
      requests: z.array(
        z.strictObject({
          /** The `X-Request-ID` of its calls. */
          requestId: z.string(),
          /** HTTP tries. */
          tries: z.int().min(1),
          lastTriedAt: stamp,
          /**
           * The job that Genesys made of the last try. null: it answered immediately, or this is
           * unknown.
           */
          jobId: z.string().nullable(),
        }),
      ),
    }),
  ),
  next: z.string().nullable(),
})
