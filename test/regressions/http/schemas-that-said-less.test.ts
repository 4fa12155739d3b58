import assert from 'node:assert/strict'
import { test } from 'node:test'

import { readApiDocument, type Schema } from '../../support/fuzz/api-document.ts'

const { operations, faultOf } = readApiDocument()

const bodyOf = (id: string): Schema =>
  operations
    .find((operation) => operation.id === id)!
    .bodies.find(({ type }) => type === 'application/json')!.schema
const queryOf = (id: string, name: string): Schema =>
  operations
    .find((operation) => operation.id === id)!
    .parameters.find((parameter) => parameter.name === name)!.schema

/**
 * Found by the fuzzer. The gateway refused values that the document accepted. Each line has a value
 * that it refuses, and one that it accepts.
 */
const CASES: [what: string, schema: Schema, refused: unknown, taken: unknown][] = [
  [
    'events named twice',
    bodyOf('changeWebhookEndpoint'),
    { events: ['dnc.held', 'dnc.held'] },
    { events: ['dnc.held'] },
  ],
  ['nothing changed of an endpoint', bodyOf('changeWebhookEndpoint'), {}, { enabled: true }],
  ['nothing changed of a tenant', bodyOf('changeTenant'), {}, { name: 'a' }],
  [
    'outcomes named twice',
    bodyOf('retryUpload'),
    { outcomes: ['failed', 'failed'] },
    { outcomes: ['failed'] },
  ],
  ['nobody to look for', bodyOf('searchDncEntries'), { emails: [] }, { emails: ['a@example.com'] }],
  ['a region of words', queryOf('createDncEntries', 'region'), 'Germany', 'DE'],
  ['a region of an upload', queryOf('createUpload', 'defaultRegion'), 'x', 'US'],
  [
    'a time without a zone',
    queryOf('createDncEntries', 'expiresAt'),
    '2032-01-01T00:00:00',
    '2032-01-01T00:00:00Z',
  ],
  ['a moment of words', queryOf('listUploads', 'createdFrom'), 'yesterday', '2026-12-24'],
]

for (const [what, schema, refused, taken] of CASES) {
  test(`the document does not take: ${what}`, () => {
    assert.notEqual(faultOf(schema, refused), null)
    assert.equal(faultOf(schema, taken), null)
  })
}

test('the document names the media types of the part `file` of every form', () => {
  const forms = operations.flatMap(({ bodies }) =>
    bodies.filter(({ type }) => type === 'multipart/form-data'),
  )
  assert.ok(forms.length >= 4)
  for (const { fileTypes } of forms) assert.ok(fileTypes.length > 0)
})
