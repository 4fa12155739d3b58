import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'

import { z } from 'zod'

import { form, page } from '../../src/console/frame/page.ts'
import { csrfTokenOf } from '../../src/console/frame/session.ts'
import { TABLE } from '../../src/console/page-table.ts'
import type { Scope } from '../../src/domain/access/access.ts'
import { CONSOLE_KEY, post, startFakeConsole } from '../support/console/console-fakes.ts'

const start = async (t: TestContext, about: Parameters<typeof startFakeConsole>[0] = {}) => {
  const started = await startFakeConsole(about)
  t.after(() => started.app.close())
  return started
}

const pressed: string[] = []
const PLANTED = [
  page({
    at: '/',
    scope: null,
    menu: 'overview',
    load: async () => ({
      title: 'Planted',
      template: '/frame/problem',
      model: { problem: { heading: '<b>Bold</b>', detail: '', hint: '', back: null, code: 'x' } },
    }),
  }),
  form({
    at: '/press/:id',
    scope: 'uploads',
    params: z.strictObject({ id: z.string() }),
    form: z.strictObject({ word: z.string().regex(/o/u).regex(/g/u) }),
    act: async ({ params, form: { word } }) => {
      pressed.push(`${params.id} ${word}`)
      return { goTo: '/console', said: 'signedIn' }
    },
  }),
]

const tokenIn = (cookie: string): string => cookie.slice(cookie.indexOf('=') + 1)

test('a browser that opens the address is led to the console; a program hears 404 as before', async (t) => {
  const { app } = await start(t)
  const led = await app.inject({ url: '/', headers: { accept: 'text/html,*/*' } })
  assert.equal(led.statusCode, 303)
  assert.equal(led.headers.location, '/console')
  const told = await app.inject({ url: '/', headers: { accept: '*/*' } })
  assert.equal(told.statusCode, 404)
  assert.equal(told.json().code, 'not-found')
})

test('every page and every button asks who is not signed in to sign in, and does nothing', async (t) => {
  const { app } = await start(t)
  for (const { kind, at } of TABLE) {
    const url = `/console${at.replaceAll(/:\w+/gu, 'x')}`
    const answer = kind === 'page' ? await app.inject({ url }) : await post(app, url, {})
    assert.equal(answer.statusCode, 303, url)
    assert.match(String(answer.headers.location), /^\/console\/sign-in/u, url)
  }
})

test('every page and every button with a scope is refused to a session without it', async (t) => {
  const { app, signIn } = await start(t, { scopes: [] as Scope[] })
  const cookie = await signIn()
  for (const { kind, at, scope } of TABLE) {
    if (scope === null) continue
    const url = `/console${at.replaceAll(/:\w+/gu, 'x')}`
    const fields = { _csrf: csrfTokenOf(tokenIn(cookie)) }
    const answer =
      kind === 'page'
        ? await app.inject({ url, headers: { cookie } })
        : await post(app, url, fields, { cookie })
    assert.equal(answer.statusCode, 403, url)
    assert.doesNotMatch(answer.body, new RegExp(`href="${url}"`, 'u'), 'and is not in the menu')
  }
})

test('a form whose session ended leads to the sign-in, and from there back to its page', async (t) => {
  const { app } = await start(t)
  const press = (referer: string) =>
    post(app, '/console/uploads/move', {}, { host: 'localhost', referer })
  const led = await press('http://localhost/console/uploads?state=held')
  const to = encodeURIComponent('/console/uploads?state=held')
  assert.equal(led.headers.location, `/console/sign-in?to=${to}`)
  const foreign = await press('https://evil.example/console/uploads')
  assert.equal(foreign.headers.location, '/console/sign-in')
})

test('the cookie is for pages alone: out of reach of scripts, and nothing under /v1', async (t) => {
  const { app } = await start(t)
  const answer = await post(app, '/console/sign-in', { key: ` ${CONSOLE_KEY} ` })
  assert.equal(answer.statusCode, 303)
  const cookie = String(answer.headers['set-cookie'])
  assert.match(cookie, /^gateway_console=[\w-]+; Path=\/console; HttpOnly; SameSite=Lax/u)
  assert.doesNotMatch(cookie, /Secure/u)
  const api = await app.inject({ url: '/v1/uploads', headers: { cookie } })
  assert.equal(api.statusCode, 401)
})

