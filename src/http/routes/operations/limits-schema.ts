import { z } from 'zod'

import { count } from '../../../domain/answers/answer-values.ts'
import { quotasSchema, tenantUseSchema } from '../access/access-schemas.ts'

/**
 * The answer of GET /limits. null: no limit. `fileThresholdRows` null: the number of rows does not
 * decide whether the gateway sends an upload as a file.
 */
export const limitsSchema = z.strictObject({
  dialect: z.enum(['guide', 'platform']),
  upload: z.strictObject({
    maxBytes: count,
    maxRows: count,
    maxRecordBytes: count,
    fileThresholdRows: count.nullable(),
  }),
  contactList: z.strictObject({
    maxColumns: count.nullable(),
    maxHeaderCharacters: count.nullable(),
    maxCellCharacters: count.nullable(),
  }),
  batch: z.strictObject({ maxRows: count, maxBytes: count }),
  pace: z.strictObject({ configuredPerMinute: count, inForcePerMinute: count }),
  idempotencyKeys: z.strictObject({ keptDays: count }),
  key: z.strictObject({ requestsPerMinute: count }),
  quotas: quotasSchema,
  use: tenantUseSchema,
})
