import assert from 'node:assert/strict'
import { test } from 'node:test'

import { GenesysFailure } from '../../../src/domain/genesys/genesys-failure.ts'
import { GatewayProblem, PROBLEMS } from '../../../src/domain/problems/problem.ts'
import { REJECTION_CODES } from '../../../src/domain/uploads/rejection.ts'
import { FILE_REFUSALS } from '../../../src/intake/contract.ts'
import { bearer } from '../../support/gateway/fake-keys.ts'
import { startFakeServer } from '../../support/gateway/http-fakes.ts'

test('unknown parameters, broken cursors and values out of range are 400 and named', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  for (const [url, name] of [
    ['/v1/uploads?colour=red', 'colour'],
    ['/v1/uploads?limit=201', 'limit'],
    ['/v1/uploads?limit=0', 'limit'],
    ['/v1/uploads?limit=1&limit=2', 'limit'],
    ['/v1/uploads?cursor=broken', 'cursor'],
    ['/v1/uploads?state=held,odd', 'state'],
    ['/v1/uploads?state=receiving', 'state'],
    ['/v1/uploads?state=', 'state'],
    ['/v1/uploads?contactListId=', 'contactListId'],
    ['/v1/uploads?sha256=abc', 'sha256'],
    ['/v1/uploads?fileName=', 'fileName'],
    ['/v1/uploads?fileName=..', 'fileName'],
    ['/v1/uploads?createdFrom=yesterday', 'createdFrom'],
    ['/v1/uploads?createdFrom=2026-02-30', 'createdFrom'],
    ['/v1/uploads?createdTo=2026-11-28T12:00:00', 'createdTo'],
    ['/v1/uploads?contactListId=a&contactListId=b', 'contactListId'],
    ['/v1/uploads/upl_1/rows?cursor=x', 'cursor'],
    ['/v1/uploads/upl_1/rows?outcome=odd', 'outcome'],
    ['/v1/uploads/upl_1?x=1', 'x'],
    ['/livez?__proto__=1', '__proto__'],
  ] as const) {
    const answer = await app.inject({ url, headers: bearer('admin') })
    assert.equal(answer.statusCode, 400, url)
    assert.deepEqual(answer.json().parameters, [name], url)
  }
})

test('framework errors are problems: unknown address, wrong method, broken escape, bad JSON', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  const headers = { ...bearer('admin'), 'content-type': 'application/json' }
  const cases = [
    [{ url: '/nothing' }, 404, 'not-found'],
    [{ url: '/v1/uploads', method: 'DELETE' }, 405, 'method-not-allowed'],
    [{ url: '/v1/uploads/upl_1/rows', method: 'HEAD' }, 405, 'method-not-allowed'],
    [{ url: '/v1/uploads/%zz' }, 400, 'url-malformed'],
    [
      { url: '/v1/uploads/upl_1/pause', method: 'POST', headers, payload: '{' },
      400,
      'body-malformed',
    ],
    [
      { url: '/v1/uploads/upl_1/pause', method: 'POST', headers, payload: '{"__proto__":1}' },
      400,
      'body-malformed',
    ],
    [
      {
        url: '/v1/uploads/upl_1/pause',
        method: 'POST',
        headers: { ...headers, 'content-type': 'text/plain' },
        payload: 'x',
      },
      415,
      'media-type-unsupported',
    ],
  ] as const
  for (const [request, status, code] of cases) {
    const answer = await app.inject(request)
    assert.equal(answer.statusCode, status, request.url)
    assert.match(String(answer.headers['content-type']), /^application\/problem\+json/)
    assert.equal(answer.headers['x-content-type-options'], 'nosniff')
    if (request !== cases[2][0]) assert.equal(answer.json().code, code)
  }
})

test('a known error of a workflow becomes a problem with a code, and an unknown error tells the caller nothing', async (t) => {
  const thrown: { error: unknown } = { error: null }
  const { app, events } = await startFakeServer({
    readContactList: async () => {
      throw thrown.error
    },
  })
  t.after(() => app.close())
  const call = async (error: unknown) => {
    thrown.error = error
    return app.inject({ url: '/v1/contact-lists/list-1', headers: bearer('admin') })
  }
  const down = await call(new GenesysFailure('throttled', 'read', { retryAfterMs: 2500 }))
  assert.deepEqual([down.statusCode, down.headers['retry-after']], [503, '3'])
  const right = 'outbound:contactList:view'
  const denied = (await call(new GenesysFailure('forbidden', 'read', { right }))).json()
  assert.deepEqual([denied.code, denied.right], ['genesys-refused', right])
  assert.match(denied.detail, /The gateway lacks a right, probably outbound:contactList:view\.$/)
  assert.equal((await call(new GenesysFailure('not_found', 'read'))).json().code, 'not-found')
  const refused = await call(Object.assign(new Error('x'), { code: 'ECONNREFUSED' }))
  assert.equal(refused.json().code, 'database-unavailable')
  const member = await call(
    new GatewayProblem('genesys-refused', 'No.', { status: 200, right: 'x' }),
  )
  assert.deepEqual([member.json().status, member.json().right], [502, 'x'])
  const defect = await call(new Error('secret +14155550100'))
  assert.equal(defect.statusCode, 500)
  assert.doesNotMatch(defect.body + JSON.stringify(events), /secret|4155550100/)
  assert.ok(events.some((event) => event.name === 'http.failed'))
})

test('every problem and every row code has a page, as HTML and as JSON', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  for (const code of [...Object.keys(PROBLEMS), ...REJECTION_CODES]) {
    const html = await app.inject({ url: `/problems/${code}` })
    assert.equal(html.statusCode, 200, code)
    assert.match(html.body, /Genesys is simulated/)
    const json = await app.inject({
      url: `/problems/${code}`,
      headers: { accept: 'application/json' },
    })
    assert.equal(json.json().code, code)
  }
  const about = async (code: string) =>
    (await app.inject({ url: `/problems/${code}`, headers: { accept: 'application/json' } })).json()
  for (const code of ['contact-list-gone', 'failed-rows-unidentified']) {
    assert.equal((await about(code)).about, 'upload')
  }
  for (const code of ['contact-list-gone', 'genesys-refused', 'schema-drift']) {
    assert.match((await about(code)).meaning, /`problem` of an? (?:failed )?upload/)
  }
  for (const code of FILE_REFUSALS)
    assert.ok(PROBLEMS[code].status === 422 || PROBLEMS[code].status === 413)
  assert.equal((await app.inject({ url: '/problems/none' })).statusCode, 404)
})
