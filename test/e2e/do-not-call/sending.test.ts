import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import type { FaultPlan } from '../../../src/sandbox/faults/fault-plan.ts'
import { dncSuite, type Submission } from '../../support/do-not-call/dnc-suite.ts'
import { metricOf } from '../../support/gateway/gateway-process.ts'

const numbersFrom = (first: number, count: number): string[] =>
  Array.from({ length: count }, (_, n) => `+1415555${String(first + n).padStart(4, '0')}`)

for (const dialect of ['guide', 'platform'] as const) {
  describe(`Sending do-not-call entries on with the ${dialect} dialect`, () => {
    const suite = dncSuite(dialect)
    const { reach } = suite
    const submit = async (entries: object[]): Promise<string> =>
      (await suite.submit('entries', entries)).id
    const applied = (id: string) => reach(id, 'applied', 'applied_with_errors')
    const held = () => suite.stage.sandbox.dncList(suite.list).entries
    const underFaults = async (faults: FaultPlan, entries: object[]): Promise<Submission> => {
      suite.stage.sandbox.setFaults(faults)
      return applied(await submit(entries))
    }
    const scrape = async (): Promise<string> => (await suite.gateway.client.call('/metrics')).text
    const settledSoFar = async (): Promise<number[]> => {
      const text = await scrape()
      return ['created', 'existing', 'updated', 'failed'].map((outcome) =>
        metricOf(text, `gateway_dnc_entries_total{kind="add",outcome="${outcome}"}`),
      )
    }
    const entriesOf = (numbers: readonly string[], more: object = {}) =>
      numbers.map((phoneNumber) => ({ phoneNumber, reason: 'CUSTOMER_REQUEST', ...more }))

    test('all entries are in the list, and the submission says what our ledger had of them', async () => {
      const numbers = numbersFrom(0, 1_200)
      const before = await settledSoFar()
      const first = await applied(await submit(entriesOf(numbers)))
      assert.deepEqual(
        [first.state, first.counts.created, first.counts.pending, first.problem],
        ['applied', 1_200, 0, null],
      )
      assert.deepEqual(Object.keys(held().phone).toSorted(), numbers)
      const again = await applied(
        await submit([
          ...entriesOf(numbers.slice(0, 2)),
          ...entriesOf(numbers.slice(2, 5), { reason: 'REGULATORY' }),
          ...entriesOf(numbersFrom(5_000, 1)),
        ]),
      )
      const { created, existing, updated } = again.counts
      assert.deepEqual({ created, existing, updated }, { created: 1, existing: 2, updated: 3 })
      const after = await settledSoFar()
      assert.deepEqual(
        after.map((count, at) => count - before[at]!),
        [1_201, 2, 3, 0],
      )
    })

    test('a shorter or weaker entry takes nothing from what stands', async () => {
      const [number] = numbersFrom(0, 1)
      await applied(await submit([{ phoneNumber: number, reason: 'REGULATORY' }]))
      const soon = new Date(Date.now() + 86_400_000).toISOString()
      const weaker = await applied(
        await submit([{ phoneNumber: number, reason: 'UNSPECIFIED', expiresAt: soon }]),
      )
      assert.equal(weaker.counts.existing, 1)
      const entry = held().phone[number!]
      assert.equal(entry?.expiresAt, null)
      if (dialect === 'guide') assert.equal(entry?.reason, 'REGULATORY')
    })

    test('C1: each entry goes with its own reason and expiry', async () => {
      const [a, b, c] = numbersFrom(0, 3)
      const at = new Date(Math.ceil(Date.now() / 60_000) * 60_000 + 86_400_000).toISOString()
      await applied(
        await submit([
          { phoneNumber: a, reason: 'REGULATORY' },
          { phoneNumber: b, reason: 'CUSTOMER_REQUEST', expiresAt: at },
          { phoneNumber: c, reason: 'REGULATORY', expiresAt: at },
        ]),
      )
      const { phone } = held()
      assert.deepEqual(
        [phone[a!]?.expiresAt, phone[b!]?.expiresAt, phone[c!]?.expiresAt],
        [null, at, at],
      )
      if (dialect === 'guide') {
        assert.deepEqual(
          [phone[a!]?.reason, phone[b!]?.reason, phone[c!]?.reason],
          ['REGULATORY', 'CUSTOMER_REQUEST', 'REGULATORY'],
        )
      }
    })

    test('addresses go where Genesys takes them, and are enforced here where it does not', async () => {
      const done = await applied(await submit([{ email: 'Ann@Example.COM' }]))
      assert.deepEqual([done.state, done.counts.created], ['applied', 1])
      const there = Object.keys(held().email)
      assert.deepEqual(there, dialect === 'guide' ? [] : ['ann@example.com'])
      assert.equal(done.notes.length, dialect === 'guide' ? 1 : 0)
      const ledger = await suite.gateway.client.call<{
        items: { entry: { upstream: boolean } }[]
      }>(`/v1/dnc-submissions/${done.id}/entries`)
      const [found] = await suite.searchEmail('ann@example.com')
      assert.deepEqual(
        [ledger.body.items[0]?.entry.upstream, found?.entries[0]?.upstream],
        dialect === 'guide' ? [false, false] : [true, true],
      )
    })

    test('a request that was executed and never answered goes again under its key', async () => {
      const numbers = numbersFrom(0, 10)
      const done = await underFaults(
        [{ kind: 'executed-then-reset', operation: 'dnc-write', count: 1 }],
        entriesOf(numbers),
      )
      assert.deepEqual([done.state, done.counts.created], ['applied', 10])
      assert.deepEqual(Object.keys(held().phone), numbers)
      if (dialect === 'guide') assert.equal(held().phone[numbers[0]!]?.writes, 1)
    })

    test('an outage holds the submission, and its end goes on with it', async () => {
      suite.stage.sandbox.setFaults([{ kind: 'status', status: 503, operation: 'dnc-write' }])
      const id = await submit(entriesOf(numbersFrom(0, 3)))
      const waiting = await reach(id, 'held')
      assert.equal(waiting.hold?.reason, 'genesys_unavailable')
      suite.stage.sandbox.setFaults([])
      assert.equal((await applied(id)).state, 'applied')
      assert.equal(Object.keys(held().phone).length, 3)
    })

    test('a list that Genesys does not know holds the submission for somebody', async () => {
      suite.useList('nobody-knows')
      const id = await submit(entriesOf(numbersFrom(0, 1)))
      assert.equal((await reach(id, 'held')).hold?.reason, 'dnc_list_refused')
    })

    if (dialect === 'guide') {
      for (const named of ['number', 'place', 'none'] as const) {
        test(`C27: entries refused by ${named} fail, and all the others are there`, async () => {
          const numbers = numbersFrom(0, 40)
          const bad = [numbers[3]!, numbers[17]!]
          const done = await underFaults(
            bad.map((number) => ({ kind: 'dnc-refused' as const, numbers: [number], named })),
            entriesOf(numbers),
          )
          assert.deepEqual(
            [done.state, done.counts.created, done.counts.failed],
            ['applied_with_errors', 38, 2],
          )
          assert.deepEqual(
            Object.keys(held().phone).toSorted(),
            numbers.filter((number) => !bad.includes(number)),
          )
        })
      }

      test('entries that a 200 names as not stored are failed, the others are not', async () => {
        const numbers = numbersFrom(0, 5)
        const done = await underFaults(
          [{ kind: 'dnc-entry-errors', numbers: [numbers[1]!] }],
          entriesOf(numbers),
        )
        assert.deepEqual([done.counts.created, done.counts.failed], [4, 1])
        const { body } = await suite.gateway.client.call<{
          items: { code: string; reason: string }[]
        }>(`/v1/dnc-submissions/${done.id}/entries?outcome=failed`)
        assert.deepEqual(
          body.items.map(({ code }) => code),
          ['genesys-refused'],
        )
        assert.match(body.items[0]!.reason, /Genesys said: /)
      })

      test('tallies that do not add up are a problem of the submission, which has applied', async () => {
        const done = await underFaults(
          [{ kind: 'dnc-tallies-lie', by: 2, count: 1 }],
          entriesOf(numbersFrom(0, 5)),
        )
        assert.deepEqual([done.state, done.problem?.code], ['applied', 'dnc-tallies-differ'])
        assert.equal(metricOf(await scrape(), 'gateway_dnc_tallies_differ_total'), 1)
        assert.equal(
          (await suite.gateway.client.call(`/problems/${done.problem?.code}`)).status,
          200,
        )
      })

      test('C2, C3: a conflict waits under the same key, which has no second effect', async () => {
        const numbers = numbersFrom(0, 5)
        const done = await underFaults(
          [{ kind: 'dnc-in-progress', forMs: 1_500, count: 1 }],
          entriesOf(numbers),
        )
        assert.deepEqual([done.state, done.counts.created], ['applied', 5])
        assert.equal(held().phone[numbers[0]!]?.writes, 1)
      })
    }
  })
}
