import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'

import { type OtherSession, openOtherSession } from '../../support/databases/blocked.ts'
import { serverHome } from '../../support/databases/database.ts'
import { readAll } from '../../support/gateway/raw-sockets.ts'
import { type RunningGateway, setStage, type Stage } from '../../support/stages/stage.ts'

const JSON_BODY = { 'content-type': 'application/json' }
const FORM = 'multipart/form-data; boundary=xxx'
const FILE_HEAD =
  '--xxx\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\ncontent-type: text/plain\r\n\r\n'
const SMALL = 'customerId,phoneNumber\na,+14155552671\n'
const CALLS = {
  'an upload': {
    path: '/v1/contact-lists/demo-contacts/uploads?missingColumns=empty&contactIdColumn=customerId',
    ...{ type: 'text/csv', head: 'customerId,phoneNumber\n', tail: 'a,+14155552671\n' },
  },
  'a do-not-call submission': {
    ...{ path: '/v1/dnc-lists/demo-dnc/entries', type: 'text/csv' },
    ...{ head: 'phoneNumber\n', tail: '+14155552671\n' },
  },
  'a guest file': {
    ...{ path: '/v1/external-contacts/demo-guest/files', type: FORM },
    ...{ head: `${FILE_HEAD}one `, tail: 'two\r\n--xxx--\r\n' },
  },
} as const

/**
 * A key was checked when a call began, and not again when it was accepted. So somebody with a
 * stolen key, or a tenant that had lost the grant, could still end a call that took hours.
 */
describe('A call that is still sending its body', { skip: serverHome().skip }, () => {
  const home = serverHome()
  let stage: Stage
  let gateway: RunningGateway
  let database: OtherSession
  before(async () => {
    const place = await home.fresh()
    assert.ok(place.kind === 'server')
    stage = await setStage(place, 'guide')
    gateway = await stage.gateway()
    database = await openOtherSession(place.url)
  })
  after(async () => {
    await database.close()
    await stage.close()
    await home.close()
  })

  const admin = async <T>(
    method: string,
    path: string,
    body?: object,
    headers = {},
  ): Promise<T> => {
    const answer = await gateway.client.call<T>(path, {
      ...{
        method,
        headers: { ...(body && JSON_BODY), 'idempotency-key': randomUUID(), ...headers },
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    assert.ok(answer.status < 300, answer.text)
    return answer.body
  }
  const tenant = async () => {
    const every = { contactLists: '*', dncLists: '*', externalContacts: '*' }
    const { id } = await admin<{ id: string }>('POST', '/v1/tenants', {
      ...{ name: `t-${randomUUID().slice(0, 8)}`, grants: every },
    })
    const scopes = ['uploads', 'dnc', 'files']
    const about = { tenantId: id, name: 'k', scopes }
    const key = await admin<{ id: string; key: string }>('POST', '/v1/keys', about)
    return { id, keyId: key.id, key: key.key }
  }
  type Tenant = Awaited<ReturnType<typeof tenant>>
  /** Makes the call, and does something as soon as the gateway receives the body. */
  const during = async (
    call: (typeof CALLS)[keyof typeof CALLS],
    { id, key }: Tenant,
    work: () => Promise<unknown>,
  ) => {
    const body = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from(call.head)
      for (let received = false; !received; await delay(5)) {
        const claimed = `select from idempotency_key where tenant_id = $1 and state = 'claimed'`
        received = (await database.query(claimed, [id])).rowCount === 1
      }
      await work()
      yield Buffer.from(call.tail)
    }
    const answer = await fetch(`${gateway.address}${call.path}`, {
      method: 'POST',
      headers: {
        ...{ authorization: `Bearer ${key}`, 'idempotency-key': randomUUID() },
        'content-type': call.type,
      },
      ...{ body: body(), duplex: 'half' },
    })
    const { code } = (await answer.json()) as { code?: string }
    return { status: answer.status, code, challenge: answer.headers.get('www-authenticate') }
  }

  /** A small upload, which claims nothing before its body has arrived. */
  const duringSmall = async ({ key }: Tenant, work: () => Promise<unknown>) => {
    const { hostname, port } = new URL(gateway.address)
    const socket = connect(Number(port), hostname)
    socket.write(
      [
        `POST ${CALLS['an upload'].path} HTTP/1.1`,
        ...['Host: a', 'Connection: close', `Authorization: Bearer ${key}`],
        ...[`Idempotency-Key: ${randomUUID()}`, 'Content-Type: text/csv'],
        ...[`Content-Length: ${SMALL.length}`, '', SMALL.slice(0, 9)],
      ].join('\r\n'),
    )
    const used = `select from api_key where digest = sha256($1::bytea) and last_used_at is not null`
    for (let isUsed = false; !isUsed; await delay(5)) {
      isUsed = (await database.query(used, [Buffer.from(key)])).rowCount === 1
    }
    await work()
    socket.write(SMALL.slice(9))
    return readAll(socket)
  }

  it('as a small upload is refused if its key is revoked meanwhile', async () => {
    const owner = await tenant()
    const answer = await duringSmall(owner, () => admin('DELETE', `/v1/keys/${owner.keyId}`))
    assert.match(answer, /^HTTP\/1\.1 401 [\s\S]*"unauthorized"/)
  })

  it('as a small upload is refused if its tenant loses the grant meanwhile', async () => {
    const owner = await tenant()
    const grants = { contactLists: [], dncLists: [], externalContacts: [] }
    const answer = await duringSmall(owner, () =>
      admin('PATCH', `/v1/tenants/${owner.id}`, { grants }, { 'if-match': '"1"' }),
    )
    assert.match(answer, /^HTTP\/1\.1 404 [\s\S]*"not-found"/)
  })

  it('as a small upload is accepted if only other keys change', async () => {
    const owner = await tenant()
    const other = await tenant()
    const answer = await duringSmall(owner, () => admin('DELETE', `/v1/keys/${other.keyId}`))
    assert.match(answer, /^HTTP\/1\.1 202 /)
  })

  for (const [name, call] of Object.entries(CALLS)) {
    it(`as ${name} is refused if its key is revoked meanwhile`, async () => {
      const owner = await tenant()
      const answer = await during(call, owner, () => admin('DELETE', `/v1/keys/${owner.keyId}`))
      assert.deepEqual([answer.status, answer.code], [401, 'unauthorized'])
      assert.match(answer.challenge ?? '', /^Bearer/u)
    })

    it(`as ${name} is refused if its key has expired meanwhile`, async () => {
      const owner = await tenant()
      const answer = await during(call, owner, () =>
        admin('POST', `/v1/keys/${owner.keyId}/rotate`, { overlapHours: 0 }),
      )
      assert.deepEqual([answer.status, answer.code], [401, 'unauthorized'])
    })

    it(`as ${name} is refused if its tenant loses the grant meanwhile`, async () => {
      const owner = await tenant()
      const grants = { contactLists: [], dncLists: [], externalContacts: [] }
      const answer = await during(call, owner, () =>
        admin('PATCH', `/v1/tenants/${owner.id}`, { grants }, { 'if-match': '"1"' }),
      )
      assert.deepEqual([answer.status, answer.code], [404, 'not-found'])
    })

    it(`as ${name} is accepted if only other keys and grants change`, async () => {
      const owner = await tenant()
      const other = await tenant()
      const answer = await during(call, owner, () => admin('DELETE', `/v1/keys/${other.keyId}`))
      assert.equal(answer.status, 202)
    })
  }
})
