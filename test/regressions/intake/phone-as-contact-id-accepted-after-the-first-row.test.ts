import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createRunIntake } from '../../../src/intake/run-intake.ts'
import { bodyOf, specOf } from '../../intake/taken.ts'

/** Contact ids that are the phone number of their row. */
const IDS = ['tel:4155550123', 'TEL:14155550123', '4155550123x23', '4155550123int23']

/**
 * Rows after the first one are taken from their bytes. This fast way did not see that an id such as
 * `tel:4155550123` is the phone number of its row. So such a row was refused only as the first row.
 */
describe('A contact id that is a phone number in an unusual notation', () => {
  for (const plainRows of [true, false]) {
    it(`is refused in every row of a file (rows from bytes: ${plainRows})`, async () => {
      const lines = [...IDS, ...IDS].map((id) => `${id},Ann,+14155550123,`)
      const file = `contactId,name,phone,email\n${lines.join('\n')}\n`
      const { counts, rejections } = await createRunIntake({ plainRows })(bodyOf(file), specOf(), {
        take: async () => undefined,
        idDigests: async function* () {},
      })
      assert.equal(counts.accepted, 0)
      assert.deepEqual(Object.fromEntries(Object.entries(rejections)), {
        'contact-id-is-phone': lines.length,
      })
    })
  }
})
