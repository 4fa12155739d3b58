import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import type { InjectOptions } from 'fastify'

import { GatewayProblem } from '../../../src/domain/problems/problem.ts'
import { bearer } from '../../support/gateway/fake-keys.ts'
import { startFakeServer } from '../../support/gateway/http-fakes.ts'

type Described = Record<string, { headers?: Record<string, { $ref: string }> }>
type Document = {
  paths: Record<string, Record<string, { responses: Described }>>
  components: { headers: Record<string, { schema: object }> }
}
const document: Document = JSON.parse(
  readFileSync(new URL('../../../openapi/openapi.json', import.meta.url), 'utf8'),
)

/** Headers of any answer on the web, or of the connection. This API decides none of them. */
const GENERAL = new Set([
  'cache-control',
  'connection',
  'content-length',
  'content-security-policy',
  'content-type',
  'date',
  'referrer-policy',
  'transfer-encoding',
  'x-content-type-options',
  'x-frame-options',
])

const namesDescribed = (path: string, method: string, status: number): string[] => {
  const response = document.paths[path]?.[method.toLowerCase()]?.responses[status]
  assert.ok(response, `${method} ${path} ${status} is not described`)
  return Object.entries(response.headers ?? {}).map(([name, { $ref }]) => {
    assert.ok(document.components.headers[$ref.split('/').at(-1)!], $ref)
    return name.toLowerCase()
  })
}

const UPLOADS = '/v1/contact-lists/{contactListId}/uploads'
const ENDPOINTS = '/v1/webhook-endpoints'
const csv = { 'content-type': 'text/csv' }
const json = { 'content-type': 'application/json' }
const endpoint = { name: 'shop', url: 'https://crm.example/hook', events: ['upload.completed'] }
const list = {
  name: 'New',
  contactIdColumn: 'id',
  columns: [
    { name: 'id', kind: 'text' },
    { name: 'tel', kind: 'phone' },
  ],
}
const as = bearer('admin')

/** A call, its status, and the headers that its answer must have. */
const CALLS: [string, InjectOptions, number, string[]][] = [
  [
    UPLOADS,
    { method: 'POST', headers: { ...as, ...csv, 'idempotency-key': 'again' }, payload: 'a' },
    202,
    ['location', 'idempotency-replayed', 'ratelimit', 'ratelimit-policy'],
  ],
  [UPLOADS, { method: 'POST', headers: { ...as, ...csv }, payload: 'a' }, 400, ['ratelimit']],
  [
    UPLOADS,
    { method: 'POST', headers: { ...as, 'content-type': 'a/b' }, payload: 'a' },
    415,
    ['accept-encoding'],
  ],
  ['/v1/uploads/{uploadId}', { headers: as }, 200, ['etag', 'ratelimit']],
  ['/v1/uploads/{uploadId}', { headers: { ...as, 'if-none-match': '"7"' } }, 304, ['etag']],
  ['/v1/uploads/{uploadId}', {}, 401, ['www-authenticate']],
  ['/v1/uploads/{uploadId}', { headers: bearer('dnc') }, 403, ['ratelimit']],
  ['/v1/uploads/{uploadId}/pause', { method: 'POST', headers: as }, 200, ['etag']],
  ['/v1/uploads/{uploadId}/rows', { headers: as }, 200, ['vary']],
  [
    '/v1/uploads/{uploadId}/rows',
    { headers: { ...as, accept: 'text/csv' } },
    200,
    ['content-disposition', 'vary'],
  ],
  [
    '/v1/uploads/{uploadId}/retry',
    { method: 'POST', headers: { ...as, 'idempotency-key': 'k' }, payload: {} },
    202,
    ['location'],
  ],
  [
    '/v1/contact-lists',
    { method: 'POST', headers: { ...as, ...json, 'idempotency-key': 'again' }, payload: list },
    201,
    ['location', 'idempotency-replayed'],
  ],
  [ENDPOINTS, { method: 'POST', headers: as, payload: endpoint }, 201, ['location', 'etag']],
  ['/limits', { headers: as }, 200, ['ratelimit', 'ratelimit-policy', 'x-request-id']],
  ['/problems', {}, 200, ['vary']],
  ['/livez', {}, 200, ['x-genesys-simulated']],
]

const assertDescribed = (
  path: string,
  method: string,
  answer: { statusCode: number; headers: object; body: string },
  expected: readonly string[],
): void => {
  const sent = Object.keys(answer.headers).filter((name) => !GENERAL.has(name))
  const described = namesDescribed(path, method, answer.statusCode)
  const missing = sent.filter((name) => !described.includes(name))
  assert.deepEqual(missing, [], `${method} ${path} ${answer.statusCode}`)
  for (const name of expected) assert.ok(sent.includes(name), `${path} sends ${name}`)
}

const urlOf = (path: string): string =>
  path.replace('{contactListId}', 'list-1').replace('{uploadId}', 'upl_1')

test('every header that an answer has is described for it', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  for (const [path, call, status, expected] of CALLS) {
    const answer = await app.inject({ ...call, url: urlOf(path) })
    assert.equal(answer.statusCode, status, `${path}: ${answer.body}`)
    assertDescribed(path, String(call.method ?? 'GET'), answer, expected)
  }
})

test('Retry-After is described wherever a caller is told to come again', async (t) => {
  const again = (code: 'idempotency-key-in-progress' | 'genesys-unavailable') => {
    throw new GatewayProblem(code, 'Later.', {}, 3)
  }
  const { app } = await startFakeServer({
    limits: { maxUploadBytes: 1000, keyRequestsPerMinute: 2 },
    receiveUpload: async () => again('idempotency-key-in-progress'),
    readContactList: async () => again('genesys-unavailable'),
  })
  t.after(() => app.close())
  const calls: [string, InjectOptions, number][] = [
    [
      UPLOADS,
      { method: 'POST', headers: { ...as, ...csv, 'idempotency-key': 'k' }, payload: 'a' },
      409,
    ],
    ['/v1/contact-lists/{contactListId}', { headers: as }, 503],
    ['/v1/uploads', { headers: as }, 429],
  ]
  for (const [path, call, status] of calls) {
    const answer = await app.inject({ ...call, url: urlOf(path) })
    assert.equal(answer.statusCode, status, answer.body)
    assertDescribed(path, String(call.method ?? 'GET'), answer, ['retry-after'])
  }
})
