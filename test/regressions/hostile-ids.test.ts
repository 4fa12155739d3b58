import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'

import { uploadOptionsSchema } from '../../src/domain/uploads/upload-options.ts'
import { embeddedHome } from '../support/databases/database.ts'
import { ADMIN_KEY } from '../support/gateway/gateway-process.ts'
import { FILE_COLUMNS } from '../support/stages/contact-file.ts'
import { type RunningGateway, setStage, type Stage } from '../support/stages/stage.ts'

/** The ids as they are in the address. No client may normalise them. */
const HOSTILE = [
  ...['%00', 'a%00b', '%0d%0a', '%7f', 'a%20b', '%c3%a9', '%ed%a0%80'],
  ...['.', '..', '...', '%2e', '%2e%2e', '.%2E', '..%2f..', 'a%2fb', 'a%5cb', '%2fetc'],
  ...['a%3fb', 'a%23b', '%25', 'a%2500', '-a', '_a', 'x'.repeat(129)],
]

type Readyz = { checks: { clock: { detail: string } } }
type Answer = { status: number; type: string; body: string }
type Operations = Record<string, Record<string, { parameters?: { in: string; name: string }[] }>>

const NAMES_A_ROW = `${FILE_COLUMNS.join(',')}\nC-1,Ann,Lee,+14155550101,ann@example.com,Boise\n`

