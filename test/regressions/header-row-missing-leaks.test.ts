import assert from 'node:assert/strict'
import { test } from 'node:test'

import { column, COLUMNS, refusal, rejected, take } from '../intake/taken.ts'

const PERSONAL = /4155550|ann@|0101/

const HEADERLESS: [string, string, number[]][] = [
  ['a phone and an email', 'C-1,Ann,+14155550101,ann@example.com\nC-2,Bo,+14155550102,\n', [3, 4]],
  ['the same phone twice', '4155550101,Ann,4155550101,\n4155550102,Bo,4155550102,\n', [1, 3]],
  ['a written phone with extension', 'C-1,Ann,(415) 555-0101 ext. 12,\nC-2,Bo,,\n', [3]],
]
for (const [name, csv, positions] of HEADERLESS) {
  test(`a file without a header, with ${name}, is refused by positions and without its cells`, async () => {
    for (const options of [{}, { schemaDrift: 'drop' }, { contactIdColumn: 'key' }]) {
      const refused = await refusal(csv, { options })
      assert.equal(refused.code, 'header-forbidden')
      assert.deepEqual(refused.about, { positions })
      assert.match(refused.message, /column 3.*the first line does not look like a header/)
      assert.doesNotMatch(JSON.stringify(refused), PERSONAL)
    }
  })
}

test('keys of objects that are personal are named by position, also when mapped to null', async () => {
  const options = { mapping: { '+14155550101': null } }
  const body = '[{"contactId":"c1","phone":"4155552671","+14155550101":"x"}]'
  const refused = await refusal(body, { format: 'json', options })
  assert.deepEqual([refused.code, refused.about], ['header-forbidden', { positions: [3] }])
  assert.doesNotMatch(JSON.stringify(refused), PERSONAL)
})

test('a personal key of a later object is not named in the ledger', async () => {
  const rows = '{"contactId":"c1","phone":"4155552671"}\n{"contactId":"c2","ann@example.com":"x"}'
  const taken = await take(rows, { format: 'ndjson', options: { missingColumns: 'empty' } })
  assert.deepEqual(
    rejected(taken).map(({ code, column: at }) => [code, at]),
    [['unknown-column', null]],
  )
})

test('options that are personal are not shown again', async () => {
  const csv = 'contactId,name,phone,email\nc1,Ann,4155552671,\n'
  for (const options of [
    { contactIdColumn: '+14155550101' },
    { mapping: { '+14155550101': 'phone' } },
    { phoneColumns: ['ann@example.com'] },
    { mapping: { name: 'ann@example.com' } },
  ]) {
    assert.doesNotMatch(JSON.stringify(await refusal(csv, { options })), PERSONAL)
  }
})

test('names of columns with digits are taken, and any name that the list itself has', async () => {
  const columns = [...COLUMNS, column('hs_date_1079833243'), column('phone2'), column('20260101')]
  const csv = 'contactId,name,phone,email,hs_date_1079833243,phone2,20260101\nc1,A,4155552671,,,,\n'
  assert.equal((await take(csv, { columns })).result.counts.accepted, 1)
})
