import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'

import { sourceWarnings } from '../../../src/domain/uploads/upload-warnings.ts'
import { accepted, column, refusal, rejected, take } from '../taken.ts'
import type { SpecChanges } from '../taken.ts'

const LIST: SpecChanges = {
  columns: ['customerId', 'firstName', 'lastName', 'phoneNumber', 'email', 'city'].map((name) =>
    column(name, name === 'phoneNumber' ? 'phone' : name === 'email' ? 'email' : 'text'),
  ),
}
const named = (encoding: string): SpecChanges => ({ ...LIST, options: { encoding } })
const file = (name: string): Buffer => readFileSync(`test/fixtures/files/${name}`)
const warningsOf = async (name: string, changes: SpecChanges) =>
  sourceWarnings((await take(file(name), changes)).result.source)

describe('text of single bytes that is no western text', () => {
  for (const name of ['mac-roman.csv', 'dos-850.csv', 'windows-1251.csv']) {
    it(`is refused, and the option encoding is named as the way out: ${name}`, async () => {
      const { code, message, about } = await refusal(file(name), LIST)
      assert.equal(code, 'encoding-invalid')
      assert.match(message, /option `encoding`/)
      assert.ok(typeof about['line'] === 'number')
    })

    it(`is taken as what it is named, with a warning: ${name}`, async () => {
      const warnings = await warningsOf(name, named('windows-1252'))
      assert.deepEqual(
        warnings.map(({ code }) => code),
        ['encoding-doubtful'],
      )
    })
  }

  it('is not what windows-1252 looks like, with its quotes, dashes, euro and letters', async () => {
    const taken = await take(file('windows-1252.csv'), LIST)
    assert.equal(taken.result.source.encoding, 'windows-1252')
    assert.deepEqual(rejected(taken), [])
    assert.deepEqual(await warningsOf('windows-1252.csv', named('windows-1252')), [])
  })

  it('is found in a long file of which only a few cells show it', async () => {
    const western = Array.from({ length: 4000 }, (_, at) => `N-${at},Zo\xeb,Lee,+14155550132,,`)
    const mac = Array.from({ length: 3000 }, (_, at) => `M-${at},Ren\x8e,Lee,+14155550132,,`)
    const header = 'customerId,firstName,lastName,phoneNumber,email,city'
    const text = Buffer.from([header, ...western, ...mac].join('\n'), 'latin1')
    assert.equal((await refusal(text, LIST)).code, 'encoding-invalid')
  })
})

describe('a quoted cell that holds lines shaped like rows', () => {
  it('is warned of with its line; a cell of several lines of text is not', async () => {
    const taken = await take(file('quotes-around-rows.csv'), LIST)
    assert.equal(accepted(taken).length, 2)
    const [warning] = sourceWarnings(taken.result.source)
    assert.deepEqual([warning?.code, warning?.rows, warning?.lines], ['cell-holds-rows', 1, [2]])
  })

  it('is warned of too where its row is rejected', async () => {
    const taken = await take(file('quotes-around-rows-misplaced.csv'), LIST)
    assert.deepEqual(taken.result.rejections, { 'quote-misplaced': 1 })
    assert.deepEqual(taken.result.source.noticed, { 'cell-holds-rows': { rows: 1, lines: [2] } })
  })
})
