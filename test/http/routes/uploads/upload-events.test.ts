import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it, type TestContext } from 'node:test'

import type { FastifyRequest } from 'fastify'

import type { ApiKey } from '../../../../src/domain/access/access.ts'
import { GatewayProblem } from '../../../../src/domain/problems/problem.ts'
import type { Upload } from '../../../../src/domain/uploads/upload.ts'
import { keyCheckOf } from '../../../../src/http/plugins/auth.ts'
import type { HttpDeps } from '../../../../src/http/server/deps.ts'
import { createEventStreams } from '../../../../src/http/server/event-stream.ts'
import { createWatchUploads } from '../../../../src/workflows/uploads/watch/watch-uploads.ts'
import { anUpload } from '../../../support/gateway/an-upload.ts'
import { followUpload } from '../../../support/gateway/event-reader.ts'
import { API_KEYS, KEYS, bearer } from '../../../support/gateway/fake-keys.ts'
import { startFakeServer } from '../../../support/gateway/http-fakes.ts'
import { createManualClock } from '../../../support/stages/test-clock.ts'

/** A server on a socket. The test changes its upload. */
const listen = async (t: TestContext, first: Upload, streams = {}) => {
  const listeners = new Set<(upload: Upload) => void>()
  const watching = Promise.withResolvers<void>()
  const { app, events } = await startFakeServer({
    uploads: {
      find: async () => first,
      list: async () => null,
      ledger: async () => ({ rows: [], nextLine: null }),
      ledgerRows: async function* () {},
      staging: async () => null,
    },
    watchUploads: {
      watch: (_upload, listener) => {
        listeners.add(listener)
        watching.resolve()
        return () => listeners.delete(listener)
      },
    },
    limits: { maxUploadBytes: 1, eventStreams: streams },
  })
  t.after(() => app.close())
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  return {
    app,
    address,
    events,
    listeners,
    watching: watching.promise,
    follow: (seen: string | null = null) => followUpload(address, KEYS.uploads, 'upl_1', seen),
    move: (upload: Partial<Upload>) => {
      for (const listener of listeners) listener(anUpload(upload))
    },
  }
}

describe('The event stream of an upload', () => {
  it('tells states and progress apart, never an older version after a newer, and ends by itself', async (t) => {
    const { follow, move, listeners, watching } = await listen(t, anUpload({ version: 3 }))
    const reader = await follow()
    await watching
    move({ version: 5, state: 'delivering' })
    move({ version: 4, state: 'delivering' })
    move({ version: 6, state: 'awaiting_completion' })
    move({ version: 7, state: 'completed' })
    assert.deepEqual(
      (await reader.all()).map(({ id, event, data }) => [id, event, data.state]),
      [
        ['3', 'state', 'delivering'],
        ['5', 'progress', 'delivering'],
        ['6', 'state', 'awaiting_completion'],
        ['7', 'state', 'completed'],
        ['7', 'end', 'completed'],
      ],
    )
    assert.equal(listeners.size, 0)
  })

  it('begins after the version that was seen, and has nothing for who saw the last', async (t) => {
    const open = await listen(t, anUpload({ version: 3 }))
    const reader = await open.follow('3')
    await open.watching
    open.move({ version: 4, state: 'failed' })
    assert.deepEqual(
      (await reader.all()).map(({ id, event }) => [id, event]),
      [
        ['4', 'state'],
        ['4', 'end'],
      ],
    )
    const ended = await listen(t, anUpload({ version: 9, state: 'completed' }))
    const headers = { ...bearer('uploads'), 'last-event-id': '9' }
    const nothing = await fetch(`${ended.address}/v1/uploads/upl_1/events`, { headers })
    assert.equal(nothing.status, 204)
    const late = await (await ended.follow('8')).all()
    assert.deepEqual(
      late.map(({ event }) => event),
      ['state', 'end'],
    )
  })

  it('ends when its key was revoked or has lost the scope, and not while the database is away', async () => {
    const request = { headers: bearer('uploads') } as unknown as FastifyRequest
    let found = async (): Promise<ApiKey | null> => API_KEYS.uploads
    const access = { findKey: () => found() } as unknown as HttpDeps['access']
    const inForce = keyCheckOf({ access, clock: createManualClock() }, request, 'uploads')
    assert.equal(await inForce(), true)
    found = async () => ({ ...API_KEYS.uploads, scopes: ['dnc'] })
    assert.equal(await inForce(), false)
    found = async () => ({ ...API_KEYS.uploads, revokedAt: new Date(0) })
    assert.equal(await inForce(), false)
    found = async () => null
    assert.equal(await inForce(), false)
    found = () => Promise.reject(new Error('away'))
    assert.equal(await inForce(), true)
  })

  it('is one of at most so many of a key; a reader who leaves makes room and is no fault', async (t) => {
    const { follow, address, listeners, watching, events } = await listen(t, anUpload(), {
      mostPerKey: 1,
    })
    const leaving = new AbortController()
    const url = `${address}/v1/uploads/upl_1/events`
    await fetch(url, { headers: bearer('uploads'), signal: leaving.signal })
    await watching
    const refused = await fetch(url, { headers: bearer('uploads') })
    assert.equal(refused.status, 429)
    assert.equal(refused.headers.get('retry-after'), '10')
    assert.equal(((await refused.json()) as { code: string }).code, 'too-many-streams')
    const gone = Promise.withResolvers<void>()
    const remove = listeners.delete.bind(listeners)
    listeners.delete = (listener) => {
      gone.resolve()
      return remove(listener)
    }
    leaving.abort()
    await gone.promise
    assert.equal((await follow()).status, 200)
    assert.deepEqual(
      events.map(({ name, fields }) => [name, fields['status'], fields['problem']]),
      [
        ['http.answered', 429, 'too-many-streams'],
        ['http.answered', 200, null],
      ],
    )
  })

  it('lets every reader go when the server closes', async (t) => {
    const { app, follow, watching } = await listen(t, anUpload())
    const reader = await follow()
    await watching
    await app.close()
    assert.equal((await reader.all()).length, 1)
  })

  it('needs the scope of uploads, and takes no HEAD', async (t) => {
    const { address } = await listen(t, anUpload())
    const url = `${address}/v1/uploads/upl_1/events`
    assert.equal((await fetch(url)).status, 401)
    assert.equal((await fetch(url, { headers: bearer('dnc') })).status, 403)
    const head = await fetch(url, { method: 'HEAD', headers: bearer('uploads') })
    assert.ok(head.status === 404 || head.status === 405)
  })
})

