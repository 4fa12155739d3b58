import assert from 'node:assert/strict'
import { test } from 'node:test'

import { renderSearched } from '../../../src/http/routes/do-not-call/dnc-view.ts'

const ACCEPTED_AT = '2026-11-28T08:00:00.000Z'
const ASKED_AT = '2026-11-27T17:30:00.000Z'

const foundWith = (receivedAt: string | null) => ({
  ...{ at: 0, state: 'standing' as const, quarantined: false, history: [] },
  ...{ submissionId: 'dns_1', acceptedAt: ACCEPTED_AT },
  terms: {
    ...{ reason: 'UNSPECIFIED' as const, originalReason: null, source: null },
    ...{ receivedAt, expiresAt: null, contactListIds: null },
  },
})

test('a search says when the person asked: as the entry says it, else when it was accepted', () => {
  const { entries } = renderSearched(
    { subject: '+14155552671', phoneNumber: '+14155552671' },
    [foundWith(null), foundWith(ASKED_AT)],
    { phone: true, email: true, removals: true },
  )
  assert.deepEqual(
    entries.map(({ receivedAt }) => receivedAt),
    [ACCEPTED_AT, ASKED_AT],
  )
})
