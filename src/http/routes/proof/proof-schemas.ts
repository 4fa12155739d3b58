import { z } from 'zod'

import { EVIDENCE_CODES, evidenceItemSchema } from '../../../domain/proof/evidence.ts'

const time = z.iso.datetime({ offset: true })

export const evidenceQuerySchema = z.strictObject({
  phoneNumber: z
    .string()
    .max(64)
    .optional()
    .meta({ description: 'Phone number in the form E.164, with the leading +' }),
  email: z.string().max(320).optional(),
  from: time.meta({ description: 'Start of the period (inclusive), with a time zone' }),
  to: time.meta({ description: 'End of the period (exclusive), with a time zone' }),
  cursor: z.string().max(200).optional().meta({ description: '`next` of the previous answer' }),
})

export const evidenceSchema = z.strictObject({
  by: z.enum(['phoneNumber', 'email']),
  subjectDigest: z.string().meta({
    description:
      'A keyed digest of the number or address. Erasures by the same number or address have the same digest. The digest does not reveal the number or address',
  }),
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  items: z.array(evidenceItemSchema).meta({
    description: `Items in chronological order. ${Object.entries(EVIDENCE_CODES)
      .map(([code, meaning]) => `\`${code}\`: ${meaning}.`)
      .join(' ')}`,
  }),
  uploadsWithoutRows: z.int().min(0).meta({
    description:
      'Number of uploads on this page whose rows are deleted, because their retention has ended. These uploads may have contained the person',
  }),
  next: z
    .string()
    .nullable()
    .meta({ description: 'The `cursor` for the next page. null: this is the last page' }),
})
