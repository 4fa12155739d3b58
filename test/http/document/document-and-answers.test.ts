import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'

import { Validator } from '@seriousme/openapi-schema-validator'

import { openApiText } from '../../../src/http/document/openapi-file.ts'
import { rowSchema } from '../../../src/http/routes/uploads/upload-row-schemas.ts'
import {
  contactListSchema,
  pageOf,
  problemSchema,
  readinessSchema,
  uploadSchema,
} from '../../../src/http/server/schemas.ts'
import { bearer } from '../../support/gateway/fake-keys.ts'
import { startFakeServer } from '../../support/gateway/http-fakes.ts'

test('the API document in the repository is the one that the schemas give', async () => {
  const file = await readFile(new URL('../../../openapi/openapi.json', import.meta.url), 'utf8')
  assert.equal(file, await openApiText(), 'run `npm run openapi`')
})

test('the document is valid OpenAPI 3.1, and every reference in it leads somewhere', async () => {
  const text = await openApiText()
  const validator = new Validator()
  const { valid, errors } = await validator.validate(text)
  assert.ok(valid, JSON.stringify(errors))
  assert.equal(validator.version, '3.1')
  const { components } = JSON.parse(text) as { components: Record<string, object> }
  for (const [, kind, name] of text.matchAll(/"#\/components\/(\w+)\/([^"]+)"/gu)) {
    assert.ok(Object.hasOwn(components[kind!] ?? {}, name!), `${kind} ${name}`)
  }
})

test('the document names exactly the routes that are served', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  const document = (await app.inject({ url: '/openapi.json' })).json()
  const documented = Object.entries<object>(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  const served = app
    .operations()
    .map(({ method, url }) => `${method} ${url.replaceAll(/:(\w+)/gu, '{$1}')}`)
  assert.deepEqual(documented.toSorted(), served.toSorted())
  assert.equal(document.openapi, '3.1.0')
  assert.ok(document.webhooks['upload.completed'])
})

test('answers conform to the schemas of the document', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  const get = async (url: string): Promise<unknown> =>
    (await app.inject({ url, headers: bearer('admin') })).json()
  pageOf(uploadSchema).parse(await get('/v1/uploads'))
  uploadSchema.parse(await get('/v1/uploads/upl_1'))
  pageOf(rowSchema).parse(await get('/v1/uploads/upl_1/rows?outcome=rejected,failed&limit=1'))
  contactListSchema.parse(await get('/v1/contact-lists/list-1'))
  readinessSchema.parse(await get('/readyz'))
  problemSchema.parse(await get('/v1/nothing'))
})

test('the documentation works without the internet', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  const page = await app.inject({ url: '/docs/' })
  const html = page.statusCode === 200 ? page : await app.inject({ url: '/docs' })
  assert.equal(html.statusCode, 200)
  assert.doesNotMatch(html.body, /(?:src|href)="https?:/)
  assert.equal((await app.inject({ url: '/docs/static/swagger-ui-bundle.js' })).statusCode, 200)
  const start = (await app.inject({ url: '/docs/static/swagger-initializer.js' })).body
  assert.match(start, /"layout":\s*"BaseLayout"|layout: 'BaseLayout'/)
  assert.doesNotMatch(start, /data:image|petstore/)
  const icon = /<link rel="icon"[^>]*href="([^"]+)"/.exec(html.body)?.[1] ?? ''
  assert.match(icon, /theme\/icon\.svg$/)
  assert.match((await app.inject({ url: '/docs/static/theme/icon.svg' })).body, /^<svg/)
})
