import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'

import { subjectDigest } from '../../../src/domain/do-not-call/subject.ts'
import { setDncStage, type DncStage } from '../../support/do-not-call/dnc-stage.ts'
import { dncStore } from '../../support/do-not-call/dnc-store.ts'

const DAY_MS = 86_400_000
let used = 0
const numbers = (count: number): string[] =>
  Array.from({ length: count }, () => `+1415${String(2_000_000 + (used += 1))}`)
const entriesOf = (subjects: readonly string[], more: object = {}) =>
  subjects.map((phoneNumber) => ({ phoneNumber, reason: 'CUSTOMER_REQUEST', ...more }))

describe('Sending do-not-call entries', () => {
  const store = dncStore()
  let stage: DncStage
  beforeEach(async () => {
    stage = await setDncStage(store(), 'guide', { requestTimeoutMs: 2_000 })
  })
  afterEach(() => stage.close())

  const actions = (): unknown[] =>
    stage.told.filter(({ name }) => name === 'dnc.refused').map(({ fields }) => fields['action'])
  const sizes = async (): Promise<number[]> => (await stage.groups()).map(({ entries }) => entries)

  it('keeps the key of a request for 60 s of 409s, and then gives its entries to one successor with a new key, which is linked and audited', async () => {
    const process = stage.process()
    stage.sandbox.setFaults([{ kind: 'dnc-in-progress', forMs: 600_000, count: 1 }])
    const submission = await process.submit(entriesOf(numbers(7)))
    assert.ok(submission)
    for (let looks = 0; looks < 3; looks += 1) await process.look()
    const [waiting, ...none] = await stage.groups()
    assert.deepEqual([waiting?.state, none.length], ['sent', 0])
    await stage.age(20_000)
    await process.look()
    assert.equal((await stage.groups()).length, 1)
    await stage.age(41_000)
    await process.drain()
    const [first, second, ...more] = await stage.groups()
    assert.equal(more.length, 0)
    assert.deepEqual([first?.state, second?.state], ['split', 'settled'])
    assert.equal(second?.predecessor, first?.id)
    assert.notEqual(second?.key, first?.key)
    assert.deepEqual([second?.entries, second?.attempts], [7, 1])
    const done = await stage.find(submission.id)
    assert.deepEqual([done.state, done.counts.created], ['applied', 7])
    const { rows } = await store().sql.executeSql(
      `select action from audit_entry where object = $1 and action = 'dnc.replaced'`,
      [submission.id],
    )
    assert.equal(rows.length, 1)
  })

  it('takes a 409 of a key whose request has ended in the same way, without a second effect of the first', async () => {
    const process = stage.process()
    stage.sandbox.setFaults([
      { kind: 'executed-then-reset', operation: 'dnc-write', count: 1 },
      { kind: 'dnc-key-kept' },
    ])
    const subjects = numbers(3)
    await process.submit(entriesOf(subjects))
    for (let looks = 0; looks < 3; looks += 1) await process.look()
    await stage.age(61_000)
    await process.drain()
    const [first, second] = await stage.groups()
    assert.deepEqual([first?.state, second?.state], ['split', 'settled'])
    assert.deepEqual(Object.keys(stage.there()).toSorted(), subjects)
  })

  it('halves a request after three 429s in a row, down to 50 entries, and lets it grow again', async () => {
    const process = stage.process()
    stage.sandbox.setFaults([{ kind: 'status', status: 429, operation: 'dnc-write', count: 12 }])
    const subjects = numbers(1_200)
    await process.submit(entriesOf(subjects))
    await process.drain()
    assert.deepEqual(await sizes(), [499, 249, 124, 62, 50, 100, 200, 400, 450])
    assert.deepEqual(Object.keys(stage.there()).toSorted(), subjects.toSorted())
    assert.equal(actions().filter((action) => action === 'smaller').length, 4)
  })

  it('counts 429s in a row only where nothing else came between them', async () => {
    const process = stage.process()
    const throttled = { kind: 'status', status: 429, operation: 'dnc-write' } as const
    const broken = { kind: 'status', status: 503, operation: 'dnc-write', count: 1 } as const
    stage.sandbox.setFaults([{ ...throttled, count: 2 }, broken, { ...throttled, count: 2 }])
    await process.submit(entriesOf(numbers(200)))
    await process.drain()
    assert.deepEqual(await sizes(), [200])
    assert.ok(!actions().includes('smaller'))
  })

  for (const status of [403, 404]) {
    it(`holds a submission for somebody at ${status}, suppresses all the while, and goes on when it is resumed`, async () => {
      const process = stage.process()
      stage.sandbox.setFaults([{ kind: 'status', status, operation: 'dnc-write', count: 1 }])
      const submission = await process.submit(entriesOf(numbers(2)))
      await process.drain()
      const held = await stage.find(submission!.id)
      assert.deepEqual([held.state, held.hold?.reason], ['held', 'dnc_list_refused'])
      // The gateway does not try again until a person resumes it.
      await process.drain()
      assert.equal(actions().length, 1)
      const { rows } = await store().sql.executeSql(
        `select details from audit_entry where object = $1 and action = 'dnc.held'`,
        [held.id],
      )
      assert.deepEqual(rows, [{ details: { reason: 'dnc_list_refused' } }])
      const resumed = { actor: 'key_1', tenantId: 'default' }
      await store().dncSubmissions.resume(held, {
        ...{ id: `aud_${held.id}`, ...resumed, action: 'dnc.resumed', object: held.id },
        ...{
          requestId: 'req',
          attempt: 1,
          latencyMs: null,
          outcome: 'ok',
          counts: {},
          digest: null,
          details: {},
        },
      })
      await process.drain()
      assert.equal((await stage.find(held.id)).state, 'applied')
    })
  }

  it('waits a whole day for Genesys, tells once that it does, weakens nothing, and does not send what has lapsed meanwhile', async () => {
    const process = stage.process()
    stage.sandbox.setFaults([{ kind: 'status', status: 503, operation: 'dnc-write' }])
    const [brief, ...lasting] = numbers(4)
    const inHours = (hours: number): string =>
      new Date(Date.now() + hours * 3_600_000).toISOString()
    const submission = await process.submit([
      ...entriesOf(lasting),
      { phoneNumber: brief, expiresAt: inHours(12) },
    ])
    for (let hour = 0; hour < 24; hour += 1) {
      await process.look()
      await stage.age(DAY_MS / 24)
    }
    const held = await stage.find(submission!.id)
    assert.deepEqual([held.state, held.hold?.reason], ['held', 'genesys_unavailable'])
    const { rows } = await store().sql.executeSql(
      `select count(*)::int as held from audit_entry where object = $1 and action = 'dnc.held'`,
      [held.id],
    )
    assert.deepEqual(rows, [{ held: 1 }])
    // The entry that expired 12 hours ago stays in force for one more day.
    const subjects = [brief!, ...lasting].map((one) => subjectDigest(store().digestKey, one))
    const standing = await store().suppressions.suppressedAmong('any', Buffer.concat(subjects))
    assert.equal(standing.size, 4)
    stage.sandbox.setFaults([])
    // A process that was started since then sees that this day is over.
    await stage.process().drain()
    const done = await stage.find(held.id)
    assert.deepEqual([done.state, done.hold, done.counts.pending], ['applied', null, 0])
    assert.deepEqual(Object.keys(stage.there()).toSorted(), lasting)
    assert.equal((await stage.groups()).filter(({ state }) => state === 'settled').length, 1)
  })

  const IN_DOUBT = ['executed-then-timeout', 'executed-then-reset', 'truncated-body'] as const
  for (const kind of IN_DOUBT) {
    it(`sends again under the same key what was executed and not answered (${kind})`, async () => {
      const process = stage.process()
      stage.sandbox.setFaults([{ kind, operation: 'dnc-write', count: 2 }])
      const subjects = numbers(3)
      const submission = await process.submit(entriesOf(subjects))
      await process.drain()
      assert.deepEqual([(await stage.find(submission!.id)).counts.created], [3])
      assert.deepEqual(
        subjects.map((number) => stage.there()[number]?.writes),
        [1, 1, 1],
      )
      assert.deepEqual(
        (await stage.groups()).map(({ attempts }) => attempts),
        [3],
      )
    })
  }

  it('does not take an answer for one that counts when it lacks its tallies', async () => {
    const process = stage.process()
    stage.sandbox.setFaults([{ kind: 'dnc-tallies-lie', by: -3, count: 1 }])
    const submission = await process.submit(entriesOf(numbers(3)))
    await process.drain()
    const done = await stage.find(submission!.id)
    assert.deepEqual([done.state, done.problem?.code], ['applied', 'dnc-tallies-differ'])
    assert.ok(stage.told.some(({ name }) => name === 'dnc.tallies_differ'))
  })

  it('fails a group that is refused as a whole without asking for each entry, and keeps suppressing', async () => {
    const process = stage.process()
    stage.sandbox.setFaults([{ kind: 'dnc-refused', named: 'group', count: 1 }])
    const submission = await process.submit(entriesOf(numbers(40)))
    await process.drain()
    const done = await stage.find(submission!.id)
    assert.deepEqual([done.state, done.counts.failed], ['applied_with_errors', 40])
    assert.equal((await stage.groups()).length, 1)
  })
})
