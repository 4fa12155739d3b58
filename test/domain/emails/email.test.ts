import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { normaliseEmail } from '../../../src/domain/emails/email.ts'

const UNSEEN = ['\ufe0f', '\u034f', '\u3164', '\u200b', '\u200e', '\u00ad', '\uffa0']

describe('an email address', () => {
  it('is taken without what shows nothing around it', () => {
    for (const mark of UNSEEN) {
      assert.equal(normaliseEmail(`${mark} ada@Example.com${mark}`), 'ada@example.com')
    }
  })

  it('is refused with what shows nothing inside it: those are no letters', () => {
    for (const mark of UNSEEN) {
      const code = `U+${mark.codePointAt(0)!.toString(16)}`
      assert.equal(normaliseEmail(`a${mark}da@example.com`), null, code)
      assert.equal(normaliseEmail(`ada@exa${mark}mple.com`), null, code)
      assert.equal(normaliseEmail(`ada@${mark}example.com`), null, code)
    }
  })

  it('keeps letters of all alphabets', () => {
    assert.equal(normaliseEmail('josé@españa.example'), 'josé@españa.example')
    assert.equal(normaliseEmail('用户@例子.测试'), '用户@例子.测试')
  })
})
