import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { compareWithLibrary } from '../support/phones/phone-agreement.ts'

const NUMBERS = 250_000

describe('a phone decided directly', () => {
  it('is decided as the library does: numbers of every plan in every form, slips and rubbish', () => {
    const agreement = compareWithLibrary(NUMBERS, 20_260_101)
    assert.deepEqual(agreement.differences, [])
    // Otherwise, a reader that leaves everything to the library would seem to agree.
    assert.ok(agreement.decidedDirectly > NUMBERS * 0.9, `${agreement.decidedDirectly} directly`)
    assert.ok(agreement.accepted > NUMBERS * 0.25, `${agreement.accepted} accepted`)
  })
})
