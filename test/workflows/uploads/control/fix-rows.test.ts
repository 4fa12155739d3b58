import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { GatewayProblem } from '../../../../src/domain/problems/problem.ts'
import {
  type UploadOptions,
  uploadOptionsSchema,
} from '../../../../src/domain/uploads/upload-options.ts'
import type { UploadColumn } from '../../../../src/domain/uploads/upload.ts'
import { createRowMarks } from '../../../../src/intake/rows/row-mark.ts'
import type { UploadRequest } from '../../../../src/workflows/contract.ts'
import type { LedgerRow } from '../../../../src/workflows/ports/uploads/uploads.ts'
import { createFixRows, fixedFileName } from '../../../../src/workflows/uploads/control/fix-rows.ts'
import { makeUpload } from '../../../support/memory/made-uploads.ts'

const caller = { tenantId: 'default', keyId: 'key_1', scopes: [], requestId: 'req_1' }

const columnOf = (
  name: string,
  kind: UploadColumn['kind'],
  mappedTo: string | null,
): UploadColumn => ({ name, kind, mappedTo, by: 'exact', confidence: 1 })

const upload = makeUpload([], {
  id: 'upl_1',
  columns: [
    columnOf('no', 'contactId', null),
    columnOf('tel', 'phone', 'phoneNumber'),
    columnOf('note', 'text', null),
  ],
})

const rowOf = (line: number, cells: string[]): LedgerRow => ({
  ...{ line, outcome: 'rejected', contactId: null, code: 'phone-invalid', column: 'tel' },
  ...{ cells, replacedByLine: null },
})

const ROWS = [
  rowOf(4, ['C-4', '1', 'two\nlines']),
  rowOf(6, ['C-6', '2', '']),
  rowOf(9, ['C-9', '3', '']),
]

type Seen = UploadRequest & { text: string }

/** `faulty`: the lines of the new file whose rows are rejected. */
const setUp = (about: { faulty?: number[]; options?: Partial<UploadOptions>; kept?: boolean }) => {
  const seen: Seen[] = []
  const { faulty = [], options, kept = true } = about
  const fix = createFixRows({
    uploads: {
      ledger: async (_id, { afterLine, outcomes }) => {
        assert.deepEqual(outcomes, ['rejected'])
        return { rows: ROWS.filter(({ line }) => line > afterLine), nextLine: null }
      },
      staging: async () => ({
        options: uploadOptionsSchema.parse(options ?? {}),
        planBasis: '',
        rowsKept: kept,
        erased: 0,
      }),
    },
    receiveUpload: async (request) => {
      const pieces: Uint8Array[] = []
      for await (const piece of request.body) pieces.push(piece)
      seen.push({ ...request, text: Buffer.concat(pieces).toString() })
      const faults = [{ code: 'phone-invalid', column: 'tel' }]
      const rejectedRows = faulty.map((line) => ({ line, faults }))
      const body = JSON.stringify(request.validateOnly ? { rejectedRows } : { id: 'upl_2' })
      return { status: 200, body, location: null, replayed: false }
    },
    rowMarks: createRowMarks(Buffer.alloc(32, 1)),
  })
  const steps = (() => undefined) as unknown as UploadRequest['steps']
  const asked = { caller, upload, apply: 'auto' as const, steps, idempotencyKey: 'once' }
  return { seen, send: (rows: Parameters<typeof fix>[0]['rows']) => fix({ ...asked, rows }) }
}

const fixed = [
  { line: 4, cells: new Map([[1, '+12125551001']]) },
  { line: 9, cells: new Map([[1, '+12125551002']]) },
]

describe('Fixed rows', () => {
  it('are checked, and go as a file of their own that names the upload', async () => {
    const { seen, send } = setUp({})
    assert.deepEqual(await send(fixed), { kind: 'sent', uploadId: 'upl_2' })
    const [checked, sent] = seen
    assert.equal(checked!.validateOnly, true)
    assert.equal(sent!.validateOnly, false)
    assert.equal(sent!.idempotencyKey, 'once')
    assert.equal(sent!.fileName, fixedFileName('upl_1'))
    assert.equal(checked!.text, sent!.text)
    assert.match(sent!.text, /^\u{feff}no,tel,note,_line,/u)
    assert.match(sent!.text, /\r\nC-4,'\+12125551001,"two\nlines",4,rejected,/u)
    assert.doesNotMatch(sent!.text, /C-6/u, 'what nobody changed stays')
  })

  it('are read as they were, and never replace the list', async () => {
    const options: Partial<UploadOptions> = {
      mode: 'overwrite',
      confirmOverwrite: 'list-1',
      notBefore: '2099-01-01T00:00:00Z',
      encoding: 'windows-1252',
      delimiter: ';',
      hasHeader: false,
      defaultRegion: 'GB',
    }
    const { seen, send } = setUp({ options })
    await send(fixed)
    const { duplicates: _duplicates, delivery: _delivery, ...sent } = seen[1]!.options
    assert.deepEqual(sent, {
      ...{ mode: 'append', missingColumns: 'reject', schemaDrift: 'reject', apply: 'auto' },
      ...{ hasHeader: true, defaultRegion: 'GB', contactIdColumn: 'no' },
      mapping: { no: null, tel: 'phoneNumber', note: null },
      ...{ phoneColumns: ['tel'], emailColumns: [] },
    })
  })

  it('are not sent while one of them is still wrong, which is named by its line before', async () => {
    // The first row takes lines 2 and 3 of the file, because one of its cells has two lines.
    const { seen, send } = setUp({ faulty: [4] })
    const result = await send(fixed)
    assert.equal(seen.length, 1)
    assert.ok(result.kind === 'faulty')
    assert.deepEqual(result.rows[0], {
      line: 9,
      faults: [{ code: 'phone-invalid', column: 'tel' }],
    })
  })

  it('are refused where none of them is a rejected row, or the rows are gone', async () => {
    const refused = (code: string) => (error: unknown) =>
      error instanceof GatewayProblem && error.code === code
    await assert.rejects(setUp({}).send([]), refused('nothing-to-retry'))
    const unknown = [{ line: 5, cells: new Map([[1, 'x']]) }]
    await assert.rejects(setUp({}).send(unknown), refused('nothing-to-retry'))
    await assert.rejects(setUp({ kept: false }).send(fixed), refused('rows-gone'))
  })
})
