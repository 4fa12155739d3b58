import assert from 'node:assert/strict'
import { test } from 'node:test'

import { ROW_OUTCOMES } from '../../../../src/domain/uploads/upload.ts'
import type { HttpDeps } from '../../../../src/http/server/server.ts'
import type { LedgerRow } from '../../../../src/workflows/ports/uploads/uploads.ts'
import { anUpload } from '../../../support/gateway/an-upload.ts'
import { bearer } from '../../../support/gateway/fake-keys.ts'
import { startFakeServer } from '../../../support/gateway/http-fakes.ts'

const upload = anUpload({
  columns: [
    { name: 'note', kind: 'text', mappedTo: null },
    { name: 'mobile', kind: 'phone', mappedTo: 'phone' },
    { name: 'id', kind: 'contactId', mappedTo: null },
  ],
  targetColumns: ['city', 'phone'],
})

const CODES: Partial<Record<string, string>> = {
  rejected: 'phone-invalid',
  duplicate: 'replaced-in-file',
  unchanged: 'identical',
  failed: 'genesys-refused',
  unprocessed: 'contact-list-gone',
}

const ROWS = ROW_OUTCOMES.map((outcome, index): LedgerRow => {
  const isRejected = outcome === 'rejected'
  return {
    line: index + 2,
    outcome,
    contactId: isRejected ? null : `c${index}`,
    code: CODES[outcome] ?? null,
    column: isRejected ? 'mobile' : null,
    cells: isRejected ? ['a note', '=1', `c${index}`] : ['Bern', '+14155552671'],
    replacedByLine: outcome === 'duplicate' ? 9 : null,
  }
})

const start = (uploads: Partial<HttpDeps['uploads']> = {}) => {
  const asked: { outcomes: readonly string[]; afterLine: number }[] = []
  const rowsOf = (query: { outcomes: readonly string[]; afterLine: number }): LedgerRow[] => {
    asked.push(query)
    return ROWS.filter(({ line }) => line > query.afterLine)
  }
  const started = startFakeServer({
    uploads: {
      find: async () => upload,
      list: async () => null,
      staging: async () => null,
      ledger: async (_id, query) => ({ rows: rowsOf(query), nextLine: null }),
      ledgerRows: async function* (_id, query) {
        yield rowsOf(query)
      },
      ...uploads,
    },
  })
  return started.then(({ app, events }) => ({ app, asked, events }))
}

const URL_OF_ROWS = '/v1/uploads/upl_1/rows'
const csvOf = { ...bearer('uploads'), accept: 'text/csv' }

test('every outcome is told as JSON, with its contact, its words and the cells in the order of the file', async (t) => {
  const { app } = await start()
  t.after(() => app.close())
  const { items } = (await app.inject({ url: URL_OF_ROWS, headers: bearer('uploads') })).json()
  assert.deepEqual(
    items.map((row: LedgerRow) => row.outcome),
    ROW_OUTCOMES,
  )
  for (const [index, row] of items.entries()) assert.equal(row.contactId, `c${index}`)
  const [accepted, rejected, duplicate] = items
  assert.deepEqual(accepted.cells, ['', '+14155552671', 'c0'])
  assert.deepEqual(rejected.cells, ['a note', '=1', 'c1'])
  assert.deepEqual([duplicate.code, duplicate.replacedByLine], ['replaced-in-file', 9])
  assert.match(duplicate.reason, /^Line 9 stays\. /)
  // The code of the upload's problem is also one of rows, and has a sentence.
  assert.match(items.at(-1).reason, /Genesys no longer shows the contact list/)
})

test('every outcome is told as CSV with the file’s own columns', async (t) => {
  const { app } = await start()
  t.after(() => app.close())
  const answer = await app.inject({ url: URL_OF_ROWS, headers: csvOf })
  const lines = answer.body.split('\r\n')
  assert.equal(lines[0], '\ufeffnote,mobile,id,_line,_outcome,_code,_reason,_row')
  assert.match(lines[1]!, /^,'\+14155552671,c0,2,accepted,,,r2-upl1-i[a-p]{20}$/)
  assert.match(lines[2]!, /^a note,'=1,c1,3,rejected,phone-invalid,"mobile: /)
  assert.match(lines[3]!, /^,'\+14155552671,c2,4,duplicate,replaced-in-file,"Line 9 stays\./)
  assert.equal(lines.length, ROW_OUTCOMES.length + 2)
  const raw = await app.inject({ url: `${URL_OF_ROWS}?spreadsheet=false`, headers: csvOf })
  assert.ok(raw.body.startsWith('note,mobile,id,'))
  assert.match(raw.body, /\r\na note,=1,c1,3,rejected/)
})

test('outcomes are asked for by commas, by repeating the parameter, or both', async (t) => {
  const { app, asked } = await start()
  t.after(() => app.close())
  const query = '?outcome=failed,unchanged&outcome=rejected'
  for (const headers of [bearer('uploads'), csvOf]) {
    assert.equal((await app.inject({ url: URL_OF_ROWS + query, headers })).statusCode, 200)
  }
  for (const { outcomes } of asked) assert.deepEqual(outcomes, ['failed', 'unchanged', 'rejected'])
  assert.equal(asked.length, 2)
})

test('rows past their retention are 410', async (t) => {
  const staging: HttpDeps['uploads']['staging'] = async () => ({
    options: {} as never,
    planBasis: '',
    rowsKept: false,
    erased: 0,
  })
  const { app } = await start({ staging })
  t.after(() => app.close())
  for (const headers of [bearer('uploads'), csvOf]) {
    const answer = await app.inject({ url: URL_OF_ROWS, headers })
    assert.deepEqual([answer.statusCode, answer.json().code], [410, 'rows-gone'])
  }
})

test('what is wrong before the first row is a problem document, not half a CSV', async (t) => {
  const { app } = await start({
    ledgerRows: async function* () {
      yield* []
      throw Object.assign(new Error('down'), { code: 'ECONNREFUSED' })
    },
  })
  t.after(() => app.close())
  const answer = await app.inject({ url: URL_OF_ROWS, headers: csvOf })
  assert.deepEqual([answer.statusCode, answer.json().code], [503, 'database-unavailable'])
})

test('a caller that reads slowly keeps the scan waiting, and one that goes away ends it', async (t) => {
  const ended = Promise.withResolvers<number>()
  const row = (line: number): LedgerRow => ({ ...ROWS[0]!, line, contactId: 'c'.repeat(100) })
  const { app, events } = await start({
    ledgerRows: async function* () {
      let chunks = 0
      try {
        for (; ; chunks += 1) yield Array.from({ length: 2500 }, (_, at) => row(chunks * 2500 + at))
      } finally {
        ended.resolve(chunks)
      }
    },
  })
  t.after(() => app.close())
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  const stop = new AbortController()
  const answer = await fetch(address + URL_OF_ROWS, { headers: csvOf, signal: stop.signal })
  const reader = answer.body!.getReader()
  assert.equal((await reader.read()).done, false)
  stop.abort()
  // If the endless scan were not stopped or not slowed down, the test would never reach this line.
  assert.ok((await ended.promise) < 1000)
  await app.close()
  // No request was interrupted.
  assert.deepEqual(
    events.map(({ name, fields }) => [name, fields['status'], fields['problem']]),
    [['http.answered', 499, null]],
  )
})
