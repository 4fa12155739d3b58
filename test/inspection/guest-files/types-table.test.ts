import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { fileTypeFromBuffer } from 'file-type'

import { CONTENT_TYPES } from '../../../src/domain/guest-files/file-type.ts'
import { createJudged } from '../../support/guest-files/judged.ts'
import { TYPE_STARTS } from '../../support/guest-files/type-starts.ts'

const judged = createJudged()

describe('files of other types, under every allowed name', () => {
  it('have at least 60 types', () => {
    assert.ok(TYPE_STARTS.length >= 60, `${TYPE_STARTS.length}`)
  })
  for (const [what, type, content] of TYPE_STARTS) {
    it(`${what} is refused`, async () => {
      assert.equal((await fileTypeFromBuffer(content))?.ext ?? null, type)
      for (const extension of Object.keys(CONTENT_TYPES)) {
        assert.notEqual(await judged(`a.${extension}`, content), null, extension)
      }
    })
  }
})
