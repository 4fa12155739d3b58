import { z } from 'zod'

import { EVIDENCE_CODES, evidenceItemSchema } from '../../../domain/proof/evidence.ts'

const time = z.iso.datetime({ offset: true })

export const evidenceQuerySchema = z.strictObject({
  phoneNumber: z.string().max(64).optional().meta({ description: 'E.164, with its plus' }),
  email: z.string().max(320).optional(),
  from: time.meta({ description: 'Belongs to the time; with a zone' }),
  to: time.meta({ description: 'Does not belong to the time; with a zone' }),
  cursor: z.string().max(200).optional().meta({ description: '`next` of the last answer' }),
})

export const evidenceSchema = z.strictObject({
  by: z.enum(['phoneNumber', 'email']),
  subjectDigest: z.string().meta({
    description: 'A keyed digest: erasures of the person have the same, and nothing leads back',
  }),
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  items: z.array(evidenceItemSchema).meta({
    description: `In the order of time. ${Object.entries(EVIDENCE_CODES)
      .map(([code, meaning]) => `\`${code}\`: ${meaning}.`)
      .join(' ')}`,
  }),
  uploadsWithoutRows: z.int().min(0).meta({
    description:
      'Uploads of the time whose rows are past their retention: whether the person was in them is not known any more',
  }),
  next: z.string().nullable().meta({ description: 'null: nothing is left' }),
})
