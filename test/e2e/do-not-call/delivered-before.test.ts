import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'

import type { FaultPlan } from '../../../src/sandbox/faults/fault-plan.ts'
import { embeddedHome } from '../../support/databases/database.ts'
import { callPlatform } from '../../support/stages/platform-call.ts'
import { type RunningGateway, setStage, type Stage } from '../../support/stages/stage.ts'

const LIST = 'demo-contacts'
const DNC_LIST = 'demo-dnc'

type Report = {
  looked: boolean
  counts: Record<'open' | 'retracted' | 'gone' | 'reported', number>
  notSearchable: number
  items: {
    contactListId: string
    uploadId: string
    line: number
    contactId: string
    state: string
  }[]
}
type PlatformContact = {
  data: Record<string, string>
  callable: boolean
  phoneNumberStatus: Record<string, { callable: boolean }>
}

for (const dialect of ['guide', 'platform'] as const) {
  describe(`Contacts delivered before an entry, with the ${dialect} dialect`, () => {
    const home = embeddedHome()
    let stage: Stage
    let gateway: RunningGateway
    let people = 0
    before(async () => {
      stage = await setStage(await home.fresh(), dialect)
      gateway = await stage.gateway()
    })
    after(async () => {
      await stage.close()
      await home.close()
    })
    beforeEach(() => stage.sandbox.setFaults([]))

    /** Three people, each with a different number and address. */
    const deliver = async () => {
      people += 1
      const [first, second, third] = [0, 1, 2].map((n) => ({
        id: `p${people}-${n}`,
        phone: `+1212555${String(people * 10 + n).padStart(4, '0')}`,
        email: `p${people}.${n}@example.com`,
      }))
      const rows = [first!, second!, third!]
      const csv = [
        'customerId,firstName,lastName,phoneNumber,email,city',
        ...rows.map(({ id, phone, email }) => `${id},A,B,${phone},${email},x`),
      ].join('\n')
      const answer = await gateway.client.upload(LIST, csv)
      assert.equal(answer.status, 202, answer.text)
      const upload = await gateway.client.finished(answer.body.id)
      assert.equal(upload.counts.delivered, 3)
      return { rows, upload }
    }
    const submit = async (entries: object[]): Promise<string> => {
      const { status, body, text } = await gateway.client.call<{ id: string }>(
        `/v1/dnc-lists/${DNC_LIST}/entries`,
        {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() },
          body: JSON.stringify(entries),
        },
      )
      assert.equal(status, 202, text)
      return body.id
    }
    /** Returns the report once nothing is left to do. */
    const report = async (id: string): Promise<Report> => {
      for (;;) {
        const { body, text } = await gateway.client.call<Report>(
          `/v1/dnc-submissions/${id}/delivered-before`,
        )
        assert.ok(body.counts, text)
        if (body.looked && body.items.length > 0 && body.counts.open === 0) return body
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }
    const genesys = async (method: 'GET' | 'DELETE', contactId: string): Promise<Response> => {
      const path = `/api/v2/outbound/contactlists/${LIST}/contacts/${contactId}`
      const answer = await callPlatform(stage, path, method)
      assert.ok(answer.ok)
      return answer
    }
    const inGenesys = async (contactId: string): Promise<PlatformContact> =>
      (await (await genesys('GET', contactId)).json()) as PlatformContact

    if (dialect === 'guide') {
      it('are reported with their upload and line, and nothing is called', async () => {
        const { rows, upload } = await deliver()
        const before = stage.sandbox.requests().length
        const id = await submit([{ phoneNumber: rows[1]!.phone }])
        const { counts, items, notSearchable } = await report(id)
        assert.deepEqual(counts, { open: 0, retracted: 0, gone: 0, reported: 1 })
        assert.equal(notSearchable, 0)
        const [found] = items
        assert.deepEqual(
          [found?.contactListId, found?.uploadId, found?.line, found?.contactId, found?.state],
          [LIST, upload.id, 3, rows[1]!.id, 'reported'],
        )
        const since = stage.sandbox.requests().slice(before)
        assert.ok(since.every(({ path }) => !path.includes('/contacts')))
        const { body } = await gateway.client.call<{ notes: string[] }>(`/v1/dnc-submissions/${id}`)
        assert.ok(body.notes[0]?.includes('delivered-before'))
      })
      return
    }

    it('are not called under the number any more, and keep everything else', async () => {
      const { rows } = await deliver()
      const before = await inGenesys(rows[1]!.id)
      const { counts } = await report(await submit([{ phoneNumber: rows[1]!.phone }]))
      assert.deepEqual(counts, { open: 0, retracted: 1, gone: 0, reported: 0 })
      const after = await inGenesys(rows[1]!.id)
      assert.deepEqual(after.phoneNumberStatus, { phoneNumber: { callable: false } })
      assert.deepEqual({ ...after, phoneNumberStatus: {} }, { ...before, phoneNumberStatus: {} })
      assert.deepEqual((await inGenesys(rows[0]!.id)).phoneNumberStatus, {})
    })

    it('are not called at all where the entry names an address', async () => {
      const { rows } = await deliver()
      await report(await submit([{ email: rows[0]!.email.toUpperCase() }]))
      const after = await inGenesys(rows[0]!.id)
      assert.deepEqual([after.callable, after.phoneNumberStatus], [false, {}])
      assert.equal(after.data['email'], rows[0]!.email)
    })

    it('that are gone from Genesys are done with', async () => {
      const { rows } = await deliver()
      await genesys('DELETE', rows[0]!.id)
      const { counts } = await report(await submit([{ phoneNumber: rows[0]!.phone }]))
      assert.deepEqual(counts, { open: 0, retracted: 0, gone: 1, reported: 0 })
    })

    for (const [what, faults] of [
      ['429', [{ kind: 'status', operation: 'contact', status: 429, retryAfter: 1, count: 1 }]],
      ['503', [{ kind: 'status', operation: 'contact', status: 503, count: 2 }]],
      ['409', [{ kind: 'status', operation: 'contact', status: 409, count: 1, after: 1 }]],
      [
        'a change that is made and never answered',
        [{ kind: 'executed-then-reset', operation: 'contact', count: 1, after: 1 }],
      ],
    ] as [string, FaultPlan][]) {
      it(`are taken back in spite of ${what}`, async () => {
        const { rows } = await deliver()
        stage.sandbox.setFaults(faults)
        const { counts } = await report(await submit([{ phoneNumber: rows[2]!.phone }]))
        assert.equal(counts.retracted, 1)
        const after = await inGenesys(rows[2]!.id)
        assert.deepEqual(after.phoneNumberStatus, { phoneNumber: { callable: false } })
      })
    }

    it('are taken back by the next process, where one is killed before it could', async () => {
      const { rows } = await deliver()
      stage.sandbox.setFaults([{ kind: 'status', operation: 'contact', status: 503 }])
      const id = await submit([{ phoneNumber: rows[0]!.phone }])
      await gateway.kill()
      stage.sandbox.setFaults([])
      gateway = await stage.gateway()
      assert.equal((await report(id)).counts.retracted, 1)
      const after = await inGenesys(rows[0]!.id)
      assert.deepEqual(after.phoneNumberStatus, { phoneNumber: { callable: false } })
    })
  })
}