describe('Ids from callers', () => {
  let home: ReturnType<typeof embeddedHome>
  let stage: Stage
  let gateway: RunningGateway
  let operations: Operations
  const clockDetail = async (): Promise<string> =>
    (await gateway.client.call<Readyz>('/readyz')).body.checks.clock.detail
  before(async () => {
    home = embeddedHome()
    stage = await setStage(await home.fresh(), 'guide')
    gateway = await stage.gateway()
    operations = (await gateway.client.call<{ paths: Operations }>('/openapi.json')).body.paths
    // Until the clock of the copied database is confirmed, the gateway itself calls Genesys.
    while ((await clockDetail()) !== 'steady') await delay(50)
  })
  after(async () => {
    await stage.close()
    await home.close()
  })

  /** Sends the path unchanged, because `fetch` would remove dots from it. */
  const call = async (method: string, path: string, body = '', type = ''): Promise<Answer> => {
    const { hostname, port } = new URL(gateway.address)
    const headers = {
      authorization: `Bearer ${ADMIN_KEY}`,
      'idempotency-key': 'one',
      'if-match': '"1"',
      connection: 'close',
      ...(type && { 'content-type': type }),
    }
    const request = httpRequest({ hostname, port, method, path, headers }).end(body)
    const [answer] = (await once(request, 'response')) as [IncomingMessage]
    const given = answer.headers['content-type'] ?? ''
    return { status: answer.statusCode ?? 0, type: given, body: await text(answer) }
  }
  const isRefusal = ({ status, type, body }: Answer, about: string): void => {
    assert.ok(status >= 400 && status < 500, `${about}: ${status} ${body}`)
    if (body !== '') assert.match(type, /^application\/problem\+json/, about)
  }
  const askedOfGenesys = (): string[] => stage.sandbox.requests().map(({ path }) => path)

  test('no id in a path that is none reaches the database or Genesys, on any call', async () => {
    const before = askedOfGenesys().length
    let calls = 0
    for (const [pattern, methods] of Object.entries(operations)) {
      const names = [...pattern.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!)
      for (const [method, name] of Object.keys(methods).flatMap((m) => names.map((n) => [m, n]))) {
        for (const id of HOSTILE) {
          const path = pattern.replaceAll(/\{(\w+)\}/g, (_, other) => (other === name ? id : 'x-1'))
          const upload = path.endsWith('/uploads')
          const answer = upload
            ? await call(method!.toUpperCase(), path, NAMES_A_ROW, 'text/csv')
            : await call(method!.toUpperCase(), path)
          isRefusal(answer, `${method} ${path}`)
          calls += 1
        }
      }
    }
    assert.ok(calls > 12 * HOSTILE.length, `${calls} calls`)
    assert.deepEqual(askedOfGenesys().slice(before), [])
  })

  test('no text that cannot be stored is a fault of the gateway in a query', async () => {
    for (const [pattern, methods] of Object.entries(operations)) {
      for (const { in: place, name } of methods['get']?.parameters ?? []) {
        if (place !== 'query') continue
        const path = pattern.replaceAll(/\{(\w+)\}/g, 'x-1')
        for (const text of HOSTILE) {
          const about = `${path}?${name}=${text}`
          const answer = await call('GET', about)
          if (name === 'contactListId' || /%00|%7f/.test(text)) isRefusal(answer, about)
          else assert.ok(answer.status < 500, `${about}: ${answer.status}`)
        }
      }
    }
  })

  test('nor in the options of an upload, and each is named', async () => {
    const texts = ['\0', 'a\0b', '\ud800', 'a\udfff']
    const names = Object.keys(uploadOptionsSchema.shape)
    for (const text of texts) {
      const values = [text, [text], { [text]: 'city' }, { town: text }]
      const given = names.flatMap((name) => values.map((value) => ({ [name]: value })))
      for (const option of given) {
        const form = new FormData()
        form.append('options', JSON.stringify({ validateOnly: true, ...option }))
        form.append('file', new Blob([NAMES_A_ROW], { type: 'text/csv' }), 'a.csv')
        const answer = await gateway.client.call<{ code: string }>(
          '/v1/contact-lists/demo-contacts/uploads',
          { method: 'POST', body: form, headers: { 'idempotency-key': 'options' } },
        )
        assert.equal(answer.status, 400, `${JSON.stringify(option)}: ${answer.text}`)
        assert.match(answer.body.code, /^option-(invalid|unknown)$/)
      }
    }
  })

  test('nor anywhere in a JSON body', async () => {
    const column = { name: 'phone', kind: 'phone' }
    const list = { name: 'n', columns: [column], contactIdColumn: 'id' }
    const endpoint = { name: 'crm', url: 'https://crm.example.com/', events: null }
    for (const text of ['a\0b', 'a\ud800']) {
      const bodies: [string, object][] = [
        ['/v1/contact-lists', { ...list, name: text }],
        ['/v1/contact-lists', { ...list, columns: [{ ...column, name: text }] }],
        ['/v1/contact-lists', { ...list, contactIdColumn: text }],
        ['/v1/contact-lists', { ...list, [text]: 1 }],
        ['/v1/webhook-endpoints', { ...endpoint, name: text }],
        ['/v1/webhook-endpoints', { ...endpoint, url: `https://crm.example.com/${text}` }],
        ['/v1/uploads/upl_1/retry', { outcomes: [text] }],
      ]
      for (const [path, body] of bodies) {
        const answer = await call('POST', path, JSON.stringify(body), 'application/json')
        assert.equal(answer.status, 400, `${path} ${JSON.stringify(body)}: ${answer.body}`)
        assert.match(answer.body, /body-invalid/)
      }
    }
  })

  test('nor in the names of columns and in the cells of a file', async () => {
    const row = { customerId: 'C-9', phoneNumber: '+14155550109' }
    const options = ['', 'schemaDrift=drop&missingColumns=empty']
    for (const query of options) {
      for (const text of ['a\0b', 'a\ud800', '\0']) {
        const files: [string, string][] = [
          [JSON.stringify([{ ...row, [text]: 'x' }]), 'application/json'],
          [JSON.stringify([{ ...row, city: text }]), 'application/json'],
          [JSON.stringify([{ ...row, customerId: text }]), 'application/json'],
          [`customerId,phoneNumber,${text}\nC-9,+14155550109,x\n`, 'text/csv'],
          [`customerId,phoneNumber,city\nC-9,+14155550109,${text}\n`, 'text/csv'],
          [`customerId,phoneNumber\n${text},+14155550109\n`, 'text/csv'],
        ]
        for (const [body, contentType] of files) {
          const about = `${query} ${JSON.stringify(body)}`
          const answer = await gateway.client.upload('demo-contacts', body, { query, contentType })
          assert.ok(answer.status < 500, `${about}: ${answer.text}`)
          if (answer.status === 202) await gateway.client.finished(answer.body.id)
        }
      }
    }
  })

  test('one call is one call, however its address is spelled', async () => {
    const spelled = ['demo-contacts', 'demo%2Dcontacts', '%64emo-contacts', 'demo%2dcontacts']
    const answers: Answer[] = []
    for (const list of spelled) {
      answers.push(await call('POST', `/v1/contact-lists/${list}/uploads`, NAMES_A_ROW, 'text/csv'))
    }
    assert.deepEqual(
      answers.map(({ status, body }) => [status, (JSON.parse(body) as { id: string }).id]),
      answers.map(() => [202, (JSON.parse(answers[0]!.body) as { id: string }).id]),
    )
    const { id } = JSON.parse(answers[0]!.body) as { id: string }
    await gateway.client.finished(id)
    const other = await call(
      'POST',
      `/v1/contact-lists/demo%2Dcontacts/uploads`,
      `${NAMES_A_ROW}C-2,Bo,Lee,+14155550102,bo@example.com,Boise\n`,
      'text/csv',
    )
    assert.match(other.body, /idempotency-key-reused/)
  })
})
