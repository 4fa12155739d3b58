import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'

import { embeddedHome } from '../../support/databases/database.ts'
import {
  erasureSuite,
  isDone,
  LIST,
  placeOf,
  type Receipt,
} from '../../support/privacy/erasure-suite.ts'

const DNC_LIST = 'demo-dnc'

for (const dialect of ['guide', 'platform'] as const) {
  describe(`An erasure, with the ${dialect} dialect`, () => {
    const at = erasureSuite(embeddedHome(), dialect)

    it('takes a person out of rows, cells of rejected rows, texts and the register, and leaves everybody else', async () => {
      const [ann, bob, cy] = at.people()
      const id = await at.upload(
        [ann, bob, cy].map(at.rowOf),
        `&fileName=${ann.phone.slice(1)}.csv`.slice(1),
      )
      assert.equal((await at.gateway().client.finished(id)).counts.delivered, 3)
      const mixed = await at.upload([at.rowOf(bob), `bad-1,Ada,L,${ann.phone},no address,x`])
      assert.equal((await at.gateway().client.finished(mixed)).counts.rejected, 1)

      const done = await at.until(await at.erase({ phoneNumber: ann.phone }), isDone)

      assert.equal(placeOf(done, 'rows').erased, 2, JSON.stringify(done))
      assert.equal(placeOf(done, 'register').erased, 1)
      assert.equal(placeOf(done, 'file_names').erased, 1)
      assert.ok(placeOf(done, 'answers').erased >= 1)
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
          placeOf(done, 'genesys_contacts').remains.map(({ code, count }) => [code, count]),
          [['genesys_cannot_delete', 1]],
        )
      } else {
        assert.equal(done.state, 'completed')
        assert.equal(placeOf(done, 'genesys_contacts').erased, 1)
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
      assert.equal(placeOf(done, 'rows').erased, 1)
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
      assert.equal(placeOf(done, 'entries').erased, 1)
      const codes = placeOf(done, 'entries').remains.map(({ code }) => code)
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
