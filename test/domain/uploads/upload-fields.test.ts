import assert from 'node:assert/strict'
import { test } from 'node:test'

import { z } from 'zod'

import {
  kept,
  type RecordOf,
  shapeOf,
  shown,
  shownAs,
  showRecord,
} from '../../../src/domain/uploads/shown-fields.ts'
import { UPLOAD_FIELDS } from '../../../src/domain/uploads/upload.ts'
import { makeUpload } from '../../support/memory/made-uploads.ts'

const FIELDS = {
  id: shown(z.string()),
  size: shownAs(z.int(), (bytes: Buffer) => bytes.length),
  secret: kept<string>(),
}

test('a field of a table is one of the record, and shown or kept as the table says', () => {
  const record: RecordOf<typeof FIELDS> = { id: 'a', size: Buffer.from('abc'), secret: 'x' }
  const seen: { id: string; size: number } = showRecord(FIELDS, record)
  assert.deepEqual(seen, { id: 'a', size: 3 })
  assert.deepEqual(Object.keys(shapeOf(FIELDS)), ['id', 'size'])
})

test('an upload is shown as its document says, without what stays inside', () => {
  const upload = makeUpload([], { source: { ...makeUpload([]).source, noticed: {} } })
  const seen = showRecord(UPLOAD_FIELDS, upload)
  assert.deepEqual(z.strictObject(shapeOf(UPLOAD_FIELDS)).parse(seen), seen)
  for (const inside of ['tenantId', 'laneKey', 'acceptedSeq', 'requestId', 'sameFileAs']) {
    assert.ok(inside in upload && !(inside in seen), inside)
  }
})

test('an upload that was stored by an older version is shown with what it did not tell', () => {
  const { encodingFrom: _, ...source } = { ...makeUpload([]).source, encodingFrom: undefined }
  const columns = [{ name: 'id', kind: 'contactId', mappedTo: 'id' } as const]
  const seen = showRecord(UPLOAD_FIELDS, makeUpload([], { source, columns }))
  assert.equal(seen.source.encodingFrom, 'content')
  assert.equal(seen.source.compression, null)
  assert.deepEqual(seen.columns, [{ ...columns[0], by: null, confidence: null }])
})
