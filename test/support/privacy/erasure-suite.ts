import assert from 'node:assert/strict'
import { after, before, beforeEach } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'

import type { ErasurePlace } from '../../../src/domain/erasures/erasure.ts'
import type { TestHome } from '../databases/database.ts'
import { callPlatform } from '../stages/platform-call.ts'
import { type Dialect, type RunningGateway, setStage, type Stage } from '../stages/stage.ts'

export const LIST = 'demo-contacts'
const HEADER = 'customerId,firstName,lastName,phoneNumber,email,city'

export type Receipt = {
  id: string
  state: string
  places: {
    place: ErasurePlace
    found: number
    erased: number
    remains: { code: string; count: number }[]
  }[]
  suppressions: number | null
  waitsFor: string | null
  subjectDigest: string
}

/**
 * For the tests of one suite: a gateway of this dialect on the home, a key that may erase, and
 * calls. Each test begins without faults. `people`: three new people at each call.
 */
export const erasureSuite = (home: TestHome, dialect: Dialect) => {
  let stage: Stage
  let gateway: RunningGateway
  let key = ''
  let people = 0
  const post = (path: string, body: object, idempotencyKey: string = crypto.randomUUID()) =>
    gateway.client.call<Receipt & { key: string }>(path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'idempotency-key': idempotencyKey,
        ...(path === '/v1/erasures' && { authorization: `Bearer ${key}` }),
      },
      body: JSON.stringify(body),
    })
  const makeKey = async (): Promise<void> => {
    const { body, text } = await gateway.client.call<{ key: string }>('/v1/keys', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ tenantId: 'default', name: 'privacy', scopes: ['erasure'] }),
    })
    assert.ok(body.key, text)
    key = body.key
  }
  const receipt = async (id: string): Promise<Receipt> =>
    (
      await gateway.client.call<Receipt>(`/v1/erasures/${id}`, {
        headers: { authorization: `Bearer ${key}` },
      })
    ).body
  before(async () => {
    stage = await setStage(await home.fresh(), dialect)
    gateway = await stage.gateway()
    await makeKey()
  })
  after(async () => {
    await stage.close()
    await home.close()
  })
  beforeEach(() => stage.sandbox.setFaults([]))
  return {
    people: () => {
      people += 1
      const [first, second, third] = [0, 1, 2].map((n) => ({
        id: `e${people}-${n}`,
        phone: `+1212555${String(people * 10 + n).padStart(4, '0')}`,
        email: `e${people}.${n}@example.com`,
      }))
      return [first!, second!, third!] as const
    },
    rowOf: ({ id, phone, email }: { id: string; phone: string; email: string }) =>
      `${id},Ada,L,${phone},${email},x`,
    stage: () => stage,
    gateway: () => gateway,
    key: () => key,
    post,
    receipt,
    restart: async () => {
      await gateway.kill()
      gateway = await stage.gateway()
    },
    upload: async (lines: readonly string[], query = '') => {
      const answer = await gateway.client.upload(LIST, [HEADER, ...lines].join('\n'), { query })
      assert.equal(answer.status, 202, answer.text)
      return answer.body.id
    },
    erase: async (subject: object): Promise<string> => {
      const { status, body, text, headers } = await post('/v1/erasures', subject)
      assert.equal(status, 202, text)
      assert.equal(headers.get('location'), `/v1/erasures/${body.id}`)
      return body.id
    },
    until: async (id: string, isWanted: (receipt: Receipt) => boolean): Promise<Receipt> => {
      for (;;) {
        const found = await receipt(id)
        if (isWanted(found)) return found
        await delay(30)
      }
    },
    rows: async (uploadId: string, accept = 'application/json') =>
      (await gateway.client.call(`/v1/uploads/${uploadId}/rows`, { headers: { accept } })).text,
    inGenesys: async (contactId: string): Promise<number> => {
      const path = `/api/v2/outbound/contactlists/${LIST}/contacts/${contactId}`
      const answer = await callPlatform(stage, path)
      await answer.body?.cancel()
      return answer.status
    },
  }
}

export const isDone = ({ state }: Receipt): boolean => state.startsWith('completed')
/** What an erasure found in a place, and what it did there. */
export const placeOf = ({ places }: Receipt, place: ErasurePlace) =>
  places.find((one) => one.place === place)!
