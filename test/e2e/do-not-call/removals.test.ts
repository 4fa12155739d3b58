import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'

import type { z } from 'zod'

import type {
  ledgerEntrySchema,
  searchAnswerSchema,
  submissionSchema,
} from '../../../src/http/routes/do-not-call/dnc-schemas.ts'
import { embeddedHome } from '../../support/databases/database.ts'
import { type RunningGateway, setStage, type Stage } from '../../support/stages/stage.ts'

type Submission = z.output<typeof submissionSchema>
type Searched = z.output<typeof searchAnswerSchema>
type Ledger = { items: z.output<typeof ledgerEntrySchema>[] }
type Problem = { code: string; scope?: string; columns?: string[] }

const [ANN, BOB] = ['+14155550101', '+14155550102'] as const

for (const dialect of ['guide', 'platform'] as const) {
  describe(`Removals of do-not-call entries over HTTP with the ${dialect} dialect`, () => {
    const home = embeddedHome()
    let stage: Stage
    let gateway: RunningGateway
    let list: string
    let lists = 0
    before(async () => {
      stage = await setStage(await home.fresh(), dialect)
      gateway = await stage.gateway()
    })
    after(async () => {
      await stage.close()
      await home.close()
    })
    beforeEach(() => {
      list = `removals-${dialect}-${(lists += 1)}`
      stage.sandbox.setFaults([])
      stage.sandbox.makeDncList({ id: list, name: list })
    })

    const post = (what: 'entries' | 'removals', body: unknown, query = '', key?: string) =>
      gateway.client.call<Submission & Problem>(`/v1/dnc-lists/${list}/${what}${query}`, {
        method: 'POST',
        headers: {
          'content-type': typeof body === 'string' ? 'text/csv' : 'application/json',
          'idempotency-key': key ?? crypto.randomUUID(),
        },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      })
    const submit = async (...about: Parameters<typeof post>): Promise<Submission> => {
      const { status, body, text } = await post(...about)
      assert.equal(status, 202, text)
      return body
    }
    const applied = async ({ id }: Submission): Promise<Submission> => {
      for (;;) {
        const { body } = await gateway.client.call<Submission>(`/v1/dnc-submissions/${id}`)
        if (body.state === 'applied' || body.state === 'applied_with_errors') return body
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }
    const search = async (...phoneNumbers: string[]): Promise<Searched['items']> => {
      const { body } = await gateway.client.call<Searched>(`/v1/dnc-lists/${list}/entries/search`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ phoneNumbers }),
      })
      return body.items
    }
    const suppressed = async (...phoneNumbers: string[]): Promise<boolean[]> =>
      (await search(...phoneNumbers)).map((item) => item.suppressed)
    const there = () => Object.keys(stage.sandbox.dncList(list).entries.phone).toSorted()

    test('people who are removed are not suppressed from the 202 on, and are taken out where Genesys can', async () => {
      const added = await submit('entries', [{ phoneNumber: ANN }, { phoneNumber: BOB }])
      await applied(added)
      const removal = await submit(
        'removals',
        `phoneNumber,reason\n${ANN},Asked by mail\n+14155550109,\n`,
      )
      assert.equal(removal.kind, 'remove')
      assert.deepEqual(await suppressed(ANN, BOB), [false, true])
      const histories = (await search(ANN, BOB)).map(({ entries }) =>
        entries.map(({ history }) => history.map((step) => [step.event, step.submissionId])),
      )
      const accepted = ['accepted', added.id]
      assert.deepEqual(histories, [[[accepted, ['removed', removal.id]]], [[accepted]]])
      const { state, counts, notes } = await applied(removal)
      assert.deepEqual([state, counts.removed, counts.notFound], ['applied', 1, 1])
      assert.deepEqual(there(), dialect === 'guide' ? [ANN, BOB] : [BOB])
      assert.equal(notes.length, dialect === 'guide' ? 1 : 0)
      const rows = await gateway.client.call<Ledger>(`/v1/dnc-submissions/${removal.id}/entries`)
      assert.deepEqual(
        rows.body.items.map(({ outcome, entry }) => [outcome, entry?.originalReason]),
        [
          ['removed', 'Asked by mail'],
          ['not_found', null],
        ],
      )
    })

    test('an entry after a removal wins, and the same call again changes nothing', async () => {
      await applied(await submit('entries', [{ phoneNumber: ANN }]))
      const key = crypto.randomUUID()
      const removal = await submit('removals', [{ phoneNumber: ANN }], '', key)
      const again = await submit('entries', [{ phoneNumber: ANN }])
      const replay = await post('removals', [{ phoneNumber: ANN }], '', key)
      assert.equal(replay.headers.get('idempotency-replayed'), 'true')
      assert.equal(replay.body.id, removal.id)
      await applied(removal)
      assert.equal((await applied(again)).counts.created, 1)
      assert.deepEqual(await suppressed(ANN), [true])
      assert.deepEqual(there(), [ANN])
    })

    test('what is REGULATORY is rejected without override, which an admin alone may not say', async () => {
      await applied(
        await submit('entries', [{ phoneNumber: ANN, reason: 'REGULATORY' }, { phoneNumber: BOB }]),
      )
      const people = [{ phoneNumber: ANN }, { phoneNumber: BOB }]
      const { counts, rejections, id } = await submit('removals', people)
      assert.deepEqual([counts.read, counts.accepted, counts.rejected], [2, 1, 1])
      assert.deepEqual(rejections, { 'override-needed': 1 })
      assert.deepEqual(await suppressed(ANN, BOB), [true, false])
      const rows = await gateway.client.call<Ledger>(
        `/v1/dnc-submissions/${id}/entries?outcome=rejected`,
      )
      assert.deepEqual(
        rows.body.items.map(({ line, code }) => [line, code]),
        [[1, 'override-needed']],
      )
      for (const what of ['entries', 'removals'] as const) {
        const { status, body } = await post(what, people, '?override=true')
        assert.deepEqual([status, body.code, body.scope], [403, 'scope-missing', 'dnc:override'])
      }
      assert.deepEqual(await suppressed(ANN), [true])
    })

    test('what stands is exported in both forms, and what was removed is not', async () => {
      const entries = [{ phoneNumber: ANN, source: 'web, "form"' }, { phoneNumber: BOB }]
      await submit('entries', entries)
      await submit('removals', [{ phoneNumber: BOB }])
      const path = `/v1/dnc-lists/${list}/entries/export`
      const ndjson = await gateway.client.call(path)
      assert.equal(ndjson.headers.get('content-type'), 'application/x-ndjson')
      const lines = ndjson.text.trim().split('\n')
      const { receivedAt, ...line } = JSON.parse(lines[0]!) as { receivedAt: string }
      assert.equal(lines.length, 1)
      assert.deepEqual(line, { phoneNumber: ANN, reason: 'UNSPECIFIED', source: 'web, "form"' })
      const csv = await gateway.client.call(path, { headers: { accept: 'text/csv' } })
      assert.deepEqual(csv.text.split('\r\n'), [
        'phoneNumber,email,reason,originalReason,source,receivedAt,expiresAt,contactListIds',
        `${ANN},,UNSPECIFIED,,"web, ""form""",${receivedAt},,`,
        '',
      ])
      const again = await submit('entries', csv.text)
      assert.deepEqual([again.counts.accepted, again.counts.rejected], [1, 0])
    })

    test('a removal has a person, no expiry, and at least one line', async () => {
      const column = await post('removals', `phoneNumber,expiresAt\n${ANN},\n`)
      assert.deepEqual([column.status, column.body.code], [422, 'dnc-columns-unknown'])
      const option = await post('removals', [{ phoneNumber: ANN }], '?expiresAt=2030-01-01T00:00Z')
      assert.deepEqual([option.status, option.body.code], [400, 'option-unknown'])
      const empty = await post('removals', [])
      assert.deepEqual([empty.status, empty.body.code], [422, 'dnc-no-entries'])
      const { rejections } = await submit('removals', [{ reason: 'nobody' }])
      assert.deepEqual(rejections, { 'entry-subject-missing': 1 })
    })

    if (dialect === 'platform') {
      test('a removal that Genesys answers late is sent again, and ends', async () => {
        await applied(await submit('entries', [{ phoneNumber: ANN }]))
        stage.sandbox.setFaults([{ kind: 'executed-then-reset', operation: 'dnc-write', count: 1 }])
        assert.equal(
          (await applied(await submit('removals', [{ phoneNumber: ANN }]))).counts.removed,
          1,
        )
        assert.deepEqual(there(), [])
      })
    }
  })
}
