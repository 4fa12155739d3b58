import assert from 'node:assert/strict'
import { test } from 'node:test'

import { dncOptionsSchema } from '../../../src/domain/do-not-call/dnc-options.ts'
import { rejectionReason } from '../../../src/domain/uploads/rejection.ts'
import { uploadOptionsSchema } from '../../../src/domain/uploads/upload-options.ts'
import { readEntries } from '../../support/do-not-call/read-entries.ts'

const FAULTY = ['nope', '447400123456', '0044 7400 123456', '310-7549', '4155550100 ext. 7', '112']

/**
 * A rejected entry was advised to set `defaultRegion` or `phonePlus`. Do-not-call submissions have
 * neither, so whoever followed the advice got 400 `option-unknown`.
 */
test('a rejected entry is advised with an option of uploads only where the option of submissions stands beside', async () => {
  const text = JSON.stringify(FAULTY.map((phoneNumber) => ({ phoneNumber, region: 'US' })))
  const { chunks } = await readEntries(text, { format: 'json' })
  const faults = chunks.flatMap(({ rejected }) =>
    rejected.flatMap((row) => [row, ...(row.more ?? [])]),
  )
  const codes = new Set(faults.map(({ code }) => code))
  for (const code of ['phone-invalid', 'phone-plus-lost', 'phone-exit-code']) {
    assert.ok(codes.has(code), code)
  }
  const strange = Object.keys(uploadOptionsSchema.shape).filter(
    (name) => /[A-Z]/u.test(name) && !(name in dncOptionsSchema.shape),
  )
  for (const fault of faults) {
    const reason = rejectionReason(fault)
    for (const name of strange.filter((option) => reason.includes(option))) {
      assert.match(reason, /do-not-call submission/u, `${fault.code} names ${name}`)
    }
  }
})
