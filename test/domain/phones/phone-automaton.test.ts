import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import {
  NO_PREFIX,
  PREFIX_WITH_GROUP,
  compilePrefix,
  compileWhole,
  mayMatch,
  prefixLength,
  wholeMatches,
} from '../../../src/domain/phones/phone-automaton.ts'
import { phonePlans } from '../../support/phones/phone-metadata.ts'
import { createDraw, digitsFor } from '../../support/phones/phone-numbers.ts'
import type { Draw } from '../../support/phones/phone-numbers.ts'

/**
 * Texts that show whether a table is wrong: some that the pattern matches, the same with mistakes,
 * and any others.
 */
const textsFor = (pattern: string, draw: Draw): string[] =>
  Array.from({ length: 12 }, () => {
    const fits = digitsFor(pattern, draw)
    const at = draw.below(fits.length)
    return [
      fits,
      fits.slice(0, at) + draw.digits(1) + fits.slice(at + 1),
      fits.slice(0, at),
      fits + draw.digits(1 + draw.below(9)),
      draw.digits(draw.below(18)),
    ]
  }).flat()

const values = (text: string): Uint8Array => Uint8Array.from(text, Number)

const wholly = (patterns: string[], text: string): number => {
  const table = compileWhole(patterns)
  assert.ok(table, patterns.join(' '))
  return wholeMatches(table, values(text), 0, text.length)
}

const prefix = (pattern: string, text: string): number => {
  const table = compilePrefix(pattern, true)
  assert.ok(table, pattern)
  return prefixLength(table, values(text), 0, text.length)
}

/** The right answer of `prefixLength`, found by the regular expression. */
const prefixByRegExp = (pattern: string, text: string, tellGroups: boolean): number => {
  const match = new RegExp(`^(?:${pattern})`).exec(text)
  if (match === null) return NO_PREFIX
  return tellGroups && match.slice(1).some(Boolean) ? PREFIX_WITH_GROUP : match[0].length
}

describe('a table made of a pattern', () => {
  it('matches whole texts as the regular expression does, for the patterns of every plan', () => {
    const draw = createDraw(1)
    for (const { name, general, types } of phonePlans) {
      const patterns = [general, ...types]
      const table = compileWhole(patterns)
      assert.ok(table, name)
      const expressions = patterns.map((pattern) => new RegExp(`^(?:${pattern})$`))
      for (const text of patterns.flatMap((pattern) => textsFor(pattern, draw))) {
        const expected = expressions.reduce(
          (bits, expression, index) => bits | (Number(expression.test(text)) << index),
          0,
        )
        assert.equal(wholeMatches(table, values(text), 0, text.length), expected, `${name} ${text}`)
      }
    }
  })

  it('matches prefixes as long as the regular expression does, for the prefixes and leading digits of every plan', () => {
    const draw = createDraw(2)
    for (const plan of phonePlans) {
      for (const pattern of [plan.prefix, plan.leadingDigits, plan.exitCode]) {
        if (pattern === null) continue
        for (const tellGroups of [true, false]) {
          const table = compilePrefix(pattern, tellGroups)
          assert.ok(table, plan.name)
          for (const text of textsFor(pattern, draw)) {
            const length = prefixLength(table, values(text), 0, text.length)
            const expected = prefixByRegExp(pattern, text, tellGroups)
            assert.equal(length, expected, `${plan.name} ${pattern} ${text}`)
            if (length !== NO_PREFIX) {
              for (let end = 0; end < Math.min(text.length, 3); end += 1) {
                assert.ok(mayMatch(table, values(text), 0, end), `${pattern} ${text} ${end}`)
              }
            }
          }
        }
      }
    }
  })

  it('prefers the earlier alternative and the longer repetition, as a regular expression', () => {
    assert.equal(prefix('1|12', '123'), 1)
    assert.equal(prefix('12|1', '123'), 2)
    assert.equal(prefix('1\\d{0,2}', '1234'), 3)
    assert.equal(prefix('0?(?:15)?', '9'), 0)
    assert.equal(prefix('80?', '81'), 1)
  })

  it('knows the end of the text where the pattern asks for it', () => {
    assert.equal(prefix('([2-9]\\d)$|1', '23'), PREFIX_WITH_GROUP)
    assert.equal(prefix('([2-9]\\d)$|1', '234'), NO_PREFIX)
    assert.equal(prefix('([2-9]\\d)$|1', '12'), 1)
  })

  it('tells that a pattern may still match, and that it no longer can', () => {
    const table = compilePrefix('8001|8[024]9', false)
    assert.ok(table)
    assert.equal(mayMatch(table, values('800'), 0, 3), true)
    assert.equal(mayMatch(table, values('829'), 0, 3), true)
    assert.equal(mayMatch(table, values('819'), 0, 3), false)
  })

  it('reads only the digits it is told to', () => {
    const table = compileWhole(['23'])
    assert.ok(table)
    assert.equal(wholeMatches(table, values('1234'), 1, 3), 1)
    assert.equal(wholeMatches(table, values('1234'), 1, 4), 0)
    assert.equal(wholly(['1', '1|2', '2'], '1'), 0b011)
  })

  it('is not made of a pattern with anything else in it', () => {
    for (const pattern of [
      '(?=1)2',
      '(?!1)2',
      '1*',
      '1+',
      '1{2,}',
      '1??',
      '^1',
      '.',
      'a',
      '(1',
      '1)',
      '[^1]',
      '\\w',
    ]) {
      assert.equal(compileWhole([pattern]), null, pattern)
      assert.equal(compilePrefix(pattern, true), null, pattern)
    }
  })
  it('is not made of more than it holds', () => {
    assert.equal(compileWhole(Array.from({ length: 17 }, () => '1')), null)
    // Each of the last thirteen digits has to be remembered, which takes 2^13 states.
    assert.equal(compileWhole(['\\d{0,20}1\\d{13}']), null)
  })
})
