import assert from 'node:assert/strict'
import { test } from 'node:test'

import fastify from 'fastify'
import { z } from 'zod'

import { GatewayProblem } from '../../../src/domain/problems/problem.ts'
import { documentPlugin } from '../../../src/http/document/openapi.ts'
import { codesOf } from '../../../src/http/document/route-codes.ts'
import { TAGS } from '../../../src/http/document/tags.ts'
import { normalisationPlugin } from '../../../src/http/plugins/normalisation.ts'
import { validationPlugin } from '../../../src/http/plugins/validation.ts'
import { routesOf, type AddRoute } from '../../../src/http/server/route.ts'
import { bearer } from '../../support/gateway/fake-keys.ts'
import { startFakeServer } from '../../support/gateway/http-fakes.ts'

const aRoute = {
  method: 'GET',
  access: 'key',
  tag: 'operations',
  summary: 'A planted one',
  answers: { 200: { about: 'Yes' } },
  examples: [],
} as const

test('a route that does not say what it does stops the boot, and is named', async () => {
  const app = fastify()
  await app.register(documentPlugin({ publicUrl: null, sandbox: false }))
  assert.throws(
    () => app.get('/planted', { config: { access: 'public' } }, async () => 'x'),
    /The route GET \/planted does not say what it does/,
  )
})

test('a problem that the operation does not declare is told, and the caller hears it all the same', async (t) => {
  const told: unknown[] = []
  const { app } = await startFakeServer({
    readContactList: async () => {
      throw new GatewayProblem('state-conflict', 'Planted.')
    },
    emit: (name, fields) => {
      if (name === 'http.problem_undeclared') told.push(fields)
    },
  })
  t.after(() => app.close())
  const url = '/v1/contact-lists/list-1'
  const headers = { ...bearer('admin'), 'x-request-id': 'r' }
  assert.equal((await app.inject({ url, headers })).statusCode, 409)
  assert.deepEqual(told, [
    { requestId: 'r', operation: 'getContactList', problem: 'state-conflict' },
  ])
})

test('every operation has a tag, a summary and codes, and an id of its own', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  const operations = app.operations()
  assert.ok(operations.length >= 27)
  assert.equal(new Set(operations.map(({ id }) => id)).size, operations.length)
  for (const { id, tag, summary, answers } of operations) {
    assert.ok(tag in TAGS && /^[A-Z].+[^.]$/u.test(summary), id)
    assert.ok(Object.keys(answers).length > 0, id)
  }
})

test('what cannot be guessed of createUpload is declared', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  const createUpload = app.operations().find(({ id }) => id === 'createUpload')!
  for (const code of [
    'overwrite-not-confirmed',
    'overwrite-confirmation-differs',
    'contact-id-column-not-in-list',
    'service-stopping',
  ] as const) {
    assert.ok(codesOf(createUpload).includes(code), code)
  }
})

test('an answer goes out as the handler gives it: its schema documents it and is not run', async () => {
  const app = fastify()
  await app.register(normalisationPlugin)
  await app.register(validationPlugin({ defaultRegion: 'US', contactIdPattern: /./ }))
  const add = routesOf(app, {} as never)
  add({
    ...aRoute,
    url: '/planted',
    id: 'planted',
    answers: { 200: { about: 'Yes', schema: z.strictObject({ a: z.string() }) } },
    problems: [],
    handler: async () => ({ a: 1, more: 'than the schema says' }),
  })
  const { statusCode, body } = await app.inject({ url: '/planted' })
  assert.deepEqual([statusCode, body], [200, '{"a":1,"more":"than the schema says"}'])
})

/**
 * The type checker runs this test: if the line below a `@ts-expect-error` becomes right, the
 * directive is an error.
 */
export const heldByTypes = (add: AddRoute): void => {
  add({
    ...aRoute,
    url: '/planted/1',
    id: 'planted1',
    problems: [],
    handler: async (request, _reply, deps) => {
      // @ts-expect-error receiveUpload may refuse with codes that the route does not declare
      await deps.receiveUpload({})
      // @ts-expect-error 'not-found' is not declared
      throw deps.refuse('not-found', request.id)
    },
  })
  add({
    ...aRoute,
    url: '/planted/2',
    id: 'planted2',
    problems: ['not-found', 'genesys-unavailable', 'genesys-refused'],
    handler: async (request, _reply, deps) => {
      await deps.readContactList(request.caller!, 'list-1')
      // @ts-expect-error a use of a group is held back as well: webhook-endpoint-exists is not declared
      await deps.webhookEndpoints.create(request.caller!, {})
      throw deps.refuse('not-found', 'No.')
    },
  })
}
