import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { ConsoleDeps } from '../../../../src/console/frame/deps.ts'
import { csrfTokenOf } from '../../../../src/console/frame/session.ts'
import { GatewayProblem } from '../../../../src/domain/problems/problem.ts'
import { startFakeConsole } from '../../../support/console/console-fakes.ts'

const KEY = '0b7f2f6e-5a0c-4f5e-9a5e-3d2f3a1b0c9d'
const FIELDS = { list: 'list-1', key: KEY }

type Received = Parameters<ConsoleDeps['receiveUpload']>[0] & { text: string }

const start = async (t: { after(end: () => unknown): void }, deps: Partial<ConsoleDeps> = {}) => {
  const received: Received[] = []
  const { app, signIn } = await startFakeConsole({
    deps: {
      access: { isGranted: async (_tenant, _kind, id) => id === 'list-1' },
      listContactLists: async () => [{ id: 'list-1', name: '<b>One</b>' }],
      ids: { newUuid: () => KEY, newId: () => 'req_1' },
      receiveUpload: async (request) => {
        let text = ''
        for await (const piece of request.body) text += Buffer.from(piece).toString()
        received.push({ ...request, text })
        return { status: 202, body: '{"id":"upl_9"}', location: null, replayed: false }
      },
      ...deps,
    },
  })
  t.after(() => app.close())
  const cookie = await signIn()
  const token = csrfTokenOf(cookie.slice(cookie.indexOf('=') + 1))
  const send = (
    fields: Record<string, string>,
    about: { file?: string | null; to?: string; headers?: object } = {},
  ) => {
    const { file = 'customerId\nC-1', to = 'send', headers = {} } = about
    const form = new FormData()
    for (const [name, value] of Object.entries({ _csrf: token, ...FIELDS, ...fields }))
      form.append(name, value)
    if (file !== null) form.append('file', new File([file], 'people.csv', { type: 'text/csv' }))
    return new Response(form).arrayBuffer().then((body) =>
      app.inject({
        method: 'POST',
        url: `/console/uploads/new/${to}`,
        payload: Buffer.from(body),
        headers: {
          cookie,
          ...{ host: 'localhost:80', origin: 'http://localhost:80' },
          'content-type': `multipart/form-data; boundary=${Buffer.from(body).toString('latin1', 2, Buffer.from(body).indexOf('\r\n'))}`,
          ...headers,
        },
      }),
    )
  }
  return { app, cookie, received, send }
}

describe('A form with a file', () => {
  it('hands the file over as it comes, under the key of the page, and leads to the upload', async (t) => {
    const { received, send } = await start(t)
    const answer = await send({ apply: 'auto' })
    assert.equal(answer.statusCode, 303)
    assert.equal(answer.headers.location, '/console/uploads/upl_9?said=uploadedSent')
    const [request] = received
    assert.equal(request!.text, 'customerId\nC-1')
    assert.equal(request!.fileName, 'people.csv')
    assert.equal(request!.idempotencyKey, `console-${KEY}`)
    assert.equal(request!.path, '/v1/contact-lists/list-1/uploads')
  })

  it('tells a script in JSON how it ended', async (t) => {
    const { send } = await start(t)
    const headers = { accept: 'application/json' }
    assert.deepEqual((await send({}, { headers })).json(), {
      goTo: '/console/uploads/upl_9?said=uploaded',
    })
    const refused = await send({ list: 'list-2' }, { headers })
    assert.equal(refused.statusCode, 404)
    assert.equal(refused.json().code, 'not-found')
    const out = await send({}, { headers: { ...headers, cookie: '' } })
    assert.equal(out.statusCode, 401)
    assert.match(out.json().heading, /signed out/u)
  })

  it('is refused without the token of the session, from elsewhere, and for a list that is not granted', async (t) => {
    const { received, send } = await start(t)
    assert.equal((await send({ _csrf: 'guessed' })).statusCode, 403)
    assert.equal((await send({}, { headers: { origin: 'https://evil.example' } })).statusCode, 403)
    assert.equal((await send({ list: 'list-2' })).statusCode, 404)
    assert.equal((await send({ more: 'x' })).statusCode, 400)
    assert.deepEqual(received, [])
  })

  it('comes back with what was chosen when the file is refused, and names lists as text', async (t) => {
    const { send } = await start(t, {
      receiveUpload: async () => {
        throw new GatewayProblem('columns-missing', 'Missing.', { columns: ['city'] })
      },
    })
    const answer = await send({ duplicates: 'skip' })
    assert.equal(answer.statusCode, 422)
    assert.match(answer.body, /The file lacks columns[\s\S]*city/u)
    assert.match(answer.body, /value="skip" selected/u)
    assert.match(answer.body, /&lt;b&gt;One/u)
  })

  it('says that no file came with it', async (t) => {
    const { send } = await start(t)
    assert.equal((await send({}, { file: null })).statusCode, 400)
  })

  it('shows a script the part of the page alone', async (t) => {
    const { send } = await start(t)
    const part = await send({}, { to: 'check', headers: { 'hx-request': 'true' } })
    assert.equal(part.statusCode, 503)
    assert.match(part.body, /role="alert"/u)
    assert.doesNotMatch(part.body, /<html/u)
  })
})

describe('The page to upload a file', () => {
  it('takes the id of a list where Genesys cannot be asked', async (t) => {
    const { app, cookie } = await start(t, {
      listContactLists: async () => {
        throw new GatewayProblem('genesys-unavailable', 'No answer.')
      },
    })
    const { body } = await app.inject({ url: '/console/uploads/new', headers: { cookie } })
    assert.match(body, /<input id="list"[^>]*required/u)
  })

  it('weighs at most 60 KB the first time, with all that it loads', async (t) => {
    const { app, cookie } = await start(t)
    const { body } = await app.inject({ url: '/console/uploads/new', headers: { cookie } })
    let bytes = Buffer.byteLength(body)
    for (const [, url] of body.matchAll(/(?:src|href)="(\/console\/assets\/[^"]+)"/gu)) {
      const asset = await app.inject({ url: url!, headers: { 'accept-encoding': 'gzip' } })
      bytes += asset.rawPayload.byteLength
    }
    assert.ok(bytes < 60_000, `${bytes} bytes`)
  })
})
