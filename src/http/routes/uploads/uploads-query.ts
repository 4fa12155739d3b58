import { z } from 'zod'

import { gatewayIdSchema, genesysIdSchema } from '../../../domain/ids/ids.ts'
import { SEEN_STATES } from '../../../domain/uploads/upload.ts'
import { cursorSchema, limitUpTo, someOf } from '../../server/schemas.ts'
import { fileNameOf } from '../../submissions/submission-form.ts'

const MOMENT_FORMS = z.union([z.iso.date(), z.iso.datetime({ offset: true })])

/** A point in time. A date without a time means its first moment in UTC. */
const momentSchema = z
  .string()
  .refine(
    (text) => MOMENT_FORMS.safeParse(text).success,
    'must be a date, such as 2026-12-24, or a date and a time with Z or an offset, such as 2026-12-24T08:00:00Z or 2026-12-24T09:00:00%2B01:00',
  )
  .transform((text) => new Date(text))
  .meta({ anyOf: [{ format: 'date' }, { format: 'date-time' }] })

/** Which uploads are listed. */
export const uploadsQuerySchema = z.strictObject({
  tenantId: gatewayIdSchema
    .optional()
    .describe(
      'The uploads of this tenant. Default: your own tenant. For another tenant, you need the scope admin',
    ),
  state: someOf(SEEN_STATES),
  contactListId: genesysIdSchema.optional().describe('The uploads of one list'),
  sha256: z
    .string()
    .regex(/^[0-9a-fA-F]{64}$/u, 'must be 64 hexadecimal digits')
    .transform((text) => text.toLowerCase())
    .optional()
    .describe('The uploads of exactly this file'),
  fileName: z
    .string()
    .max(1024)
    .transform(fileNameOf)
    .refine((name) => name !== null, 'must be a file name')
    .optional()
    .describe('The uploads of files with exactly this name'),
  createdFrom: momentSchema.optional().describe('Uploads with a `createdAt` of this time or later'),
  createdTo: momentSchema.optional().describe('Uploads with a `createdAt` before this time'),
  limit: limitUpTo(200, 50),
  cursor: cursorSchema.optional(),
})