test('a part that refreshes itself is no sign of a person; every other page and button is', async (t) => {
  const { app, signIn, askedBy } = await start(t, { scopes: [] as Scope[] })
  const cookie = await signIn()
  for (const entry of [...TABLE, { kind: 'page', at: '/here' } as const]) {
    const url = `/console${entry.at.replaceAll(/:\w+/gu, 'x')}`
    askedBy.length = 0
    await (entry.kind === 'page'
      ? app.inject({ url, headers: { cookie } })
      : post(app, url, {}, { cookie }))
    assert.deepEqual(askedBy, ['part' in entry ? 'page' : 'person'], url)
  }
})

test('behind https the cookie is secure', async (t) => {
  const { app } = await start(t, { trustProxy: ['127.0.0.1'] })
  const answer = await post(
    app,
    '/console/sign-in',
    { key: CONSOLE_KEY },
    { origin: 'https://localhost:80', 'x-forwarded-proto': 'https' },
  )
  assert.match(String(answer.headers['set-cookie']), /; Secure/u)
})

test('wrong keys are told so, and then slowed down', async (t) => {
  const { app } = await start(t)
  for (let at = 0; at < 3; at += 1) {
    const answer = await post(app, '/console/sign-in', { key: `wrong-${at}` })
    assert.equal(answer.statusCode, 401)
    assert.equal(answer.headers['set-cookie'], undefined)
  }
  const slowed = await post(app, '/console/sign-in', { key: CONSOLE_KEY })
  assert.equal(slowed.statusCode, 429)
  assert.ok(Number(slowed.headers['retry-after']) >= 1)
})

test('a sign-in leads back to where it was asked for, and nowhere else', async (t) => {
  const { app } = await start(t)
  const led = async (to: string) =>
    (await post(app, '/console/sign-in', { key: CONSOLE_KEY, to })).headers.location
  assert.equal(await led('/console/uploads?state=held'), '/console/uploads?state=held')
  for (const to of [
    '//evil.example',
    'https://evil.example',
    '/v1/uploads',
    '/console/\\evil',
    '/consoles',
  ]) {
    assert.equal(await led(to), '/console', to)
  }
})

test('the link of a start signs in once, by its button, from the machine itself', async (t) => {
  const { app, link } = await start(t)
  const url = `/console/sign-in?link=${link.token}`
  const redeem = (remote: Record<string, string> = {}) =>
    post(app, '/console/sign-in', { link: link.token }, remote)
  assert.equal((await app.inject({ url })).statusCode, 200)
  assert.equal((await app.inject({ url })).statusCode, 200, 'looking uses nothing up')
  const elsewhere = await redeem({ 'x-forwarded-for': '10.0.0.1' })
  assert.equal(elsewhere.statusCode, 401)
  assert.equal((await redeem()).statusCode, 303)
  assert.equal((await redeem()).statusCode, 401)
  assert.equal((await app.inject({ url })).statusCode, 401)
})

test('a form is taken from a page of the console alone: its origin and the token of the session', async (t) => {
  const { app, signIn } = await start(t, { table: PLANTED })
  const cookie = await signIn()
  const token = { _csrf: csrfTokenOf(tokenIn(cookie)) }
  const press = async (fields: Record<string, string>, headers: Record<string, string> = {}) =>
    (await post(app, '/console/press/a', { word: 'go', ...fields }, { cookie, ...headers }))
      .statusCode
  assert.equal(await press({}), 403)
  assert.equal(await press({ _csrf: 'guessed' }), 403)
  assert.equal(await press(token, { origin: 'https://evil.example' }), 403)
  assert.equal(await press(token, { origin: 'null' }), 403)
  assert.equal(await press(token, { cookie: 'gateway_console=unknown-0123456789012345' }), 303)
  assert.deepEqual(pressed, [])
  assert.equal(await press({ ...token, more: 'x' }), 400)
  assert.equal(await press(token), 303)
  assert.deepEqual(pressed, ['a go'])
})

test('a field that cannot be used is named once, in words for who filled it in', async (t) => {
  const { app, signIn } = await start(t, { table: PLANTED })
  const cookie = await signIn()
  const fields = { _csrf: csrfTokenOf(tokenIn(cookie)), word: 'x' }
  const answer = await post(app, '/console/press/a', fields, { cookie })
  assert.equal(answer.statusCode, 400)
  assert.match(answer.body, /A field has a value that cannot be used/u)
  assert.match(answer.body, /cannot use the value of: word</u)
  assert.doesNotMatch(answer.body, /API document/u)
})

