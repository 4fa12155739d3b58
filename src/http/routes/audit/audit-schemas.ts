import { z } from 'zod'

import { AUDIT_ACTIONS } from '../../../domain/audit/audit-details.ts'
import { cursorSchema, limitUpTo, pageOf } from '../../server/schemas.ts'

const time = z.iso.datetime({ offset: true })
const word = z.string().regex(/^[A-Za-z0-9._:@-]{1,200}$/u)
const hash = z.string().regex(/^[0-9a-f]{64}$/u, 'must be 64 hexadecimal digits in lower case')
const MOST_BLOCK = 999_999_999_999
const block = z
  .string()
  .regex(/^[1-9][0-9]{0,11}$/u, 'must be the number of a block')
  .transform(Number)
  .meta({ type: 'integer', minimum: 1, maximum: MOST_BLOCK, pattern: undefined })

export const auditQuerySchema = z.strictObject({
  from: time
    .optional()
    .describe(
      'Entries of this time or later. If you set `from` or `to`, entries are in the order of their times',
    ),
  to: time.optional().describe('Entries before this time'),
  action: z.enum(AUDIT_ACTIONS as [string, ...string[]]).optional(),
  object: word.optional(),
  actor: word.optional(),
  limit: limitUpTo(500, 100),
  cursor: cursorSchema.optional(),
})

const auditEntrySchema = z.strictObject({
  seq: z.int().min(1),
  id: z.string(),
  at: z.string(),
  tenant: z.string(),
  actor: z.string(),
  action: z.string(),
  object: z.string(),
  requestId: z.string(),
  attempt: z.int(),
  latencyMs: z.int().nullable(),
  outcome: z.enum(['intended', 'ok', 'failed']),
  counts: z.record(z.string(), z.number()),
  details: z.record(z.string(), z.unknown()),
  digest: z.string().nullable(),
  hash: z.string(),
})
export const auditEntriesSchema = pageOf(auditEntrySchema)

export const exportQuerySchema = z.strictObject({ fromBlock: block.optional() })

export const verificationQuerySchema = z.strictObject({
  fromBlock: block.optional(),
  blocks: limitUpTo(9_999, 1_000),
  headBlock: block
    .optional()
    .describe('The block of a head that you noted. Needs `headHash`: the two are checked together'),
  headHash: hash.optional().describe('The hash of the block that `headBlock` names'),
})

export const verificationSchema = z.strictObject({
  ok: z.boolean(),
  head: z.strictObject({ block: z.int(), hash: z.string() }),
  firstBlock: z.int().nullable(),
  lastBlock: z.int().nullable(),
  blocks: z.int(),
  entries: z.int(),
  faults: z.array(z.strictObject({ block: z.int(), entry: z.int().nullable(), kind: z.string() })),
  waiting: z.strictObject({ entries: z.int(), oldestSeconds: z.number() }),
  strayEntries: z.int(),
})
