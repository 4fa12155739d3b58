import assert from 'node:assert/strict'
import { test } from 'node:test'

import { PROBLEM_ENTRIES } from '../../../../src/http/routes/problems/problem-entries.ts'
import { startFakeServer } from '../../../support/gateway/http-fakes.ts'

test('what stands between backticks is shown as code, and links to the page of a code that has one', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  const page = (await app.inject({ url: '/problems/schema-drift' })).body
  assert.match(page, /<code>schemaDrift=drop<\/code>/)
  const retry = (await app.inject({ url: '/problems/retry-needs-overwrite' })).body
  assert.match(
    retry,
    /<a href="\/problems\/overwrite-superseded"><code>overwrite-superseded<\/code><\/a>/,
  )
  for (const { code } of PROBLEM_ENTRIES) {
    const { body } = await app.inject({ url: `/problems/${code}` })
    assert.doesNotMatch(body, /`/, code)
  }
})

test('a page links to related codes, which exist, and names the calls that can be answered so', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  const read = async (code: string) =>
    (await app.inject({ url: `/problems/${code}`, headers: { accept: 'application/json' } })).json<{
      related: string[]
      operations: string[]
    }>()
  const confirmed = await read('overwrite-not-confirmed')
  assert.ok(confirmed.related.includes('overwrite-confirmation-differs'))
  assert.deepEqual(confirmed.operations, ['createUpload'])
  assert.deepEqual((await read('phone-invalid')).operations, [])
  const html = (await app.inject({ url: '/problems/plan-changed' })).body
  assert.match(html, /POST \/v1\/uploads\/\{uploadId\}\/apply/)
  const codes = PROBLEM_ENTRIES.map(({ code }) => code)
  for (const code of codes) {
    const { related } = await read(code)
    assert.ok(!related.includes(code))
    for (const other of related) assert.ok(codes.includes(other), `${code}: ${other}`)
  }
})
