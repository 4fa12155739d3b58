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
  /**
   * What Genesys acknowledged last. null: the register shows nothing, because Genesys acknowledged
   * no content, a later upload overwrote the list, or the contact was erased.
   */
  register: z
    .strictObject({
      uploadId: z.string(),
      line,
      deliveredAt: stamp,
      /**
       * true: the content in Genesys possibly differs from this line. For example, the outcome of
       * newer content is unknown, or a check found differences.
       */
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
      /** When a later upload overwrote the list and so removed the contact. null: no upload did. */
      removedAt: stamp.nullable(),
      supersededBy: z.string().nullable(),
      suppressedBy: suppressedBySchema,
      /**
       * The requests that carried the row to Genesys. The request with the latest try comes first.
       * A shared request also carried rows of other uploads.
       */
      requests: z.array(
        z.strictObject({
          /** The `X-Request-ID` of every HTTP call of the request. */
          requestId: z.string(),
          /** How many HTTP tries were made. */
          tries: z.int().min(1),
          lastTriedAt: stamp,
          /**
           * The job that Genesys made for the last try. null: Genesys answered immediately, or the
           * job is unknown.
           */
          jobId: z.string().nullable(),
        }),
      ),
    }),
  ),
  next: z.string().nullable(),
})
