import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { before, test } from 'node:test'

import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { z } from 'zod'

import {
  type ApiDocument,
  COLLECTION_FILE,
  collectionText,
  readApiDocument,
} from '../../../src/http/document/collection-file.ts'

const PUBLISHED_SCHEMA = new URL('./postman-collection-2.1.0.schema.json', import.meta.url)

/**
 * The part of the format Postman Collection v2.1 that the collection uses, written here. Nothing
 * else may be in it.
 */
const text = z.string()
const pair = z.strictObject({
  key: text.min(1),
  value: text,
  description: text.optional(),
  disabled: z.literal(true).optional(),
})
const part = z.discriminatedUnion('type', [
  pair.extend({ type: z.literal('text'), contentType: text }),
  z.strictObject({
    ...{ key: text.min(1), type: z.literal('file'), src: text.nullable() },
    description: text.optional(),
  }),
])
const body = z.discriminatedUnion('mode', [
  z.strictObject({
    mode: z.literal('raw'),
    raw: text,
    options: z.strictObject({ raw: z.strictObject({ language: z.enum(['json', 'text']) }) }),
  }),
  z.strictObject({ mode: z.literal('formdata'), formdata: z.array(part).min(1) }),
])
const request = z.strictObject({
  method: z.enum(['GET', 'PUT', 'POST', 'PATCH', 'DELETE']),
  auth: z.strictObject({ type: z.literal('noauth') }).optional(),
  header: z.array(pair),
  url: z.strictObject({
    raw: text.startsWith('{{baseUrl}}/'),
    host: z.tuple([z.literal('{{baseUrl}}')]),
    path: z.array(text.min(1)).min(1),
    query: z.array(pair).min(1).optional(),
    variable: z.array(pair).min(1).optional(),
  }),
  body: body.optional(),
  description: text.optional(),
})
const variable = z.strictObject({ key: text.min(1), value: text, type: z.literal('string') })
const collectionSchema = z.strictObject({
  info: z.strictObject({
    ...{ name: text.min(1), description: text.min(1), version: text.min(1) },
    schema: z.literal('https://schema.getpostman.com/json/collection/v2.1.0/collection.json'),
  }),
  auth: z.strictObject({ type: z.literal('bearer'), bearer: z.tuple([variable]) }),
  variable: z.array(variable).min(1),
  item: z.array(
    z.strictObject({
      name: text.min(1),
      description: text.min(1),
      item: z.array(z.strictObject({ name: text.min(1), request })).min(1),
    }),
  ),
})

let document: ApiDocument
let collection: z.infer<typeof collectionSchema>
before(async () => {
  document = await readApiDocument()
  collection = collectionSchema.parse(JSON.parse(collectionText(document)))
})

const requests = () => collection.item.flatMap(({ item }) => item)

test('the collection in the repository is the one that the API document gives', async () => {
  const file = await readFile(COLLECTION_FILE, 'utf8')
  assert.equal(file, collectionText(document), 'run `npm run collection`')
})

test('the published schema of Postman Collection v2.1.0 accepts the collection', async () => {
  const schema = await readFile(PUBLISHED_SCHEMA, 'utf8')
  const ajv = new Ajv({ strict: false, allErrors: true })
  addFormats.default(ajv)
  const accepts = ajv.compile(JSON.parse(schema))
  assert.ok(accepts(collection), JSON.stringify(accepts.errors))
  const [folder] = structuredClone(collection.item)
  const wrong = { ...collection, item: [{ ...folder, item: [{ name: 'no request' }] }] }
  assert.equal(accepts(wrong), false)
})

test('every operation is in the collection, under the name of its tag, and no two calls of a folder have one name', () => {
  const called = collection.item.flatMap((folder) =>
    folder.item.map(({ request: { method, url } }) => {
      const path = url.path.map((segment) => segment.replace(/^:(.+)$/u, '{$1}')).join('/')
      return `${folder.name} ${method} /${path}`
    }),
  )
  const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { tags }]) =>
      tags.map((tag) => `${tag} ${method.toUpperCase()} ${path}`),
    ),
  )
  assert.deepEqual([...new Set(called)].toSorted(), documented.toSorted())
  for (const { item } of collection.item) {
    const names = item.map(({ name }) => name)
    assert.deepEqual(names, [...new Set(names)])
  }
})

test('every documented example of a body is sent as it is documented', () => {
  let seen = 0
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const { requestBody } of Object.values(methods)) {
      for (const [type, { examples }] of Object.entries(requestBody?.content ?? {})) {
        for (const { value } of Object.values(examples ?? {})) {
          const isSent = requests().some(({ request: { url, body } }) => {
            if (url.path.length !== path.split('/').length - 1) return false
            if (body?.mode === 'formdata') {
              const [options] = body.formdata
              return (
                options?.type === 'text' &&
                options.value === JSON.stringify((value as { options?: object }).options, null, 2)
              )
            }
            if (body === undefined) return false
            return type === 'application/json'
              ? body.raw === JSON.stringify(value, null, 2)
              : body.raw === value
          })
          assert.ok(isSent, `${path} ${JSON.stringify(value)}`)
          seen += 1
        }
      }
    }
  }
  assert.ok(seen > 20, String(seen))
})

test('every variable is one that the collection has, and every place in a path has its value', () => {
  const known = new Set(['$guid', ...collection.variable.map(({ key }) => key)])
  for (const { name, request } of requests()) {
    const used = [...JSON.stringify(request).matchAll(/\{\{([^}]+)\}\}/gu)].map(([, of]) => of!)
    assert.deepEqual(
      used.filter((of) => !known.has(of)),
      [],
      name,
    )
    const places = request.url.path.filter((segment) => segment.startsWith(':'))
    const values = (request.url.variable ?? []).filter(({ value }) => value !== '')
    assert.deepEqual(
      values.map(({ key }) => `:${key}`),
      places,
      name,
    )
  }
})

test('a list in a query is separated by commas, as the document says', () => {
  const queries = requests().flatMap(({ request: { url } }) => url.query ?? [])
  const values = queries.map(({ value }) => value)
  assert.ok(values.includes('completed,completed_with_errors'), values.join(' '))
  assert.deepEqual(
    values.filter((value) => /["[\]]/u.test(value)),
    [],
  )
})

test('calls that need a key send it, and those that change something send a new Idempotency-Key', () => {
  const open = requests().filter(({ request: { auth } }) => auth !== undefined)
  assert.ok(open.length > 5)
  for (const { request, name } of open) {
    assert.match(request.url.raw, /\/(webhooks?\/genesys|livez|readyz|openapi|problems)/u, name)
  }
  const keys = requests().flatMap(({ request: { header } }) =>
    header.filter(({ key }) => key === 'Idempotency-Key'),
  )
  assert.ok(keys.length > 10)
  for (const { value } of keys) assert.equal(value, '{{$guid}}')
})

test('a route that comes is in the next collection, with its example', () => {
  const [[path, methods]] = Object.entries(document.paths) as [[string, object]]
  const added = { ...document, paths: { ...document.paths, '/v1/new-things/{thingId}': methods } }
  assert.ok(path.length > 0)
  assert.match(collectionText(added as ApiDocument), /"new-things"/u)
})
