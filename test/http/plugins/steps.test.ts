import assert from 'node:assert/strict'
import { test } from 'node:test'

import fastify from 'fastify'

import { normalisationPlugin } from '../../../src/http/plugins/normalisation.ts'
import { validationPlugin } from '../../../src/http/plugins/validation.ts'
import { routesOf } from '../../../src/http/server/route.ts'
import { bearer } from '../../support/gateway/fake-keys.ts'
import { startFakeServer } from '../../support/gateway/http-fakes.ts'

const LIMITS = { cellChars: null }

test('the upload route hands the steps to the workflow, made of the configuration and of what the call asks for', async (t) => {
  const { app, received } = await startFakeServer({
    rowRules: { defaultRegion: 'GB', contactIdPattern: /^[0-9]+$/ },
  })
  t.after(() => app.close())
  await app.inject({
    method: 'POST',
    url: '/v1/contact-lists/list-1/uploads',
    headers: { ...bearer('uploads'), 'content-type': 'text/csv', 'idempotency-key': 'k' },
    payload: 'a',
  })
  const { steps } = received[0]!
  const configured = steps({ options: {}, limits: LIMITS })
  assert.equal(configured.normalise.terms.region, 'GB')
  assert.equal(configured.checkId('C-1'), 'contact-id-invalid')
  assert.equal(configured.checkId('1'), null)
  const asked = steps({ options: { defaultRegion: 'US' }, limits: { cellChars: 512 } })
  assert.equal(asked.normalise.phone('(415) 555-2671').ok, true)
  assert.equal(asked.longestCell, 512)
})

test('any route gets both plugins, whose steps are one: a phone is the same wherever it stands', async () => {
  const app = fastify()
  await app.register(normalisationPlugin)
  await app.register(validationPlugin({ defaultRegion: 'US', contactIdPattern: /./ }))
  const seen: unknown[] = []
  routesOf(
    app,
    {} as never,
  )({
    method: 'GET',
    url: '/planted',
    access: 'public',
    id: 'planted',
    tag: 'operations',
    summary: 'A planted one',
    answers: { 200: { about: 'Yes' } },
    problems: [],
    examples: [],
    handler: async (_request, _reply, { normalisation, validation }) => {
      seen.push(normalisation({ region: 'US', plus: 'reject' }))
      seen.push(validation.contacts({ options: {}, limits: LIMITS }).normalise)
      return {}
    },
  })
  assert.equal((await app.inject({ url: '/planted' })).statusCode, 200)
  assert.equal(seen[0], seen[1])
})
