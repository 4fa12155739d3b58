import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { comparedName, nameLikeness } from '../../../src/intake/columns/column-similarity.ts'
import { accepted, column, LIMITS, refusal, take } from '../taken.ts'

const LIST = [
  column('customerId'),
  column('firstName'),
  column('phoneNumber', 'phone'),
  column('eMail', 'email'),
  column('city'),
]
/** As in the guide dialect. */
const ONE_ID = { ...LIMITS, idColumn: 'contactId' }
const fileOf = (names: readonly string[], cells: readonly string[] = []): string =>
  `${names.join(',')}\n${names.map((_, index) => cells[index] ?? '').join(',')}\n`

const mapped = async (names: readonly string[], options: Record<string, unknown> = {}) => {
  const { result } = await take(fileOf(names, ['c1']), { columns: LIST, options })
  return result.columns.map(({ name, mappedTo, by, confidence }) => [
    name,
    mappedTo,
    by,
    confidence,
  ])
}

describe('columns find their place in the list', () => {
  it('by their exact name, then by case, then by a name that is as good as certain, and the answer says how', async () => {
    assert.deepEqual(await mapped(['customerId', 'FIRSTNAME', 'phone_number', 'E-Mail', 'Ort']), [
      ['customerId', 'customerId', 'exact', 1],
      ['FIRSTNAME', 'firstName', 'case', 1],
      ['phone_number', 'phoneNumber', 'proposed', 0.98],
      ['E-Mail', 'eMail', 'proposed', 0.98],
      ['Ort', 'city', 'proposed', 0.93],
    ])
  })

  it('with their cells', async () => {
    const names = ['Telefon', 'CUSTOMERID', 'Prénom', 'City']
    const cells = ['4155552671', 'c1', 'Zoé', 'Bern']
    const taken = await take(fileOf(names, cells), { columns: LIST })
    assert.deepEqual(
      accepted(taken).map((row) => row.cells),
      [['c1', 'Zoé', '+14155552671', '', 'Bern']],
    )
  })

  it('or are proposed with a mapping to send back, which is then taken', async () => {
    const names = ['customerId', 'fristName', 'mobile', 'mail', 'City']
    const { code, about } = await refusal(fileOf(names), { columns: LIST })
    assert.equal(code, 'mapping-needed')
    assert.deepEqual(about, {
      proposals: [
        { column: 'mobile', proposedFor: 'phoneNumber', confidence: 0.8 },
        { column: 'fristName', proposedFor: 'firstName', confidence: 0.79 },
      ],
      mapping: { mobile: 'phoneNumber', fristName: 'firstName' },
    })
    const again = await mapped(names, { mapping: about['mapping'] })
    assert.deepEqual(again[2], ['mobile', 'phoneNumber', 'mapping', null])
    assert.deepEqual(again[3], ['mail', 'eMail', 'proposed', 0.93])
  })

  it('and of two that could have the same one, none is guessed', async () => {
    for (const [one, other] of [
      ['phone', 'telephone'],
      ['PHONENUMBER', 'phonenumber'],
    ] as const) {
      const { code, about } = await refusal(fileOf(['customerId', one, other]), { columns: LIST })
      assert.equal(code, 'mapping-needed')
      assert.deepEqual(about['mapping'], { [one]: 'phoneNumber', [other]: null })
      assert.equal((about['proposals'] as unknown[]).length, 2)
    }
    const upper = [...LIST, column('CITY')]
    const unclear = await refusal(fileOf(['customerId', 'City']), { columns: upper })
    assert.equal(unclear.code, 'mapping-needed')
  })

  it('and what drift lets pass is asked for too when it is nearly a column of the list', async () => {
    for (const schemaDrift of ['drop', 'extend']) {
      const asked = await refusal(fileOf(['customerId', 'fristName']), {
        columns: LIST,
        options: { schemaDrift },
      })
      assert.equal(asked.code, 'mapping-needed')
    }
  })

  it('the id by its name but for case, if there is only one', async () => {
    assert.equal((await mapped(['CustomerID', 'phoneNumber']))[0]?.[2], 'case')
    const two = await refusal(fileOf(['CustomerID', 'CUSTOMERID']), { columns: LIST })
    assert.equal(two.code, 'contact-id-column-missing')
  })
})