test('a page says that Genesys is simulated, loads from here alone, and shows markup as text', async (t) => {
  const { app, signIn } = await start(t, { table: PLANTED })
  const cookie = await signIn()
  const answer = await app.inject({ url: '/console', headers: { cookie } })
  assert.match(answer.body, /SIMULATED/u)
  assert.match(answer.body, /&lt;b&gt;Bold/u)
  assert.match(String(answer.headers['content-security-policy']), /script-src 'self'/u)
  assert.doesNotMatch(answer.body, /(?:src|href)="https?:|\sstyle=|\son\w+=|<script>/u)
  for (const [, url] of answer.body.matchAll(/(?:src|href)="(\/console\/assets\/[^"]+)"/gu)) {
    const asset = await app.inject({ url: url!, headers: { 'accept-encoding': 'br' } })
    assert.equal(asset.statusCode, 200, url)
    assert.match(String(asset.headers['cache-control']), /immutable/u)
  }
})

test('a file of the page comes in the coding that the browser prefers, and in none that it refuses', async (t) => {
  const { app, signIn } = await start(t)
  const page = await app.inject({ url: '/console', headers: { cookie: await signIn() } })
  const url = /src="(\/console\/assets\/[^"]+)"/u.exec(page.body)![1]!
  const read = async (accepts: string) => {
    const { headers, rawPayload } = await app.inject({
      url,
      headers: { 'accept-encoding': accepts },
    })
    return { coding: headers['content-encoding'], rawPayload }
  }
  const plain = (await read('identity')).rawPayload
  const decode = { br: brotliDecompressSync, gzip: gunzipSync }
  for (const [accepts, coding] of [
    ['gzip, deflate, br', 'br'],
    ['br;q=0, gzip', 'gzip'],
    ['br;q=0.1, gzip;q=0.9', 'gzip'],
  ] as const) {
    const answer = await read(accepts)
    assert.equal(answer.coding, coding, accepts)
    assert.deepEqual(decode[coding](answer.rawPayload), plain, accepts)
  }
  for (const accepts of ['br;q=0', 'deflate', 'br;q=much', '']) {
    assert.equal((await read(accepts)).coding, undefined, accepts)
  }
})

test('the address of a button, opened as a page, leads to the page above it', async (t) => {
  const { app, signIn } = await start(t)
  const cookie = await signIn()
  const pages = new Set(TABLE.flatMap(({ kind, at }) => (kind === 'page' ? [at] : [])))
  const above: Record<string, string> = {
    '/people/explain': '/people',
    '/uploads/search': '/uploads',
    '/access/keys/:keyId/rotate': '/access/keys/:keyId',
    '/do-not-call/registries/:registry/editions/:editionId/remove':
      '/do-not-call/registries/:registry',
  }
  const urlOf = (at: string): string => `/console${at.replaceAll(/:\w+/gu, 'x')}`
  for (const { at } of TABLE) {
    if (pages.has(at)) continue
    const { statusCode, headers } = await app.inject({ url: urlOf(at), headers: { cookie } })
    assert.equal(statusCode, 303, at)
    const to = String(headers.location)
    assert.ok(
      [...pages].some((page) => to === urlOf(page)),
      `${at}: ${to}`,
    )
    if (above[at] !== undefined) assert.equal(to, urlOf(above[at]))
  }
})

test('an address that is none, and a session that ended, are answered with a page', async (t) => {
  const { app, signIn, sessions } = await start(t)
  const cookie = await signIn()
  const lost = await app.inject({ url: '/console/nowhere', headers: { cookie } })
  assert.equal(lost.statusCode, 404)
  assert.match(lost.body, /<h1>This page does not exist/u)
  // Without the policy of the pages, the browser refuses the styles and scripts of this page.
  const wrongMethod = await app.inject({
    method: 'PUT',
    url: '/console/uploads',
    headers: { cookie },
  })
  assert.equal(wrongMethod.statusCode, 405)
  for (const { headers } of [lost, wrongMethod]) {
    assert.match(String(headers['content-security-policy']), /style-src 'self'; img-src 'self'/u)
    assert.equal(headers['referrer-policy'], 'same-origin')
  }
  const out = await post(
    app,
    '/console/sign-out',
    { _csrf: csrfTokenOf(tokenIn(cookie)) },
    { cookie },
  )
  assert.equal(out.statusCode, 303)
  assert.match(String(out.headers['set-cookie']), /^gateway_console=;.*Max-Age=0/u)
  assert.equal(sessions.size, 0)
  const part = await app.inject({
    url: '/console/overview/live',
    headers: { cookie, 'hx-request': 'true' },
  })
  assert.equal(part.statusCode, 401)
  assert.equal(part.headers['hx-refresh'], 'true')
})