describe('An event stream', () => {
  const refuse = (code: 'too-many-streams', detail: string) => new GatewayProblem(code, detail)
  const keyOf = (id: string) => ({ id, isInForce: async () => true })

  it('is disconnected when its reader is too slow', async () => {
    const streams = createEventStreams({ clock: createManualClock() })
    const closed = Promise.withResolvers<void>()
    const { body, send } = streams.open(refuse, keyOf('key'), closed.resolve)
    for (let n = 0; n < 40; n += 1) send({ id: `${n}`, event: 'state', data: 'x'.repeat(1000) })
    await closed.promise
    assert.ok(body.destroyed && body.readableLength < 40_000)
  })

  it('is kept awake by comments, and ends when its time is over', async () => {
    const clock = createManualClock()
    const streams = createEventStreams({ clock, limits: { longestMs: 30_000 } })
    const { body } = streams.open(refuse, keyOf('key'), () => undefined)
    let text = ''
    body.on('data', (piece: Buffer) => {
      text += piece.toString()
    })
    const ended = once(body, 'end')
    await clock.advance(15_000)
    assert.equal(text, 'retry: 2000\n\n:\n\n')
    await clock.advance(15_000)
    await ended
  })

  it('ends at the next comment after its key was revoked', async () => {
    const clock = createManualClock()
    let inForce = true
    const key = { id: 'key', isInForce: async () => inForce }
    const { body } = createEventStreams({ clock }).open(refuse, key, () => undefined)
    let text = ''
    body.on('data', (piece: Buffer) => {
      text += piece.toString()
    })
    const ended = once(body, 'end')
    await clock.advance(15_000)
    assert.equal(text, 'retry: 2000\n\n:\n\n')
    inForce = false
    await clock.advance(15_000)
    await ended
    assert.equal(text, 'retry: 2000\n\n:\n\n:\n\n')
  })

  it('counts by key', () => {
    const streams = createEventStreams({ clock: createManualClock(), limits: { mostPerKey: 2 } })
    for (const key of ['a', 'a', 'b']) streams.open(refuse, keyOf(key), () => undefined)
    assert.throws(() => streams.open(refuse, keyOf('a'), () => undefined), GatewayProblem)
    streams.open(refuse, keyOf('b'), () => undefined)
    streams.endAll()
  })
})

describe('Watching uploads', () => {
  it('looks once a second for all together while somebody watches, through an outage told once', async () => {
    const clock = createManualClock()
    const looks: Map<string, number>[] = []
    let answer: () => Upload[] = () => []
    const told: string[] = []
    const watch = createWatchUploads({
      uploads: {
        changed: async (known) => {
          looks.push(new Map(known))
          return answer()
        },
      },
      clock,
      emit: (name) => void told.push(name),
    })
    const heard: string[] = []
    const listener = (who: string) => (upload: Upload) =>
      void heard.push(`${who} ${upload.id} ${upload.version}`)
    const ends = [
      watch.watch(anUpload({ id: 'u1', version: 1 }), listener('a')),
      watch.watch(anUpload({ id: 'u1', version: 1 }), listener('b')),
      watch.watch(anUpload({ id: 'u2', version: 4 }), listener('c')),
    ]
    answer = () => [anUpload({ id: 'u1', version: 2 })]
    await clock.advance(1000)
    assert.deepEqual(looks, [
      new Map([
        ['u1', 1],
        ['u2', 4],
      ]),
    ])
    assert.deepEqual(heard, ['a u1 2', 'b u1 2'])
    answer = () => {
      throw new Error('away')
    }
    await clock.advance(3000)
    assert.deepEqual([looks.length, told], [4, ['job.failed']])
    answer = () => []
    ends[0]!()
    ends[1]!()
    await clock.advance(1000)
    assert.deepEqual(looks.at(-1), new Map([['u2', 4]]))
    ends[2]!()
    await clock.advance(5000)
    assert.ok(looks.length <= 6)
    watch.watch(anUpload({ id: 'u3', version: 1 }), listener('d'))
    const before = looks.length
    await clock.advance(1000)
    assert.equal(looks.length, before + 1)
    await watch.stop()
  })
})
