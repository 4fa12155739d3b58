import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'

import {
  GenesysFailure,
  type GenesysFailureKind,
} from '../../../src/domain/genesys/genesys-failure.ts'
import {
  batchOf,
  contextOf,
  json,
  reset,
  silent,
  startClient,
  text,
  truncated,
  type Reply,
} from '../harness.ts'

const failureOf = async (promise: Promise<unknown>): Promise<GenesysFailure> => {
  const error = await promise.then(
    () => assert.fail('it should have failed'),
    (error: unknown) => error,
  )
  assert.ok(error instanceof GenesysFailure, inspect(error))
  return error
}

const row = { field: 'phone', code: 'invalid.phone', message: 'bad number +14155550100' }
const CASES: [string, Reply, GenesysFailureKind, Partial<GenesysFailure>?][] = [
  [
    'a 403 is forbidden and names the right',
    json(403, { code: 'Missing.Permissions' }),
    'forbidden',
    {
      right: 'outbound:contact:write',
      upstreamCode: 'missing.permissions',
    },
  ],
  ['a 404 is not found', json(404, { code: 'contact.list.not.found' }), 'not_found'],
  ['a 409 is a conflict', json(409, {}), 'conflict'],
  [
    'a 409 of a campaign that is on is final',
    json(409, { code: 'invalid.update.campaign.active' }),
    'refused',
    { status: 409, retry: 'never', upstreamCode: 'invalid.update.campaign.active' },
  ],
  ['a 409 of an inactive thing may pass', json(409, { code: 'contact.list.inactive' }), 'conflict'],
  ['a 501 is final', json(501, {}), 'refused', { status: 501, retry: 'never' }],
  ['a 413 is too large', text(413, ''), 'too_large'],
  ['a 408 is unavailable', text(408, ''), 'unavailable'],
  ['a 500 is unavailable', text(500, '<html>'), 'unavailable', { status: 500 }],
  ['a 504 is unavailable', text(504, ''), 'unavailable'],
  [
    'a 429 is throttled and keeps its Retry-After',
    text(429, '', { 'retry-after': '7' }),
    'throttled',
    {
      retryAfterMs: 7000,
    },
  ],
  [
    'a 400 of an undeclared column is refused',
    json(400, { code: 'invalid.contact.columns' }),
    'refused',
  ],
  [
    'a 400 of a contact id is about rows',
    json(400, { code: 'invalid.contact.id' }),
    'rows_refused',
  ],
  [
    'a 400 "Invalid File Format" is about rows',
    json(400, { message: 'Invalid File Format' }),
    'rows_refused',
  ],
  [
    'a 400 of too many contacts is too large',
    json(400, { code: 'too.many.contacts.added' }),
    'too_large',
  ],
  [
    'a 422 without rows is about rows',
    json(422, { errors: [row] }),
    'rows_refused',
    { rowErrors: [] },
  ],
  [
    'a 422 with rows names them',
    json(422, { errors: [{ ...row, index: 1 }] }),
    'rows_refused',
    {
      rowErrors: [
        {
          index: 1,
          contactId: null,
          field: 'phone',
          code: 'genesys-phone-invalid',
          said: 'invalid.phone',
        },
      ],
    },
  ],
  [
    'a 400 "Invalid File Format" with a code that says nothing is about rows',
    json(400, { code: 'bad.request', message: 'Invalid File Format' }),
    'rows_refused',
    {
      upstreamCode: 'invalid.file.format',
      rowFault: { code: 'genesys-invalid-file-format', field: null, said: 'invalid.file.format' },
    },
  ],
  [
    'a 400 with a bare error is about rows',
    json(400, { error: 'Invalid File Format' }),
    'rows_refused',
    { rowFault: { code: 'genesys-invalid-file-format', field: null, said: 'invalid.file.format' } },
  ],
  [
    'a 400 with a nested error is about rows',
    json(400, { error: { code: 'invalid.zip', message: 'Zip code is not valid' } }),
    'rows_refused',
    {
      upstreamCode: 'invalid.zip',
      rowFault: { code: 'genesys-zip-code-invalid', field: null, said: 'invalid.zip' },
    },
  ],
  [
    'a 400 with a code that nobody has heard of may be about a row, and the column is taken from messageParams',
    json(400, { code: 'contact.datum.length.limit.exceeded', messageParams: { column: 'note' } }),
    'rows_refused',
    {
      rowFault: {
        code: 'genesys-cell-too-long',
        field: 'note',
        said: 'contact.datum.length.limit.exceeded',
      },
    },
  ],
  [
    'a 400 whose details name a column',
    json(400, { code: 'odd.value', details: [{ errorCode: 'odd', fieldName: 'zip' }] }),
    'rows_refused',
    { rowFault: { code: 'genesys-refused', field: 'zip', said: 'odd.value' }, rowErrors: [] },
  ],
  [
    'a 400 whose details name a row names it',
    json(400, {
      code: 'invalid.value',
      message: 'Invalid phone number +14155550100',
      details: [{ fieldName: '[3].data.mobile' }],
    }),
    'rows_refused',
    {
      rowErrors: [
        {
          index: 3,
          contactId: null,
          field: 'mobile',
          code: 'genesys-phone-invalid',
          said: 'invalid.value',
        },
      ],
    },
  ],
  [
    'a 400 of a format mismatch speaks of the columns',
    json(400, { code: 'bad.request', message: 'format mismatch: expected E.164' }),
    'refused',
    { rowFault: { code: 'genesys-format-mismatch', field: null, said: 'bad.request' } },
  ],
  [
    'a 400 of a full list is refused as a whole',
    json(400, { code: 'exceeded.contact.limit' }),
    'refused',
    { rowFault: { code: 'contact-list-full', field: null, said: 'exceeded.contact.limit' } },
  ],
  ['a 400 without a body may be about a row', text(400, ''), 'rows_refused'],
  ['a 400 of the mode is refused as a whole', json(400, { code: 'invalid.mode' }), 'refused'],
  [
    'a 422 of an unknown field is refused as a whole',
    json(422, {
      errors: [{ field: 'x', code: 'unknown.field', message: '' }],
    }),
    'refused',
  ],
  [
    'a redirect is malformed and not followed',
    text(302, '', { location: 'http://x.invalid' }),
    'malformed_answer',
  ],
  ['a 415 is refused', text(415, ''), 'refused'],
  ['a 200 of HTML is malformed', text(200, '<html></html>'), 'malformed_answer'],
  ['a 200 of null is malformed', json(200, null), 'malformed_answer'],
  ['a 200 with an error body is malformed', json(200, { code: 'oops' }), 'malformed_answer'],
  ['a 200 of the wrong type is malformed', json(200, { jobId: 7 }), 'malformed_answer'],
  ['an answer over the cap is malformed', text(200, ' '.repeat(8_400_000)), 'malformed_answer'],
  ['a connection reset is unavailable', reset, 'unavailable', { status: null }],
  ['a body broken off is unavailable', truncated, 'unavailable'],
]

