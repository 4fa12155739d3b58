import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { request } from 'node:http'
import { describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'

import type { Edition } from '../../../src/domain/do-not-call/registries/registry.ts'
import { ADMIN_KEY } from '../../support/gateway/gateway-process.ts'
import { stageOfSuite } from '../../support/stages/suite-stage.ts'

const LIST = 'demo-contacts'
const HEADER = 'customerId,firstName,lastName,phone,email,city'
const ANN = '+12015550101'
const BO = '+12015550102'
const GAIL = '+442079460018'

type Row = {
  contactId: string
  code: string
  suppressedBy: { registry: string | null; editionId: string | null; reason: string | null } | null
}

describe('Registries over HTTP', () => {
  const { gateway } = stageOfSuite('guide')

  const call = async <T = Edition & { code: string; line: number }>(
    path: string,
    init: RequestInit & { expect?: number } = {},
  ): Promise<T> => {
    const { expect = 200, ...rest } = init
    const { status, body, text } = await gateway().client.call<T>(path, rest)
    assert.equal(status, expect, `${path}: ${text}`)
    return body
  }
  const json = (method: string, body: object, headers: Record<string, string> = {}) => ({
    method,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  const send = (file: string | Uint8Array, query = '', expect = 202, more = {}) =>
    call(`/v1/registries/ftc/editions${query}`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv', 'idempotency-key': crypto.randomUUID(), ...more },
      body: file as string,
      expect,
    })
  const inForce = async ({ id }: Edition, registry = 'ftc'): Promise<Edition> => {
    for (;;) {
      const edition = await call(`/v1/registries/${registry}/editions/${id}`)
      if (edition.state !== 'loading') return edition
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
  }
  const use = async (registries: string[]): Promise<void> => {
    const { version } = await call<{ version: number }>('/v1/tenants/default')
    await call('/v1/tenants/default', json('PATCH', { registries }, { 'if-match': `"${version}"` }))
  }
  const rowsOf = async (uploadId: string, outcome: string): Promise<Row[]> =>
    (await call<{ items: Row[] }>(`/v1/uploads/${uploadId}/rows?outcome=${outcome}`)).items
  const upload = async (...people: [id: string, phone: string][]) => {
    const lines = people.map(([id, phone]) => `${id},A,L,${phone},,`)
    const answer = await gateway().client.upload(LIST, [HEADER, ...lines].join('\n'))
    assert.equal(answer.status, 202, answer.text)
    return answer.body
  }

  it('keep contacts out of uploads of tenants that use them, small and gzipped files alike', async () => {
    await call('/v1/registries/ftc', json('PUT', { country: 'US' }))
    await use(['ftc'])
    const gzip = gzipSync('area,phone\n201,5550101\n')
    const edition = await inForce(
      await send(gzip, '?subscription=SAN%201', 202, { 'content-encoding': 'gzip' }),
    )
    assert.deepEqual(
      [edition.state, edition.numbers, edition.rejected, edition.firstRejectedLine],
      ['current', 1, 1, 1],
    )
    const { id, counts } = await upload(['ann', ANN], ['bo', BO], ['gail', GAIL])
    assert.deepEqual([counts.accepted, counts.suppressed], [2, 1])
    const [row] = await rowsOf(id, 'suppressed')
    assert.deepEqual(
      [row?.contactId, row?.code, row?.suppressedBy?.registry, row?.suppressedBy?.editionId],
      ['ann', 'suppressed-registry', 'ftc', edition.id],
    )
    assert.equal((await gateway().client.finished(id)).state, 'completed')
  })

  it('look for contacts that were delivered before an edition named them', async () => {
    const before = await gateway().client.finished((await upload(['bo-2', BO])).id)
    assert.equal(before.counts.delivered, 1)
    const { id } = await inForce(await send('2015550102\n', '?change=add'))
    type Report = { looked: boolean; counts: { open: number; reported: number }; items: object[] }
    for (;;) {
      const path = `/v1/registries/ftc/editions/${id}/delivered-before`
      const { looked, counts, items } = await call<Report>(path)
      if (looked && counts.open === 0) {
        assert.deepEqual([counts.reported, items.length], [2, 2])
        break
      }
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
    const none = `rge_${'0'.repeat(32)}`
    await call(`/v1/registries/ftc/editions/${none}/delivered-before`, { expect: 404 })
    const scrape = await gateway().client.call('/metrics')
    assert.match(scrape.text, /gateway_dnc_retracted_total\{outcome="reported"\} 2/u)
    assert.match(scrape.text, /gateway_registry_age_seconds\{registry="ftc"\} [0-9.]+/u)
    assert.match(scrape.text, /gateway_registry_age_limit_seconds\{registry="ftc"\} 2678400/u)
  })

  it('make a plan another one when an edition came after it', async () => {
    const cara = '+12015550188'
    const people = `${HEADER}\ncara,A,L,${cara},,\ndora,A,L,+12015550189,,`
    const held = await gateway().client.upload(LIST, people, { query: 'apply=manual' })
    assert.equal(held.status, 202, held.text)
    await inForce(await send('2015550188\n', '?change=add'))
    const { planDigest } = await call<{ planDigest: string }>(`/v1/uploads/${held.body.id}`)
    const applied = await gateway().client.call(`/v1/uploads/${held.body.id}/apply`, {
      method: 'POST',
      headers: { 'if-match': `"${planDigest}"` },
    })
    assert.equal(applied.status, 412, applied.text)
  })

  it('hold uploads of a country whose edition is too old, and only those', async () => {
    const old = new Date(Date.now() - 40 * 86_400_000).toISOString()
    await call('/v1/registries/old', json('PUT', { country: 'GB' }))
    await use(['ftc', 'old'])
    const edition = await call('/v1/registries/old/editions?asOf=' + encodeURIComponent(old), {
      method: 'POST',
      headers: { 'content-type': 'text/csv', 'idempotency-key': 'old' },
      body: '020 7946 0019\n',
      expect: 202,
    })
    // Without an edition, a registry counts as too old whatever age it allows.
    assert.equal((await inForce(edition, 'old')).state, 'current')
    const american = await upload(['us', '+12015550177'])
    assert.equal((await gateway().client.finished(american.id)).state, 'completed')
    const british = await upload(['gb', GAIL])
    for (;;) {
      const { state, hold } = await call<{
        state: string
        hold: { reason: string; countries?: string[] }
      }>(`/v1/uploads/${british.id}`)
      if (state === 'held') {
        assert.deepEqual([hold.reason, hold.countries], ['dnc_stale', ['GB']])
        break
      }
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
    await call('/v1/registries/old', json('PUT', { country: 'GB', maxAgeDays: 100 }))
    await call(`/v1/uploads/${british.id}/resume`, { method: 'POST' })
    assert.equal((await gateway().client.finished(british.id)).state, 'completed')
  })

  it('go on behind what is kept, when the connection is destroyed while they come in', async () => {
    await call('/v1/registries/torn', json('PUT', { country: 'US' }))
    const lines = Array.from({ length: 820_000 }, (_, at) => `${3_012_000_000 + at * 7}`)
    const file = Buffer.from(`${lines.join('\n')}\n`)
    const path = '/v1/registries/torn/editions'
    const headers = { 'content-type': 'text/csv', 'idempotency-key': 'torn' }
    const sent = request(`${gateway().address}${path}`, {
      method: 'POST',
      headers: { ...headers, authorization: `Bearer ${ADMIN_KEY}` },
    })
    sent.on('error', () => undefined)
    sent.write(file.subarray(0, -40_000))
    const offset = async (): Promise<number> => {
      const { receiving } = await call<{ receiving: { offset: number }[] }>('/v1/registries/torn')
      return receiving[0]?.offset ?? 0
    }
    while ((await offset()) === 0) await new Promise((resolve) => setTimeout(resolve, 50))
    sent.destroy()
    let from = 0
    const rest = async () => {
      from = await offset()
      return gateway().client.call<Edition & { code: string }>(`${path}?offset=${from}`, {
        method: 'POST',
        headers,
        body: file.subarray(from).toString(),
      })
    }
    let answer = await rest()
    // The first call holds the key until the gateway notices that its connection is gone.
    while (answer.status === 409) answer = await rest()
    assert.equal(answer.status, 202, answer.text)
    assert.ok(from > 0, 'the whole file was sent again')
    assert.equal(answer.body.sha256, createHash('sha256').update(file).digest('hex'))
    for (;;) {
      const edition = await call<Edition>(`${path}/${answer.body.id}`)
      if (edition.state === 'current') {
        assert.equal(edition.numbers, lines.length)
        break
      }
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    assert.equal(await offset(), 0)
  })

  it('refuse files that are of another country, cut off, or no numbers, with the place', async () => {
    const refused = async (code: string, line: number, file: string) => {
      const problem = await send(file, '', 422)
      assert.deepEqual([problem.code, problem.line], [code, line])
    }
    await refused('registry-country-differs', 2, '201,5550101\n+442079460018\n')
    await refused('registry-cut-off', 2, '201,5550101\n201,55')
    await refused('registry-no-numbers', 1, 'phone\n')
    const cut = gzipSync('201,5550101\n'.repeat(1_000)).subarray(0, 40)
    assert.equal(
      (await send(cut, '', 422, { 'content-encoding': 'gzip' })).code,
      'compression-invalid',
    )
  })
})
