import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'

import { accepted, column, refusal, rejected, take } from '../taken.ts'
import type { SpecChanges } from '../taken.ts'

const LIST: SpecChanges = {
  columns: [
    column('customerId'),
    column('firstName'),
    column('phoneNumber', 'phone'),
    column('email', 'email'),
    column('city'),
  ],
  options: { missingColumns: 'reject' },
}
const file = (name: string): Buffer => readFileSync(`test/fixtures/files/${name}`)
const HEADER = 'customerId,firstName,phoneNumber,email,city'

const withOptions = (options: Record<string, unknown>): SpecChanges => ({
  ...LIST,
  options: { ...LIST.options, ...options },
})

describe('a column without a name', () => {
  it('is absent: header and rows that end in commas are read without them', async () => {
    const taken = await take(file('header-and-rows-end-in-commas.csv'), LIST)
    assert.deepEqual(rejected(taken), [])
    assert.deepEqual(
      accepted(taken).map(({ cells }) => cells.at(-1)),
      ['Bonn', 'Kyiv'],
    )
    assert.equal(taken.result.columns.length, 5)
  })

  it('may stand anywhere; a filled cell in it rejects its row and says which cell, never the file', async () => {
    const text =
      'customerId,,firstName,phoneNumber,\u200b ,email,city\n' +
      'N-1,,Ada,+14155550132,,,Bonn\nN-2,x,Ben,+14155550133,,,Kyiv\nN-3,,Cid,+14155550134,y,ann@,Lima\n'
    const taken = await take(text, LIST)
    assert.deepEqual(
      accepted(taken).map(({ id }) => id),
      ['N-1'],
    )
    assert.deepEqual(
      rejected(taken).map(({ line, code, position, more }) => ({ line, code, position, more })),
      [
        { line: 3, code: 'cell-without-column', position: 2, more: undefined },
        {
          line: 4,
          code: 'cell-without-column',
          position: 5,
          more: [{ code: 'email-invalid', column: 'email' }],
        },
      ],
    )
  })

  it('does not move the positions that a refusal names', async () => {
    const twice = await refusal('customerId,,phoneNumber,,phoneNumber\nN-1,,+1,,+2\n', LIST)
    assert.deepEqual(twice.about['positions'], [[3, 5]])
    const forbidden = await refusal(',customerId,,__proto__\n,N-1,,x\n', LIST)
    assert.deepEqual(forbidden.about['positions'], [4])
    const personal = await refusal(',N-1,,ada@example.com\n', LIST)
    assert.deepEqual(personal.about['positions'], [4])
    const ledger = await refusal('_line,_code,customerId,__proto__\n2,x,N-1,y\n', LIST)
    assert.deepEqual(ledger.about['positions'], [4])
  })
})

describe('rows with empty cells behind the last column', () => {
  it('are read where all of them have as many; a comma inside a cell is still ragged', async () => {
    const taken = await take(file('rows-end-in-a-comma.csv'), LIST)
    assert.deepEqual(
      accepted(taken).map(({ id }) => id),
      ['N-1', 'N-2'],
    )
    assert.deepEqual(
      rejected(taken).map(({ line, code, width }) => ({ line, code, width })),
      [{ line: 4, code: 'row-ragged', width: { found: 7, expected: 6 } }],
    )
  })

  it('are ragged where only some have them: a comma inside a cell looks the same', async () => {
    const shifted = `${HEADER}\nN-1,Lee, Ann,+14155550132,,\nN-2,Ben,+14155550133,,Kyiv\n`
    const taken = await take(shifted, LIST)
    assert.deepEqual(
      accepted(taken).map(({ id }) => id),
      ['N-2'],
    )
    assert.deepEqual(
      rejected(taken).map(({ line, code }) => [line, code]),
      [[2, 'row-ragged']],
    )
    const twice = `${HEADER}\nN-1,Lee, Ann,+14155550132,,\nN-2,Lee, Ben, Jr.,+14155550133,,\n`
    assert.deepEqual((await take(twice, LIST)).result.rejections, { 'row-ragged': 2 })
    const alone = await take(`${HEADER}\n\nN-1,Lee, Ann,+14155550132,,\n\n`, LIST)
    assert.deepEqual(alone.result.rejections, { 'row-ragged': 1 })
    assert.equal(alone.result.counts.blank, 2)
  })

  it('keep their order when blank lines come between the first two', async () => {
    const text = `${HEADER}\nN-1,Ada,+14155550132,,Bonn,\n\n\nN-1,Eve,+14155550133,,Kyiv,\n`
    const taken = await take(text, LIST)
    const { counts, leftOut } = taken.result
    assert.deepEqual([counts.accepted, counts.duplicates, counts.blank], [1, 1, 2])
    assert.equal(leftOut.get(0)?.[0], 0b1)
    assert.deepEqual(
      accepted(taken).map(({ line }) => line),
      [2, 5],
    )
  })

  it('may be left out where the header has them', async () => {
    const taken = await take(
      `${HEADER},,\nN-1,Ada,+14155550132,,Bonn\nN-2,Ben,+14155550133,,Kyiv\n`,
      LIST,
    )
    assert.deepEqual(rejected(taken), [])
  })
})