for (const [name, reply, kind, more] of CASES) {
  test(name, async (t) => {
    const { upstream, lists } = await startClient(t, 'guide')
    upstream.replies = [reply]
    const failure = await failureOf(lists.sendBatch(batchOf(), contextOf({ retryForMs: 0 })))
    assert.equal(failure.kind, kind)
    assert.equal(failure.operation, 'send-batch')
    for (const [member, value] of Object.entries(more ?? {})) {
      assert.deepEqual(failure[member as keyof GenesysFailure], value)
    }
    assert.equal(upstream.seen.length, 1)
    const shown = inspect(failure, { depth: 10, showHidden: true }) + JSON.stringify(failure)
    assert.doesNotMatch(shown, /secret|14155550/)
  })
}

test('a server that never answers is unavailable after the request time-out', async (t) => {
  const { upstream, lists } = await startClient(t, 'guide', { requestTimeoutMs: 60 })
  upstream.replies = [silent]
  const failure = await failureOf(lists.sendBatch(batchOf(), contextOf({ retryForMs: 0 })))
  assert.equal(failure.kind, 'unavailable')
})

test('nobody listening is unavailable', async (t) => {
  const { lists } = await startClient(t, 'guide', { loginUrl: 'http://127.0.0.1:1' })
  const failure = await failureOf(lists.readJob('j', contextOf({ retryForMs: 0 })))
  assert.equal(failure.kind, 'unavailable')
  assert.equal(failure.operation, 'token')
})

test('error codes of Genesys that could contain a number or a sentence are dropped', async (t) => {
  const { upstream, lists } = await startClient(t, 'guide')
  for (const code of ['call +14155550100', 'x.14155550100', 'a'.repeat(65), { a: 1 }]) {
    upstream.replies = [json(400, { code })]
    const failure = await failureOf(lists.sendBatch(batchOf(), contextOf({ retryForMs: 0 })))
    assert.equal(failure.upstreamCode, null)
  }
})
