import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { request } from 'node:http'
import { after, before, describe, it } from 'node:test'

import type { Edition } from '../../../src/domain/do-not-call/registries/registry.ts'
import { type OtherSession, openOtherSession } from '../../support/databases/blocked.ts'
import { serverHome } from '../../support/databases/database.ts'
import { ADMIN_KEY } from '../../support/gateway/gateway-process.ts'
import { callPlatform } from '../../support/stages/platform-call.ts'
import { type RunningGateway, setStage, type Stage } from '../../support/stages/stage.ts'

const LIST = 'demo-contacts'
const HEADER = 'customerId,firstName,lastName,phoneNumber,email,city'
const ANN = '+12015550101'
const BO = '+12015550102'

describe('An edition of which each step is killed', { skip: serverHome().skip }, () => {
  const home = serverHome()
  let stage: Stage
  let gateway: RunningGateway
  let other: OtherSession
  before(async () => {
    const place = await home.fresh()
    assert.ok(place.kind === 'server')
    stage = await setStage(place, 'platform')
    gateway = await stage.gateway()
    other = await openOtherSession(place.url)
  })
  after(async () => {
    await other.close()
    await stage.close()
    await home.close()
  })

  const call = async <T>(path: string, init: RequestInit & { body?: string } = {}): Promise<T> => {
    const { status, body, text } = await gateway.client.call<T>(path, init)
    assert.ok(status < 300, `${path}: ${status} ${text}`)
    return body
  }
  const json = (method: string, body: object, headers: Record<string, string> = {}) => ({
    method,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  const send = (file: string, query = '') =>
    call<Edition>(`/v1/registries/ftc/editions${query}`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv', 'idempotency-key': crypto.randomUUID() },
      body: file,
    })
  const editionIs = async ({ id }: Edition, state: string): Promise<Edition> => {
    for (;;) {
      const edition = await call<Edition>(`/v1/registries/ftc/editions/${id}`)
      if (edition.state === state) return edition
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
  }
  /** Begins to send an edition, but never ends its body. */
  const sendHalf = async (): Promise<void> => {
    const sent = request(`${gateway.address}/v1/registries/ftc/editions`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${ADMIN_KEY}`,
        'content-type': 'text/csv',
        'idempotency-key': 'half',
      },
    })
    sent.on('error', () => undefined)
    sent.write('2015550199\n')
    for (;;) {
      const { rows } = await other.query(
        `select from registry_edition where state = 'receiving' and numbers = 0`,
      )
      if (rows.length === 1) return
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  /**
   * Kills the gateway once it waits for a lock in this statement. Then releases that lock, takes
   * `lock` if there is one, and starts another gateway.
   */
  const killIn = async (statement: string, lock: string): Promise<void> => {
    await other.untilBlocked(statement)
    await gateway.kill()
    await other.query('rollback')
    await other.query('begin')
    if (lock !== '') await other.query(lock)
    gateway = await stage.gateway()
  }
  const upload = async (id: string, phone: string) => {
    const answer = await gateway.client.upload(LIST, `${HEADER}\n${id},A,L,${phone},,x`)
    assert.equal(answer.status, 202, answer.text)
    return gateway.client.finished(answer.body.id)
  }

  it('comes into force whole, once, and is looked for among those who were delivered before', async () => {
    await call('/v1/registries/ftc', json('PUT', { country: 'US' }))
    const { version } = await call<{ version: number }>('/v1/tenants/default')
    const using = json('PATCH', { registries: ['ftc'] }, { 'if-match': `"${version}"` })
    await call('/v1/tenants/default', using)
    const first = await editionIs(await send('2015550100\n'), 'current')
    assert.equal((await upload('ann', ANN)).counts.delivered, 1)

    await sendHalf()
    await other.query('begin')
    await other.query('lock table registry_look_back in share mode')
    const edition = await send('2015550101\n', '?change=add')
    await killIn('insert into registry_look_back', 'lock table registry_page in share mode')
    assert.equal((await editionIs(edition, 'loading')).numbers, 1, 'the switch was undone')
    await killIn('insert into registry_page', 'lock table dnc_retraction in share mode')
    const inForce = await editionIs(edition, 'current')
    assert.deepEqual([inForce.numbers, inForce.baseId], [2, first.id])
    await killIn('with found as materialized', '')
    await other.query('rollback')

    for (;;) {
      const report = await call<{
        looked: boolean
        counts: object
        items: { contactId: string }[]
      }>(`/v1/registries/ftc/editions/${edition.id}/delivered-before`)
      if (report.looked && 'retracted' in report.counts && report.counts.retracted === 1) {
        assert.deepEqual(
          report.items.map(({ contactId }) => contactId),
          ['ann'],
        )
        break
      }
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    const contact = `/api/v2/outbound/contactlists/${LIST}/contacts/ann`
    const inGenesys = (await (await callPlatform(stage, contact, 'GET')).json()) as {
      phoneNumberStatus: object
    }
    assert.deepEqual(inGenesys.phoneNumberStatus, { phoneNumber: { callable: false } })
    assert.equal((await upload('ann-2', ANN)).counts.suppressed, 1)
    assert.equal((await upload('bo', BO)).counts.delivered, 1)

    const seen = await call<{ editions: Edition[] }>('/v1/registries/ftc')
    assert.deepEqual(
      seen.editions.map(({ id, state }) => [id, state]),
      [
        [edition.id, 'current'],
        [first.id, 'replaced'],
      ],
    )
    // Nothing of the interrupted edition stays, once it has shown no sign of life for a minute.
    await other.query(
      `update registry_edition set heartbeat_at = heartbeat_at - interval '2 minutes' where state = 'receiving'`,
    )
    for (;;) {
      const { rows } = await other.query(`select state from registry_edition`)
      if (rows.length === 2) break
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  })

  it('is gone on with behind what is kept, when the gateway is killed while it comes in', async () => {
    const lines = Array.from({ length: 820_000 }, (_, at) => `${3_012_000_000 + at * 7}`)
    const file = Buffer.from(`${lines.join('\n')}\n`)
    const path = '/v1/registries/ftc/editions?change=add'
    const headers = { 'content-type': 'text/csv', 'idempotency-key': 'the-rest' }
    const sent = request(`${gateway.address}${path}`, {
      method: 'POST',
      headers: { ...headers, authorization: `Bearer ${ADMIN_KEY}` },
    })
    sent.on('error', () => undefined)
    sent.write(file.subarray(0, -40_000))
    const receiving = async () => {
      const registry = await call<{ receiving: { offset: number }[] }>('/v1/registries/ftc')
      return registry.receiving[0]?.offset ?? 0
    }
    while ((await receiving()) === 0) await new Promise((resolve) => setTimeout(resolve, 50))
    await gateway.kill()
    gateway = await stage.gateway()
    // The key is free once its call has shown no sign of life for a minute.
    await other.query(
      `update idempotency_key set heartbeat_at = heartbeat_at - interval '2 minutes'`,
    )
    const offset = await receiving()
    const rest = (from: number) =>
      gateway.client.call<Edition & { code: string; offset: number }>(`${path}&offset=${from}`, {
        method: 'POST',
        headers,
        body: file.subarray(from).toString(),
      })
    const wrong = await rest(offset + 11)
    assert.deepEqual([wrong.status, wrong.body.code], [409, 'edition-offset-differs'], wrong.text)
    const answer = await rest(wrong.body.offset)
    assert.equal(answer.status, 202, answer.text)
    const { bytes, sha256 } = answer.body
    assert.deepEqual(
      [bytes, sha256],
      [file.length, createHash('sha256').update(file).digest('hex')],
    )
    const edition = await editionIs(answer.body, 'current')
    assert.equal(edition.numbers, lines.length + 2)
    assert.equal(await receiving(), 0)
    assert.equal((await upload('cy', `+1${lines.at(-1)}`)).counts.suppressed, 1)
    assert.equal((await upload('di', `+1${Number(lines.at(-1)) + 1}`)).counts.delivered, 1)
  })

  it('is loaded by one of two gateways while the other loads another, and one of the two is in force', async () => {
    const second = await stage.gateway()
    const size = 3_000
    const asOf = new Date().toISOString()
    const numbersOf = (first: number) =>
      Array.from({ length: size }, (_, at) => `${first + ((at * 7) % size)}\n`).join('')
    const load = ({ client }: RunningGateway, first: number) =>
      client.call<Edition>(`/v1/registries/ftc/editions?allowShrink=true&asOf=${asOf}`, {
        method: 'POST',
        headers: { 'content-type': 'text/csv', 'idempotency-key': crypto.randomUUID() },
        body: numbersOf(first),
      })
    const answers = await Promise.all([
      load(gateway, 2_025_550_000),
      load(second, 2_025_560_000),
      load(gateway, 2_025_570_000),
      load(second, 2_025_580_000),
    ])
    for (const { status, text } of answers) assert.equal(status, 202, text)
    type Editions = { editions: Edition[] }
    const ids = answers.map(({ body }) => body.id)
    const readThem = async (): Promise<Edition[]> =>
      (await call<Editions>('/v1/registries/ftc')).editions.filter(({ id }) => ids.includes(id))
    let editions = await readThem()
    while (editions.some(({ state }) => state === 'loading')) {
      await new Promise((resolve) => setTimeout(resolve, 30))
      editions = await readThem()
    }
    assert.deepEqual(editions.map(({ state, numbers }) => `${state} ${numbers}`).toSorted(), [
      `current ${size}`,
      ...Array(3).fill(`replaced ${size}`),
    ])
    const parts = async (): Promise<number> => {
      const { rows } = await other.query(
        `select from registry_page p join registry_edition e on e.number = p.edition where p.run <> e.final_run`,
      )
      return rows.length
    }
    while ((await parts()) > 0) await new Promise((resolve) => setTimeout(resolve, 30))
  })
})
