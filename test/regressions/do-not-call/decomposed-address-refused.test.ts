import assert from 'node:assert/strict'
import { it } from 'node:test'

import { subjectOf } from '../../../src/domain/do-not-call/subject.ts'
import { accepted, rejected, take } from '../../intake/taken.ts'
import { contactSteps } from '../../support/stages/steps.ts'

const COMPOSED = 'j\u{f6}rg@b\u{fc}cher.example'

// Entries are compared in NFC. But an address with separate accents was refused before that, so an
// opt-out in this form was rejected, and the person could be contacted.
it('An address with separate accents is the address with composed letters', async () => {
  const written = COMPOSED.normalize('NFD')
  assert.notEqual(written, COMPOSED)
  const taken = await take(`contactId,name,phone,email\nc1,J,,${written}\n`)
  assert.deepEqual(rejected(taken), [])
  assert.equal(accepted(taken)[0]?.cells[3], COMPOSED)
  const { normalise } = contactSteps({})({ options: {}, limits: { cellChars: null } })
  assert.equal(subjectOf(normalise.email(written)!), subjectOf(COMPOSED))
})
