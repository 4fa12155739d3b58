import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import type { z } from 'zod'

import type { ledgerEntrySchema } from '../../../src/http/routes/do-not-call/dnc-schemas.ts'
import { dncSuite, type Submission } from '../../support/do-not-call/dnc-suite.ts'

type Ledger = { items: z.output<typeof ledgerEntrySchema>[] }

const [ANN, BOB] = ['+14155550101', '+14155550102'] as const

for (const dialect of ['guide', 'platform'] as const) {
  describe(`Removals of do-not-call entries over HTTP with the ${dialect} dialect`, () => {
    const suite = dncSuite(dialect)
    const { post, submit, search } = suite
    const applied = ({ id }: Submission) => suite.reach(id, 'applied', 'applied_with_errors')
    const suppressed = async (...phoneNumbers: string[]): Promise<boolean[]> =>
      (await search(...phoneNumbers)).map((item) => item.suppressed)
    const there = () =>
      Object.keys(suite.stage.sandbox.dncList(suite.list).entries.phone).toSorted()

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
      const rows = await suite.gateway.client.call<Ledger>(
        `/v1/dnc-submissions/${removal.id}/entries`,
      )
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
      const removal = await submit('removals', [{ phoneNumber: ANN }], key)
      const again = await submit('entries', [{ phoneNumber: ANN }])
      const replay = await post('removals', [{ phoneNumber: ANN }], key)
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
      const rows = await suite.gateway.client.call<Ledger>(
        `/v1/dnc-submissions/${id}/entries?outcome=rejected`,
      )
      assert.deepEqual(
        rows.body.items.map(({ line, code }) => [line, code]),
        [[1, 'override-needed']],
      )
      for (const what of ['entries', 'removals'] as const) {
        const { status, body } = await post(`${what}?override=true`, people)
        assert.deepEqual([status, body.code, body.scope], [403, 'scope-missing', 'dnc:override'])
      }
      assert.deepEqual(await suppressed(ANN), [true])
    })

    test('what stands is exported in both forms, and what was removed is not', async () => {
      const entries = [{ phoneNumber: ANN, source: 'web, "form"' }, { phoneNumber: BOB }]
      await submit('entries', entries)
      await submit('removals', [{ phoneNumber: BOB }])
      const path = `/v1/dnc-lists/${suite.list}/entries/export`
      const ndjson = await suite.gateway.client.call(path)
      assert.equal(ndjson.headers.get('content-type'), 'application/x-ndjson')
      const lines = ndjson.text.trim().split('\n')
      const { receivedAt, ...line } = JSON.parse(lines[0]!) as { receivedAt: string }
      assert.equal(lines.length, 1)
      assert.deepEqual(line, { phoneNumber: ANN, reason: 'UNSPECIFIED', source: 'web, "form"' })
      const csv = await suite.gateway.client.call(path, { headers: { accept: 'text/csv' } })
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
      const option = await post('removals?expiresAt=2030-01-01T00:00Z', [{ phoneNumber: ANN }])
      assert.deepEqual([option.status, option.body.code], [400, 'option-unknown'])
      const empty = await post('removals', [])
      assert.deepEqual([empty.status, empty.body.code], [422, 'dnc-no-entries'])
      const { rejections } = await submit('removals', [{ reason: 'nobody' }])
      assert.deepEqual(rejections, { 'entry-subject-missing': 1 })
    })

    if (dialect === 'platform') {
      test('a removal that Genesys answers late is sent again, and ends', async () => {
        await applied(await submit('entries', [{ phoneNumber: ANN }]))
        suite.stage.sandbox.setFaults([
          { kind: 'executed-then-reset', operation: 'dnc-write', count: 1 },
        ])
        assert.equal(
          (await applied(await submit('removals', [{ phoneNumber: ANN }]))).counts.removed,
          1,
        )
        assert.deepEqual(there(), [])
      })
    }
  })
}
