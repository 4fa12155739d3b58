import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { findRepeatedKey } from '../../../src/intake/formats/repeated-key.ts'

const find = (text: string): string | null =>
  findRepeatedKey(text, Object.keys(JSON.parse(text) as object))

const blank = fc.constantFrom('', ' ', '\n', '\t ')
const name = fc.oneof(fc.string({ maxLength: 4 }), fc.constantFrom('a', 'b', '":', '__proto__'))
const members = fc.array(fc.tuple(name, fc.jsonValue({ maxDepth: 2 }), blank, blank), {
  maxLength: 6,
})

describe('A key that stands twice in an object', () => {
  it('is found however it is written', () => {
    assert.equal(find('{"a":1,"a":2}'), 'a')
    assert.equal(find('{"a" : 1, "b":2,\n"a"\n:2}'), 'a')
    assert.equal(find('{"a":1,"\\u0061":2}'), 'a')
    assert.equal(find('{"a":"\\":","b":{"c":1},"a":[]}'), 'a')
    // White space before a colon makes the quick count as low as the number of keys.
    assert.equal(find('{"a" :1,"a":2}'), 'a')
  })

  it('is not seen where the keys of others, or values, look like it', () => {
    assert.equal(find('{"a":{"a":1},"b":[{"b":2}]}'), null)
    assert.equal(find('{"a":"\\"a\\":","b":"\\\\"}'), null)
    assert.equal(find('{}'), null)
  })

  it('is found exactly where JSON.parse drops a value', () => {
    fc.assert(
      fc.property(members, (given) => {
        const parts = given.map(
          ([key, value, before, after]) =>
            `${before}${JSON.stringify(key)}${after}:${before}${JSON.stringify(value)}`,
        )
        const keys = given.map(([key]) => key)
        const found = find(`{${parts.join(',')}}`)
        const second = keys.find((key, at) => keys.indexOf(key) < at) ?? null
        assert.equal(found, second)
      }),
    )
  })
})
