import { z } from 'zod'

import { count, stamp } from '../../../domain/answers/answer-values.ts'
import {
  ERASURE_PLACES,
  ERASURE_REMAINS,
  ERASURE_STATES,
} from '../../../domain/erasures/erasure.ts'
import type { ErasureRemain } from '../../../domain/erasures/erasure.ts'
import { gatewayIdSchema, genesysIdSchema } from '../../../domain/ids/ids.ts'

export const erasureParamsSchema = z.strictObject({ erasureId: gatewayIdSchema })

/** One person, named by contact id, phone number or email address. */
export const newErasureSchema = z.strictObject({
  contactId: z
    .string()
    .min(1)
    .max(128)
    .optional()
    .meta({ description: 'Id of the contact. Only with `contactListId`' }),
  contactListId: genesysIdSchema.optional(),
  phoneNumber: z
    .string()
    .max(64)
    .optional()
    .meta({ description: 'Phone number in the form E.164, with the leading +' }),
  email: z.string().max(320).optional(),
})

const remainSchema = z.strictObject({
  code: z.enum(Object.keys(ERASURE_REMAINS) as [ErasureRemain, ...ErasureRemain[]]),
  reason: z.string(),
  count,
})

export const erasureSchema = z.strictObject({
  id: z.string(),
  state: z.enum(ERASURE_STATES),
  by: z.enum(['contactId', 'phoneNumber', 'email']),
  contactListId: z.string().nullable(),
  subjectDigest: z.string().meta({
    description:
      'A keyed digest of the person. Two erasures that name the person in the same way have the same digest. The digest does not reveal the person',
  }),
  places: z.array(
    z.strictObject({
      place: z.enum(ERASURE_PLACES),
      found: count,
      erased: count,
      remains: z.array(remainSchema),
    }),
  ),
  suppressions: count.nullable().meta({
    description:
      'How many do-not-call entries continue to suppress the person. The gateway keeps a keyed digest for each of these entries. null: not counted yet',
  }),
  waitsFor: z.string().nullable().meta({
    description:
      'Why the erasure waits. `rows_on_their_way`: a request to Genesys contains rows of the person, and its result is not known yet. Any other value: why the last call to Genesys failed, for example `forbidden` or `unavailable`. null: the erasure does not wait',
  }),
  createdAt: stamp,
  updatedAt: stamp,
  completedAt: stamp.nullable(),
  version: count,
})
