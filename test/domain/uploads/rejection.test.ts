import assert from 'node:assert/strict'
import { test } from 'node:test'

import { rejectionReason } from '../../../src/domain/uploads/rejection.ts'

test('a row of an upload that failed for the columns of its list is told what to do with a row, not with a call', () => {
  const reason = rejectionReason({ code: 'schema-drift', column: null })
  assert.match(reason, /\/retry/)
  assert.doesNotMatch(reason, /`diff`|schemaDrift/)
})

test('a row of an earlier version, with a code that was made of what Genesys said, still has words', () => {
  assert.match(
    rejectionReason({ code: 'genesys-phone-invalid-2', column: null }),
    /Genesys refused the row/,
  )
})

test('what Genesys itself said stands behind the words', () => {
  const reason = rejectionReason({ code: 'genesys-refused', column: 'zip', said: 'odd.value' })
  assert.match(reason, /^zip: .* Genesys said: odd\.value\.$/)
})
