import assert from 'node:assert/strict'
import { test } from 'node:test'

import { rejectionReason } from '../../../src/domain/uploads/rejection.ts'

test('a row of an upload that failed for the columns of its list is told what to do with a row, not with a call', () => {
  const reason = rejectionReason('schema-drift', null)
  assert.match(reason, /\/retry/)
  assert.doesNotMatch(reason, /`diff`|schemaDrift/)
})
