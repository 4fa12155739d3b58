import assert from 'node:assert/strict'
import { test } from 'node:test'

import { bearer } from '../../support/gateway/fake-keys.ts'
import { startFakeServer } from '../../support/gateway/http-fakes.ts'

/**
 * Accept was searched for the name of a type. A client that preferred JSON by its quality got CSV,
 * as did a client that excluded CSV with `q=0`, and a program that asked for problem pages with
 * `APPLICATION/JSON` got HTML.
 */
test('the answer has the media type that Accept prefers: by its quality, then by its place', async () => {
  const { app } = await startFakeServer()
  const [csv, json, ndjson, html] = [
    'text/csv; charset=utf-8',
    'application/json; charset=utf-8',
    'application/x-ndjson',
    'text/html; charset=utf-8',
  ]
  const cases: Record<string, readonly (readonly [accept: string, type: string])[]> = {
    '/v1/uploads/upl_1/rows': [
      ['text/csv', csv],
      ['TEXT/CSV;header=present', csv],
      ['text/*', csv],
      ['application/json;q=0.5, text/csv', csv],
      ['text/csv, */*;q=0.1', csv],
      ['text/csv, application/json', csv],
      ['application/json, text/csv', json],
      ['text/csv;q=0.5, application/json', json],
      ['text/csv;q=0, application/xml', json],
      ['text/csv ; Q=0.2 , */*', json],
      ['*/*', json],
      ['application/xml', json],
      ['', json],
    ],
    '/v1/audit-entries': [
      ['application/x-ndjson', ndjson],
      ['APPLICATION/X-NDJSON', ndjson],
      ['application/x-ndjson;q=0', json],
      ['application/json, application/x-ndjson;q=0.1', json],
    ],
    '/problems/not-found': [
      ['APPLICATION/JSON', json],
      ['application/problem+json', json],
      ['text/html, application/json;q=0.1', html],
      ['application/json;q=0, text/html', html],
      ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', html],
      ['*/*', html],
    ],
  }
  try {
    for (const [url, pairs] of Object.entries(cases)) {
      for (const [accept, type] of pairs) {
        const answer = await app.inject({ url, headers: { ...bearer('admin'), accept } })
        assert.equal(answer.statusCode, 200, `${url} ${accept}`)
        assert.equal(answer.headers['content-type'], type, `${url} ${accept}`)
      }
    }
  } finally {
    await app.close()
  }
})
