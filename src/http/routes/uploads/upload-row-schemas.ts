import { z } from 'zod'

import { count } from '../../../domain/answers/answer-values.ts'
import { DNC_REASON_NAMES } from '../../../domain/do-not-call/dnc-entry.ts'
import { ROW_OUTCOMES } from '../../../domain/uploads/upload.ts'
import { cursorSchema, limitUpTo, someOf } from '../../server/schemas.ts'

/**
 * The do-not-call entry, or the edition of a registry, because of which the row was not sent. null:
 * there is none.
 */
export const suppressedBySchema = z
  .strictObject({
    dncListId: z.string().nullable(),
    submissionId: z.string().nullable(),
    reason: z.enum(DNC_REASON_NAMES).nullable(),
    registry: z.string().nullable(),
    editionId: z.string().nullable(),
  })
  .nullable()

/** A row of the ledger. */
export const rowSchema = z.strictObject({
  line: count,
  outcome: z.enum(ROW_OUTCOMES),
  contactId: z.string().nullable(),
  code: z.string().nullable(),
  column: z.string().nullable(),
  reason: z.string().nullable(),
  /** All faults of the row. `code`, `column` and `reason` are those of the first fault. */
  faults: z.array(
    z.strictObject({ code: z.string(), column: z.string().nullable(), reason: z.string() }),
  ),
  /** For a duplicate: the number of the later line that replaced this row. */
  replacedByLine: count.nullable(),
  suppressedBy: suppressedBySchema,
  cells: z.array(z.string()),
})

/** Which rows of the ledger are returned, and how a CSV is written. */
export const rowsQuerySchema = z.strictObject({
  outcome: someOf(ROW_OUTCOMES),
  spreadsheet: z
    .enum(['true', 'false'])
    .default('true')
    .transform((text) => text === 'true')
    .describe(
      'true: in the CSV, the gateway puts an apostrophe before cells that a spreadsheet would read as a formula, a number, a time, a date or a truth value. Exception: whole numbers of up to ten digits without leading zeros. A cell that already begins with an apostrophe gets another apostrophe',
    ),
  limit: limitUpTo(1000, 200).describe(
    'Number of items in a JSON page. A CSV has no pages. Default: 200',
  ),
  cursor: cursorSchema.optional().describe('`next` of the previous page. A CSV has no pages'),
})
