import type { z } from 'zod'

import { ERASURE_PLACES, ERASURE_REMAINS } from '../../../domain/erasures/erasure.ts'
import type { Example } from '../../document/example.ts'
import type { erasureSchema } from './erasure-schemas.ts'

type Receipt = z.output<typeof erasureSchema>

const BEGUN: Receipt = {
  id: 'era_01990c2f-7a4e-7c31-9d54-0a1b2c3d4e5f',
  state: 'erasing',
  by: 'phoneNumber',
  contactListId: null,
  subjectDigest: '6b1f8f0a4c5d2e7b9a3d4d2e8f0a6b1c',
  places: ERASURE_PLACES.map((place) => ({ place, found: 0, erased: 0, remains: [] })),
  suppressions: null,
  waitsFor: null,
  createdAt: '2026-03-02T08:00:00.000Z',
  updatedAt: '2026-03-02T08:00:00.000Z',
  completedAt: null,
  version: 1,
}

const FOUND: Partial<Record<Receipt['places'][number]['place'], number>> = { rows: 3, register: 1 }
const REMAINS: Partial<
  Record<Receipt['places'][number]['place'], Receipt['places'][number]['remains']>
> = {
  genesys_contacts: [
    {
      code: 'genesys_cannot_delete',
      reason: ERASURE_REMAINS['genesys_cannot_delete'],
      count: 1,
    },
  ],
}

export const ASK_EXAMPLES: readonly Example[] = [
  {
    name: 'phone',
    summary: 'The person with this number',
    headers: { 'idempotency-key': '4d2e8f0a-6b1c-4e57-9a3d-erasure-1' },
    body: { phoneNumber: '+12125550123' },
    answer: { status: 202, body: BEGUN },
  },
]

export const FIND_EXAMPLES: readonly Example[] = [
  {
    name: 'completed',
    summary: 'Completed, except for a contact that Genesys cannot delete in this dialect',
    params: { erasureId: BEGUN.id },
    answer: {
      status: 200,
      body: {
        ...BEGUN,
        state: 'completed_with_remains',
        places: ERASURE_PLACES.map((place) => ({
          place,
          found: FOUND[place] ?? REMAINS[place]?.length ?? 0,
          erased: FOUND[place] ?? 0,
          remains: REMAINS[place] ?? [],
        })),
        suppressions: 0,
        updatedAt: '2026-03-02T08:00:01.000Z',
        completedAt: '2026-03-02T08:00:01.000Z',
        version: 14,
      },
    },
  },
]
