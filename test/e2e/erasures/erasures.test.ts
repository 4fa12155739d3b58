import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'

import type { ErasurePlace } from '../../../src/domain/erasures/erasure.ts'
import { embeddedHome, serverHome, type TestHome } from '../../support/databases/database.ts'
import { callPlatform } from '../../support/stages/platform-call.ts'
import {
  type Dialect,
  type RunningGateway,
  setStage,
  type Stage,
} from '../../support/stages/stage.ts'

const LIST = 'demo-contacts'
const DNC_LIST = 'demo-dnc'
const HEADER = 'customerId,firstName,lastName,phoneNumber,email,city'

type Receipt = {
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

const theatre = (home: TestHome, dialect: Dialect) => {
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
    open: async () => {
      stage = await setStage(await home.fresh(), dialect)
      gateway = await stage.gateway()
      await makeKey()
    },
    restart: async () => {
      await gateway.kill()
      gateway = await stage.gateway()
    },
    close: async () => {
      await stage.close()
      await home.close()
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

const isDone = ({ state }: Receipt): boolean => state.startsWith('completed')
const of = ({ places }: Receipt, place: ErasurePlace) => places.find((one) => one.place === place)!

for (const dialect of ['guide', 'platform'] as const) {
  describe(`An erasure, with the ${dialect} dialect`, () => {
    const at = theatre(embeddedHome(), dialect)
    before(at.open)
    after(at.close)
    beforeEach(() => at.stage().sandbox.setFaults([]))

    it('takes a person out of rows, rejected cells, texts and the register, and leaves everybody else', async () => {
      const [ann, bob, cy] = at.people()
      const id = await at.upload(
        [ann, bob, cy].map(at.rowOf),
        `&fileName=${ann.phone.slice(1)}.csv`.slice(1),
      )
      assert.equal((await at.gateway().client.finished(id)).counts.delivered, 3)
      const mixed = await at.upload([at.rowOf(bob), `bad-1,Ada,L,${ann.phone},no address,x`])
      assert.equal((await at.gateway().client.finished(mixed)).counts.rejected, 1)

      const done = await at.until(await at.erase({ phoneNumber: ann.phone }), isDone)

      assert.equal(of(done, 'rows').erased, 2, JSON.stringify(done))
      assert.equal(of(done, 'register').erased, 1)
      assert.equal(of(done, 'file_names').erased, 1)
      assert.ok(of(done, 'answers').erased >= 1)
      for (const upload of [id, mixed]) {
        for (const accept of ['application/json', 'text/csv']) {
          const text = await at.rows(upload, accept)
          for (const value of [ann.phone, ann.phone.slice(1), ann.email, ann.id]) {
            assert.ok(!text.includes(value), `${value} in ${accept}: ${text}`)
          }
          assert.ok(text.includes(bob.phone))
        }
      }
      const upload = await at.gateway().client.find(id)
      assert.equal(upload.counts.delivered, 3, 'sums stay')
      assert.ok(!JSON.stringify(upload).includes(ann.phone.slice(1)))
      const explained = await at
        .gateway()
        .client.call(`/v1/contact-lists/${LIST}/contacts/${ann.id}/explain`)
      assert.equal(explained.status, 404)
      if (dialect === 'guide') {
        assert.equal(done.state, 'completed_with_remains')
        assert.deepEqual(
          of(done, 'genesys_contacts').remains.map(({ code, count }) => [code, count]),
          [['genesys_cannot_delete', 1]],
        )
      } else {
        assert.equal(done.state, 'completed')
        assert.equal(of(done, 'genesys_contacts').erased, 1)
        assert.deepEqual([await at.inGenesys(ann.id), await at.inGenesys(bob.id)], [404, 200])
      }
      const text = JSON.stringify(done)
      for (const value of [ann.phone.slice(1), ann.email, ann.id]) assert.ok(!text.includes(value))
    })

    it('is harmless when it is asked for again, with the same key and with another', async () => {
      const [ann] = at.people()
      await at.gateway().client.finished(await at.upload([at.rowOf(ann)]))
      const key = crypto.randomUUID()
      const first = await at.post('/v1/erasures', { email: ann.email }, key)
      const again = await at.post('/v1/erasures', { email: ann.email.toUpperCase() }, key)
      assert.equal(again.headers.get('idempotency-replayed'), 'true')
      assert.equal(again.body.id, first.body.id)
      assert.equal((await at.post('/v1/erasures', { email: 'other@example.com' }, key)).status, 422)
      await at.until(first.body.id, isDone)
      const more = await at.until(await at.erase({ email: ann.email }), isDone)
      assert.deepEqual(
        more.places.map(({ found }) => found),
        more.places.map(() => 0),
      )
      assert.equal(more.subjectDigest, first.body.subjectDigest)
    })

    it('keeps rows that were not sent from going out', async () => {
      const [ann, bob] = at.people()
      const id = await at.upload([ann, bob].map(at.rowOf), 'apply=manual')
      const held = await at.gateway().client.until(id, ({ state }) => state === 'held')
      const done = await at.until(
        await at.erase({ contactId: ann.id, contactListId: LIST }),
        isDone,
      )
      assert.equal(of(done, 'rows').erased, 1)
      const { body } = await at.gateway().client.call<{ planDigest: string }>(`/v1/uploads/${id}`)
      const applied = await at.gateway().client.call(`/v1/uploads/${id}/apply`, {
        method: 'POST',
        headers: { 'if-match': `"${body.planDigest}"` },
      })
      assert.equal(applied.status, 200, applied.text)
      const ended = await at.gateway().client.finished(id)
      assert.equal(held.counts.accepted, 2)
      assert.deepEqual(
        [ended.state, ended.counts.delivered, ended.counts.unprocessed],
        ['completed', 1, 1],
      )
      assert.ok((await at.rows(id)).includes('"code":"erased"'))
      if (dialect === 'platform') assert.equal(await at.inGenesys(ann.id), 404)
    })

    it('goes on suppressing whoever was not to be called, and says so', async () => {
      const [ann, bob] = at.people()
      const submitted = await at.post(`/v1/dnc-lists/${DNC_LIST}/entries`, [
        { phoneNumber: ann.phone },
        { phoneNumber: bob.phone },
      ])
      assert.equal(submitted.status, 202, submitted.text)
      const submission = `/v1/dnc-submissions/${submitted.body.id}`
      while ((await at.gateway().client.call<Receipt>(submission)).body.state !== 'applied')
        await delay(30)
      const done = await at.until(await at.erase({ phoneNumber: ann.phone }), isDone)
      assert.equal(done.suppressions, 1)
      assert.equal(of(done, 'entries').erased, 1)
      const codes = of(done, 'entries').remains.map(({ code }) => code)
      assert.deepEqual(codes, dialect === 'platform' ? ['entry_to_be_sent'] : [])
      const entries = await at.gateway().client.call(`${submission}/entries`)
      assert.ok(!entries.text.includes(ann.phone), entries.text)
      assert.ok(entries.text.includes(bob.phone))
      const later = await at.gateway().client.finished(await at.upload([ann, bob].map(at.rowOf)))
      assert.deepEqual([later.counts.suppressed, later.counts.accepted], [2, 0])
    })

    it('is refused without the scope by name, without a key, and for whoever cannot be told', async () => {
      const ask = (headers: Record<string, string>, body: object) =>
        at.gateway().client.call<{ code: string; detail: string }>('/v1/erasures', {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: JSON.stringify(body),
        })
      const own = { authorization: `Bearer ${at.key()}` }
      const keyed = { ...own, 'idempotency-key': crypto.randomUUID() }
      const someone = { phoneNumber: '+12125550199' }
      assert.equal((await ask({ 'idempotency-key': 'x' }, someone)).body.code, 'scope-missing')
      assert.equal((await ask(own, someone)).body.code, 'idempotency-key-missing')
      for (const body of [
        {},
        { phoneNumber: '0171 1234567' },
        { email: 'nobody' },
        { contactId: 'c1' },
        { contactListId: LIST },
        { phoneNumber: '+12125550199', email: 'a@example.com' },
      ]) {
        const answer = await ask(keyed, body)
        assert.deepEqual(
          [answer.status, answer.body.code],
          [422, 'erasure-subject-invalid'],
          JSON.stringify(body),
        )
      }
      for (const [body, detail] of [
        [{ phoneNumber: '2125550123' }, /^`phoneNumber` is not a number with \+ .*missing\)\.$/],
        [{ email: 'nobody' }, /^`email` is not an email address \(email-invalid\)\.$/],
        [{ email: '' }, /^`email` is empty\.$/],
      ] as const) {
        assert.match((await ask(keyed, body)).body.detail, detail)
      }
      assert.equal(
        (
          (await at.receipt('era_01990c2f-7a4e-7c31-9d54-0a1b2c3d4e5f')) as unknown as {
            status: number
          }
        ).status,
        404,
      )
    })
  })
}

describe('An erasure in Genesys', () => {
  for (const home of [embeddedHome(), serverHome()]) {
    describe(`on the ${home.kind} home`, { skip: home.skip }, () => {
      const at = theatre(home, 'platform')
      before(at.open)
      after(at.close)
      beforeEach(() => at.stage().sandbox.setFaults([]))

      it('waits while Genesys is away, survives kill -9, and ends when it is back', async () => {
        const [ann, bob] = at.people()
        await at.gateway().client.finished(await at.upload([ann, bob].map(at.rowOf)))
        at.stage().sandbox.setFaults([{ kind: 'status', operation: 'contact', status: 503 }])
        const id = await at.erase({ phoneNumber: ann.phone })
        const waiting = await at.until(id, ({ waitsFor }) => waitsFor === 'unavailable')
        assert.equal(waiting.state, 'waiting')
        assert.equal(of(waiting, 'rows').erased, 1)
        await at.restart()
        at.stage().sandbox.setFaults([])
        const done = await at.until(id, isDone)
        assert.deepEqual(
          [done.state, of(done, 'rows').erased, of(done, 'genesys_contacts').erased],
          ['completed', 1, 1],
        )
        assert.deepEqual([await at.inGenesys(ann.id), await at.inGenesys(bob.id)], [404, 200])
      })

      it('does not believe a deletion that deletes nothing', async () => {
        const [ann] = at.people()
        await at.gateway().client.finished(await at.upload([at.rowOf(ann)]))
        at.stage().sandbox.setFaults([{ kind: 'contacts-kept' }])
        const done = await at.until(await at.erase({ phoneNumber: ann.phone }), isDone)
        assert.equal(done.state, 'completed_with_remains')
        assert.deepEqual(
          of(done, 'genesys_contacts').remains.map(({ code }) => code),
          ['genesys_keeps_contact'],
        )
      })
    })
  }
})