describe('the name of a column', () => {
  it('is read without characters that do not show, in the header and in the options', async () => {
    const text =
      '\u200bcustomerId,first\u200bName,\u2060Tel.\ufe0f,email,city\nN-1,Ada,+14155550132,,Bonn\n'
    const taken = await take(text, withOptions({ mapping: { '\u200bTel.': 'phoneNumber' } }))
    assert.deepEqual(
      taken.result.columns.map(({ name }) => name),
      ['customerId', 'firstName', 'Tel.', 'email', 'city'],
    )
    assert.equal(accepted(taken).length, 1)
  })
})

describe('the column of the contact id', () => {
  const rest = 'firstName,phoneNumber,email,city\nN-1,Ada,+14155550132,,Bonn\n'
  const places = async (name: string, options: Record<string, unknown> = {}) => {
    const { result } = await take(`${name},${rest}`, withOptions(options))
    const { kind, mappedTo, by } = result.columns[0]!
    return { kind, mappedTo, by }
  }

  it('is found by contactIdColumn alone, and goes to the column that the list has for it', async () => {
    assert.deepEqual(await places('Ref', { contactIdColumn: 'Ref' }), {
      kind: 'contactId',
      mappedTo: 'customerId',
      by: 'contactId',
    })
  })

  it('is found by mapping alone', async () => {
    assert.deepEqual(await places('Ref', { mapping: { Ref: 'customerId' } }), {
      kind: 'contactId',
      mappedTo: 'customerId',
      by: 'mapping',
    })
  })

  it('is found by its meaning, as other columns are', async () => {
    for (const name of [
      'Customer ID',
      'customer_id',
      'Kundennummer',
      'Client No.',
      'Klantnummer',
    ]) {
      assert.deepEqual(
        await places(name),
        { kind: 'contactId', mappedTo: 'customerId', by: 'proposed' },
        name,
      )
    }
  })

  it('is proposed where it is not certain', async () => {
    const { code, about } = await refusal(`CostumerId,${rest}`, LIST)
    assert.equal(code, 'contact-id-column-missing')
    const [first] = about['proposals'] as { column: string; proposedFor: string }[]
    assert.deepEqual([first?.column, first?.proposedFor], ['CostumerId', 'customerId'])
    const two = await refusal(`Kundennummer,Client ID,${rest.replace('N-1', 'N-1,7')}`, LIST)
    assert.equal(two.code, 'contact-id-column-missing')
  })

  it('is the one that its name says, though mapping sends another one to the list', async () => {
    const text = `customerId,Ref,${rest.replace('N-1', 'N-1,7')}`
    const mapping = { customerId: null, Ref: 'customerId' }
    const { result } = await take(text, withOptions({ mapping }))
    assert.equal(result.columns.find(({ kind }) => kind === 'contactId')?.name, 'Ref')
  })
})

describe('a contact id that is the word for nothing', () => {
  it('is refused, whatever pattern of ids is set; ids that only begin so are taken', async () => {
    for (const contactIdPattern of [undefined, /^.+$/]) {
      const changes = { ...LIST, rules: contactIdPattern === undefined ? {} : { contactIdPattern } }
      const taken = await take(file('words-for-nothing-as-ids.csv'), changes)
      assert.deepEqual(taken.result.rejections, { 'contact-id-null-word': 8 })
      assert.deepEqual(
        accepted(taken).map(({ id }) => id),
        ['null-7', 'Nonette'],
      )
    }
  })

  it('is refused with characters that do not show, which make two ids look like one', async () => {
    const text = `${HEADER}\nN-1\u200b,Ada,+14155550132,,\n\u3164,Ben,+14155550133,,\n`
    const taken = await take(text, { ...LIST, rules: { contactIdPattern: /^.+$/ } })
    assert.deepEqual(taken.result.rejections, { 'contact-id-invalid': 1, 'contact-id-missing': 1 })
  })
})
