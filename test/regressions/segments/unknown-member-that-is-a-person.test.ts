import assert from 'node:assert/strict'
import { test } from 'node:test'

import { pointerPart } from '../../../src/domain/segments/definition-faults.ts'

/**
 * Found by the canaries. The place of an unknown member quoted its name, even if the name was an
 * email.
 */
test('the place of a fault in a segment tells no email and no phone number', () => {
  for (const name of ['ann.person@example.org', '+14155552671', '(415) 555-2671']) {
    assert.equal(pointerPart(name), '(not shown)')
  }
  assert.deepEqual(['city', 'a/b', 'a~b'].map(pointerPart), ['city', 'a~1b', 'a~0b'])
})
