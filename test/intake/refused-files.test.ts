import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'

import { column, COLUMNS, refusal, rejected, take } from './taken.ts'

const HEADER = 'contactId,name,phone,email\n'
const GOOD = 'c1,Ann,415-555-2671,ann@EXAMPLE.com\n'

describe('a file that cannot be taken', () => {
  const cases: [string, string | Uint8Array, string, Record<string, unknown>?][] = [
    ['is empty', '', 'upload-empty'],
    ['is white space', ' \n\n', 'upload-empty'],
    ['is only a header', HEADER, 'upload-no-rows'],
    ['is a header and blank lines', `${HEADER}\n , \n`, 'upload-no-rows'],
    ['has no id column', 'name,phone\nAnn,4155552671\n', 'contact-id-column-missing'],
    ['has two columns of one name', `contactId,name, name\nc1,a,b\n`, 'header-duplicate'],
    ['has a column with the name __proto__', `contactId,__proto__\nc1,b\n`, 'header-forbidden'],
    ['has a column the list lacks', `contactId,phone,note\nc1,4155552671,x\n`, 'schema-drift'],
    ['nearly has a column', `contactId,phon\nc1,4155552671\n`, 'mapping-needed'],
    [
      'is in no encoding',
      Buffer.concat([Buffer.from(HEADER), Buffer.from([0xff, 0x81])]),
      'encoding-invalid',
    ],
    [
      'ends inside a character',
      Buffer.concat([Buffer.from(HEADER + GOOD), Buffer.from([0xe2, 0x82])]),
      'encoding-invalid',
    ],
    ['never closes a quote', `${HEADER}c1,"Ann,4155552671,\n`, 'csv-malformed'],
    ['has a field of 5 MB', `${HEADER}c1,${'x'.repeat(5_000_000)},4155552671,\n`, 'csv-malformed'],
    [
      'has a quoted field of 5 MB',
      `${HEADER}c1,"${'x'.repeat(5_000_000)}",4155552671,\n`,
      'csv-malformed',
    ],
  ]
  for (const [name, body, code] of cases) {
    it(`${name}: ${code}`, async () => {
      assert.equal((await refusal(body)).code, code)
    })
  }

  it('says what differs, and what a mapping could be', async () => {
    const drift = await refusal('contactId,phone,note\nc1,4155552671,x\n')
    assert.deepEqual(drift.about, {
      diff: { added: ['note'], removed: ['name', 'email'], retyped: [] },
    })
    const nearly = await refusal('contactId,phon\nc1,4155552671\n')
    assert.deepEqual(nearly.about, {
      proposals: [{ column: 'phon', proposedFor: 'phone', confidence: 0.71 }],
      mapping: { phon: 'phone' },
    })
  })

  it('says where columns stand twice, and which columns the options name in vain', async () => {
    const twice = await refusal('contactId,name,phone,name\nc1,A,4155552671,B\n')
    assert.deepEqual(twice.about, { columns: ['name'], positions: [[2, 4]] })
    const options = { mapping: { nome: 'name' }, phoneColumns: ['fon'] }
    const vain = await refusal(HEADER + GOOD, { options })
    assert.deepEqual([vain.code, vain.about], ['mapping-needed', { unknown: ['fon', 'nome'] }])
  })

  it('says what it looks like when it is no text', async () => {
    assert.match((await refusal(gzipSync(gzipSync(HEADER + GOOD)))).message, /twice/)
    const workbook = Buffer.from([0x50, 0x4b, 3, 4, 0xff, 0xff])
    assert.match((await refusal(workbook)).message, /Excel/)
  })

  it('says the line of NDJSON that is no JSON, and that contacts stands alone', async () => {
    const contact = '{"contactId":"c1","phone":"4155552671"}'
    const broken = await refusal(`${contact}\n\n{"contactId":\n`, { format: 'ndjson' })
    assert.deepEqual(broken.about, { line: 3, element: 2 })
    assert.match(broken.message, /line 3/)
    const options = `{"contacts":[${contact}],"options":{}}`
    const beside = await refusal(options, { format: 'json' })
    assert.match(beside.message, /Only the member contacts is allowed/)
  })

  it('lacks a column of the list, required or not, unless missing columns count as empty', async () => {
    const reject = { options: { missingColumns: 'reject' } }
    for (const required of [true, false]) {
      const columns = [...COLUMNS, column('city', 'text', required)]
      const missing = await refusal(HEADER + GOOD, { columns, ...reject })
      assert.equal(missing.code, 'columns-missing')
      assert.deepEqual(missing.about, { columns: ['city'] })
      const taken = await take(HEADER + GOOD, { columns })
      assert.deepEqual(
        rejected(taken).map((row) => row.code),
        required ? ['required-empty'] : [],
      )
    }
  })

  it("does not miss the list's contactId column, for the id fills it", async () => {
    const columns = [...COLUMNS, column('customerId')]
    const taken = await take('customerId,name,phone,email\nc1,a,4155552671,\n', {
      columns,
      options: { missingColumns: 'reject' },
    })
    assert.equal(taken.result.counts.accepted, 1)
  })

  it('is refused if it exceeds a limit of bytes, rows or columns', async () => {
    assert.equal((await refusal(HEADER + GOOD, { maxBytes: 10 })).code, 'upload-too-large')
    assert.equal((await refusal(HEADER + GOOD + GOOD, { maxRows: 1 })).code, 'upload-too-many-rows')
    const limits = {
      batchRows: 1000,
      batchBytes: 1e6,
      columns: 3,
      headerChars: 128,
      cellChars: 512,
    }
    assert.equal((await refusal(HEADER + GOOD, { limits })).code, 'columns-too-many')
  })

  it('is refused within 2 MiB when a quote stays open in a body of 256 MiB', async () => {
    let given = 0
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from(`${HEADER}c1,"`)
      const piece = Buffer.alloc(65_536, 'x\n')
      while (given < 256 * 2 ** 20) {
        given += piece.length
        yield piece
      }
    }
    assert.equal((await refusal(endless())).code, 'csv-malformed')
    assert.ok(given < 2 * 2 ** 20, `${given} bytes read`)
  })

  it('is malformed JSON, told with the number of the element and nothing of its content', async () => {
    const secret = '{"contactId":"a","phone":"4155552671"'
    for (const [format, body, element] of [
      ['json', `[${secret}}, ${secret} ]`, 2],
      ['json', `[${secret}}`, 1],
      ['json', `[${secret}},,${secret}}]`, 2],
      ['json', `[${secret}}] x`, 2],
      ['json', `{"people":[]}`, 1],
      ['json', `[${'['.repeat(1000)}`, 1],
      ['ndjson', `${secret}}\n${secret}\n`, 2],
    ] as const) {
      const { code, about, message } = await refusal(body, { format })
      assert.equal(code, 'json-malformed', body)
      assert.equal(about['element'], element, body)
      assert.ok(!message.includes('415'))
    }
    assert.equal((await refusal('[]', { format: 'json' })).code, 'upload-no-rows')
    assert.equal((await refusal('{"contacts":[ ]}', { format: 'json' })).code, 'upload-no-rows')
    assert.equal((await refusal('', { format: 'json' })).code, 'upload-empty')
    assert.equal((await refusal('[{"__proto__":1}]', { format: 'json' })).code, 'header-forbidden')
  })
})
