import type { z } from 'zod'

import {
  ERASURE_PLACES,
  ERASURE_REMAINS,
  type Erasure,
  type ErasureRemain,
} from '../../../domain/erasures/erasure.ts'
import type { erasureSchema } from './erasure-schemas.ts'

const NAMED_BY = { contact: 'contactId', phone: 'phoneNumber', email: 'email' } as const

/** An erasure as callers see it: the receipt. */
export const renderErasure = (erasure: Erasure): z.output<typeof erasureSchema> => ({
  id: erasure.id,
  state: erasure.state,
  by: NAMED_BY[erasure.kind],
  contactListId: erasure.contactListId,
  subjectDigest: erasure.subjectDigest,
  places: ERASURE_PLACES.map((place) => {
    const { found = 0, erased = 0, remains = {} } = erasure.places[place] ?? {}
    return {
      ...{ place, found, erased },
      remains: Object.entries(remains).map(([code, count]) => ({
        code: code as ErasureRemain,
        reason: ERASURE_REMAINS[code as ErasureRemain],
        count,
      })),
    }
  }),
  suppressions: erasure.suppressions,
  waitsFor: erasure.failure,
  createdAt: erasure.createdAt,
  updatedAt: erasure.updatedAt,
  completedAt: erasure.completedAt,
  version: erasure.version,
})