describe('the likeness of names', () => {
  it('is the same for the same names, both ways, and never certain by letters alone', () => {
    for (const [one, other, wanted] of [
      ['Straße', 'STRASSE', 0.98],
      ['Numéro', 'numero', 0.98],
      ['vorname', 'First Name', 0.93],
      ['phone2', 'Telefon 2', 0.93],
      ['cell', 'phone', 0.8],
      ['phone', 'phone1', 0.8],
      ['contactNumber', 'contractNumber', 0.83],
      ['phone1', 'phone2', 0],
      ['address1', 'address2', 0],
      ['note', 'city', 0],
      ['!', '?', 0],
    ] as const) {
      const [a, b] = [comparedName(one), comparedName(other)]
      assert.equal(nameLikeness(a, b), wanted, `${one} ${other}`)
      assert.equal(nameLikeness(b, a), wanted, `${other} ${one}`)
    }
  })

  it('takes no long time over many long names', async () => {
    const names = Array.from({ length: 900 }, (_, at) => `${'x'.repeat(100)}${at}y`)
    const columns = [...LIST, ...names.map((name) => column(`${name}z`))]
    const { code } = await refusal(fileOf(['customerId', ...names]), { columns })
    assert.equal(code, 'schema-drift')
  })
})

describe('a file that differs from its list', () => {
  it('is told that it is the mapping which names a column that the list does not have', async () => {
    const options = { mapping: { customerName: 'nope' } }
    const names = ['customerId', 'customerName', 'eMail']
    const refused = await refusal(fileOf(names), { columns: LIST, options })
    assert.equal(refused.code, 'schema-drift')
    assert.match(refused.message, /option `mapping` names/)
    assert.deepEqual(refused.about, { diff: { added: ['nope'], removed: [], retyped: [] } })
  })

  it('is refused with what is added, removed and of another kind', async () => {
    const drift = await refusal(fileOf(['customerId', 'tier', 'eMail']), { columns: LIST })
    assert.deepEqual(drift.about, {
      diff: { added: ['tier'], removed: ['firstName', 'phoneNumber', 'city'], retyped: [] },
    })
    const names = ['customerId', 'phoneNumber', 'eMail']
    const options = { phoneColumns: ['eMail'] }
    const retyped = await refusal(fileOf(names), { columns: LIST, options })
    assert.deepEqual(
      [retyped.code, retyped.about],
      [
        'schema-drift',
        {
          diff: {
            added: [],
            removed: [],
            retyped: [{ column: 'eMail', declared: 'email', asked: 'phone' }],
          },
        },
      ],
    )
    const dropped = { ...options, schemaDrift: 'drop' }
    assert.equal((await mapped(names, dropped)).length, 3)
  })

  it('leaves out what the list does not have with drop, and says so', async () => {
    const columns = await mapped(['customerId', 'tier', 'phoneNumber'], { schemaDrift: 'drop' })
    assert.deepEqual(columns[1], ['tier', null, null, null])
  })

  it('names the columns to add with extend, of the kind that the options or the name say', async () => {
    const names = ['customerId', 'phoneNumber', 'tier', 'Hotline', 'workPhone', 'seen']
    const options = {
      schemaDrift: 'extend',
      phoneColumns: ['Hotline'],
      mapping: { seen: 'lastSeen' },
    }
    const { result, chunks } = await take(
      fileOf(names, ['c1', '4155552671', 'gold', '4155552672', '', 'today']),
      { columns: LIST, options },
    )
    assert.deepEqual(result.addedColumns, [
      column('tier'),
      column('Hotline', 'phone'),
      column('workPhone', 'phone'),
      column('lastSeen'),
    ])
    assert.deepEqual(result.targetColumns.slice(LIST.length), [
      'tier',
      'Hotline',
      'workPhone',
      'lastSeen',
    ])
    const cells = ['c1', '', '+14155552671', '', '', 'gold', '+14155552672', '', 'today']
    assert.deepEqual(chunks[0]?.cells, cells)
    assert.deepEqual(result.columns[2], {
      name: 'tier',
      kind: 'text',
      mappedTo: 'tier',
      by: 'added',
      confidence: 1,
    })
  })

  it('adds no column that differs in nothing but its case, or is a number', async () => {
    for (const name of ['PhoneNumber', '17']) {
      const names = ['customerId', 'phoneNumber', name]
      const options = { schemaDrift: 'extend' }
      const refused = await refusal(fileOf(names), { columns: LIST, options })
      assert.deepEqual([refused.code, refused.about], ['mapping-needed', { unknown: [name] }])
    }
  })

  it('refuses to fill the column of the contact id with other content if a row has only one id', async () => {
    const about = { columns: [...LIST, column('contactId')], limits: ONE_ID }
    for (const [names, mapping] of [
      [['contactId', 'customerId'], {}],
      [['legacyId', 'customerId'], { legacyId: 'contactId' }],
    ] as const) {
      const options = { contactIdColumn: 'customerId', mapping }
      const refused = await refusal(fileOf(names), { ...about, options })
      assert.deepEqual([refused.code, refused.about], ['mapping-needed', { columns: [names[0]] }])
    }
    const names = ['contactId', 'customerId', 'phoneNumber']
    const taken = await take(fileOf(names, ['c1', 'x', '4155552671']), about)
    assert.deepEqual(
      accepted(taken).map((row) => row.cells),
      [['x', '', '+14155552671', '', '', 'c1']],
    )
  })
})
