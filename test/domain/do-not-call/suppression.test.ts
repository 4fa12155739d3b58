import assert from 'node:assert/strict'
import { test } from 'node:test'

import { REASON_NUMBERS, suppressedByCode } from '../../../src/domain/do-not-call/suppression.ts'

test('suppressed rows are counted by what suppresses them: an entry, a registry, a missing consent', () => {
  const { registry, consent } = REASON_NUMBERS
  const rows = (...reasons: number[]) =>
    reasons.map((reason, row) => ({ row, submission: 7, reason }))
  assert.deepEqual(
    suppressedByCode(
      new Map([
        [0, rows(1, 3, registry)],
        [4, rows(consent, registry, registry)],
      ]),
    ),
    { 'suppressed-dnc': 2, 'suppressed-registry': 3, 'consent-missing': 1 },
  )
  assert.deepEqual(suppressedByCode(new Map()), {})
})
