import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'

import { embeddedHome } from '../../support/databases/database.ts'
import { ADMIN_KEY, type LogLine } from '../../support/gateway/gateway-process.ts'
import { cleanFile } from '../../support/stages/contact-file.ts'
import { type RunningGateway, setStage, type Stage } from '../../support/stages/stage.ts'

const PROJECT = join(import.meta.dirname, '..', '..', '..')
/** A stop takes at most 10 s. */
const STOP_WITHIN_MS = 12_000

const UPLOADS = '/v1/contact-lists/demo-contacts/uploads'

/** The processes of the group that still run. Linux only. */
const membersOf = (group: number): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
        const [state, , itsGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        return Number(itsGroup) === group && state !== 'Z'
      } catch {
        return false
      }
    })

/**
 * Starts `npm start` as the first process of a separate process group, as a terminal or a service
 * manager does.
 */
const startByNpm = async (dataDir: string) => {
  const npm = spawn('npm', ['start'], {
    cwd: PROJECT,
    env: {
      ...{ PATH: process.env['PATH'], HOME: process.env['HOME'], DATA_DIR: dataDir },
      ...{ PORT: '0', ADMIN_API_KEY: ADMIN_KEY },
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const events: LogLine[] = []
  const output: string[] = []
  const { promise: started, resolve, reject } = Promise.withResolvers<void>()
  for (const stream of [npm.stdout, npm.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      output.push(line)
      if (!line.startsWith('{')) return
      events.push(JSON.parse(line) as LogLine)
      if (events.at(-1)?.event === 'process.started') resolve()
    })
  }
  const exited = once(npm, 'exit')
  exited.then(() => reject(new Error(output.join('\n'))), reject)
  const reap = (): void => {
    for (const pid of membersOf(npm.pid!)) process.kill(Number(pid), 'SIGKILL')
  }
  process.once('exit', reap)
  await started
  return { group: npm.pid!, events, exited, reap }
}

const stopped = (events: LogLine[]): LogLine | undefined =>
  events.find(({ event }) => event === 'process.stopped')

test('SIGTERM to npm start, and Ctrl-C, stop the gateway cleanly, and the next start has the directory', async () => {
  const home = embeddedHome()
  const place = await home.fresh()
  assert.ok(place.kind === 'embedded')
  try {
    for (const signal of ['npm alone', 'the whole group']) {
      const gateway = await startByNpm(place.dataDir)
      if (signal === 'npm alone') process.kill(gateway.group, 'SIGTERM')
      else process.kill(-gateway.group, 'SIGINT')
      await gateway.exited
      // npm may end before the last line of its child is read.
      const deadline = performance.now() + STOP_WITHIN_MS
      while (!stopped(gateway.events) && performance.now() < deadline) await delay(20)
      const left = membersOf(gateway.group)
      gateway.reap()
      assert.deepEqual(left, [], signal)
      assert.equal(stopped(gateway.events)?.['clean'], true, signal)
    }
  } finally {
    await home.close()
  }
})

/** A call whose body is sent piece by piece. */
const openCall = (gateway: RunningGateway, path: string, headers: Record<string, string>) => {
  const { hostname, port } = new URL(gateway.address)
  const call: ClientRequest = httpRequest({
    ...{ hostname, port, path, method: 'POST' },
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'idempotency-key': 'stop-1', ...headers },
  })
  const answer = once(call, 'response').then(async ([response]) => {
    const given = response as IncomingMessage
    return { status: given.statusCode, headers: given.headers, body: await text(given) }
  })
  answer.catch(() => undefined)
  // A client that gets 503 while it writes stops writing.
  call.on('error', () => undefined)
  return { write: (piece: string) => call.write(piece), end: () => call.end(), answer }
}

const withStage = async (run: (stage: Stage, gateway: RunningGateway) => Promise<void>) => {
  const home = embeddedHome()
  const stage = await setStage(await home.fresh(), 'guide')
  try {
    await run(stage, await stage.gateway())
  } finally {
    await stage.close()
    await home.close()
  }
}

describe('A body that comes in while the gateway stops', () => {
  const { csv } = cleanFile({ rows: 3_000 })
  const half = csv.slice(0, csv.indexOf('\n', csv.length / 2) + 1)
  const form = (file: string): string =>
    `--b\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\ncontent-type: text/csv\r\n\r\n${file}`

  const calls: [string, string, Record<string, string>, string][] = [
    ['a bare file', UPLOADS, { 'content-type': 'text/csv' }, half],
    ['a form', UPLOADS, { 'content-type': 'multipart/form-data; boundary=b' }, form(half)],
    [
      'the options of a form',
      UPLOADS,
      { 'content-type': 'multipart/form-data; boundary=b' },
      '--b\r\nco',
    ],
    [
      'a small file',
      UPLOADS,
      { 'content-type': 'text/csv', 'content-length': '400' },
      half.slice(0, 300),
    ],
    ['a JSON body', '/v1/contact-lists', { 'content-type': 'application/json' }, '{"name":'],
    [
      'the body of a retry',
      '/v1/uploads/upl_1/retry',
      { 'content-type': 'application/json' },
      '{"out',
    ],
  ]

  test('is answered 503 with Retry-After, whatever it is of, and leaves nothing', async () => {
    await withStage(async (stage, gateway) => {
      const open = calls.map(([, path, headers, start], index) => {
        const call = openCall(gateway, path, { ...headers, 'idempotency-key': `stop-${index}` })
        call.write(start)
        return call
      })
      await gateway.client.call('/livez')
      const exit = gateway.stop()
      const sending = setInterval(
        () => open.slice(0, 2).forEach(({ write }) => write('x,y\n')),
        200,
      )
      const answers = await Promise.allSettled(open.map(({ answer }) => answer))
      clearInterval(sending)
      for (const [index, answer] of answers.entries()) {
        const about = calls[index]![0]
        assert.ok(answer.status === 'fulfilled', `${about}: the connection was dead`)
        const { status, headers, body } = answer.value
        assert.equal(status, 503, `${about}: ${body}`)
        assert.match(headers['content-type'] ?? '', /problem\+json/, about)
        assert.match(body, /service-stopping/, about)
        assert.equal(headers['retry-after'], '5', about)
      }
      assert.equal((await exit).code, 0)
      const next = await stage.gateway()
      const { body } = await next.client.call<{ items: unknown[] }>('/v1/uploads')
      assert.deepEqual(body.items, [])
      const again = await next.client.upload('demo-contacts', csv, { key: 'stop-0' })
      assert.equal(again.status, 202, again.text)
    })
  })

  test('is taken when it is whole soon', async () => {
    await withStage(async (stage, gateway) => {
      const call = openCall(gateway, UPLOADS, { 'content-type': 'text/csv' })
      call.write(half)
      await gateway.client.call('/livez')
      const exit = gateway.stop()
      await gateway.event('process.stopping')
      call.write(csv.slice(half.length))
      call.end()
      const { status, body } = await call.answer
      assert.equal(status, 202, body)
      assert.equal((await exit).code, 0)
      const next = await stage.gateway()
      const upload = await next.client.finished((JSON.parse(body) as { id: string }).id)
      assert.equal(upload.counts.delivered, 3_000)
    })
  })
})

/**
 * A CSV whose rows are in the ledger only: they have no phone number. The ledger is larger than
 * what the buffers of a connection take.
 */
const largeLedger = (): string => {
  const rows = Array.from({ length: 200 }, (_, n) => `L-${n},${'x'.repeat(50_000)},,none,,`)
  return `${cleanFile({ rows: 1 }).csv}${rows.join('\n')}\n`
}

test('a download whose reader takes nothing does not keep the gateway from stopping cleanly', async () => {
  await withStage(async (_stage, gateway) => {
    const upload = await gateway.client.upload('demo-contacts', largeLedger())
    assert.equal(upload.status, 202, upload.text)
    const call = httpRequest(`${gateway.address}/v1/uploads/${upload.body.id}/rows`, {
      headers: { authorization: `Bearer ${ADMIN_KEY}`, accept: 'text/csv' },
    })
    const broken = new Promise<void>((resolve) => {
      call.once('response', (answer: IncomingMessage) => answer.once('error', () => resolve()))
    })
    call.end()
    const [answer] = (await once(call, 'response')) as [IncomingMessage]
    assert.equal(answer.statusCode, 200)
    const { code } = await gateway.stop()
    assert.equal(stopped(gateway.events('process.stopped'))?.['clean'], true)
    assert.equal(code, 0)
    const [cutOff] = gateway.events('http.cut_off')
    assert.equal(cutOff?.['reason'], 'stopping')
    // The reader must not take the part that it got for the whole file.
    answer.resume()
    await broken
  })
})
