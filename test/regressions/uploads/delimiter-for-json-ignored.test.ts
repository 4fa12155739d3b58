import assert from 'node:assert/strict'
import { test } from 'node:test'

import { GatewayProblem } from '../../../src/domain/problems/problem.ts'
import { uploadOptionsSchema } from '../../../src/domain/uploads/upload-options.ts'
import { nothingRemains, setUpReceiving } from '../../support/stages/receive-stage.ts'

/**
 * `hasHeader=false` with a JSON body was refused, as was `delimiter` with do-not-call entries in
 * JSON. Uploads in JSON ignored `delimiter` without a word.
 */
test('an option that is only for CSV is refused for every other format, and never ignored', async () => {
  for (const format of ['json', 'ndjson'] as const) {
    for (const given of [{ delimiter: ';' }, { hasHeader: false }]) {
      const t = setUpReceiving()
      const options = uploadOptionsSchema.parse(given)
      for (const validateOnly of [true, false]) {
        await assert.rejects(
          t.receive(t.request('a\n', { format, options, validateOnly })),
          (error) => {
            assert.ok(error instanceof GatewayProblem)
            assert.equal(error.code, 'option-invalid')
            assert.deepEqual(error.about['options'], Object.keys(given))
            return true
          },
        )
      }
      nothingRemains(t)
    }
  }
  const t = setUpReceiving()
  const options = uploadOptionsSchema.parse({ delimiter: ';' })
  assert.equal((await t.receive(t.request('a\n', { options }))).status, 202)
})
