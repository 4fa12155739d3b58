import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { inspect } from 'node:util'

import { createGenesysClient } from '../../../src/genesys/calls/client.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import type { FaultPlan } from '../../../src/sandbox/faults/fault-plan.ts'
import type { DncWrite } from '../../../src/workflows/ports/do-not-call/dnc-lists.ts'
import { contextOf, createMemoryNewLists, createMemoryPace } from '../../genesys/harness.ts'
import {
  DNC_ACCOUNT,
  DNC_LIST,
  setDncStage,
  type DncStage,
} from '../../support/do-not-call/dnc-stage.ts'
import { dncStore } from '../../support/do-not-call/dnc-store.ts'

let used = 0
const numbers = (count: number): string[] =>
  Array.from({ length: count }, () => `+1415${String(2_000_000 + (used += 1))}`)
const ON = { operation: 'dnc-write' } as const
const SECRET = DNC_ACCOUNT.clientSecret

describe('Entries on their way to Genesys, where the source guide was wrong', () => {
  const store = dncStore()
  let stage: DncStage
  afterEach(() => stage.close())

  const setUp = async (
    faults: FaultPlan,
    entries: readonly object[],
    about: Parameters<typeof setDncStage>[2] = {},
  ) => {
    stage = await setDncStage(store(), 'guide', about)
    stage.sandbox.setFaults(faults)
    const process = stage.process()
    const submission = await process.submit(entries)
    assert.ok(submission)
    return { process, id: submission.id, done: () => stage.find(submission.id) }
  }
  const phones = (count: number, more: object = {}) =>
    numbers(count).map((phoneNumber) => ({ phoneNumber, ...more }))
  const auditOf = async (object: string): Promise<{ action: string; outcome: string }[]> => {
    const { rows } = await store().sql.executeSql(
      "select action, outcome, to_jsonb(a)::text as whole from audit_entry a where object = $1 and action <> 'dnc.moved' order by at, id",
      [object],
    )
    return rows as { action: string; outcome: string; whole: string }[]
  }

  it('C4: a write is tried until it is taken, at growing distances', async () => {
    const faults: FaultPlan = [{ kind: 'status', status: 503, count: 6, ...ON }]
    const { process, done } = await setUp(faults, phones(2), { random: () => 1 })
    const waits: (number | null)[] = []
    for (let looks = 0; looks < 6; looks += 1) waits.push(await process.look())
    assert.deepEqual(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000])
    await process.drain()
    assert.equal((await done()).state, 'applied')
  })

  it('C5: a Retry-After that is a date is waited for', async () => {
    const retryAfter = { retryAfter: 'date', retryAfterSeconds: 30 } as const
    const faults: FaultPlan = [{ kind: 'status', status: 429, count: 1, ...retryAfter, ...ON }]
    const { process, done } = await setUp(faults, phones(1))
    const waitMs = await process.look()
    assert.ok(waitMs !== null && waitMs > 20_000 && waitMs <= 31_000, `${waitMs}`)
    await process.drain()
    assert.equal((await done()).state, 'applied')
  })

  it('C6: every 5xx and an answer that does not come are tried again', async () => {
    const faults = [
      ...[500, 502, 503, 504].map(
        (status) => ({ kind: 'status', status, count: 1, ...ON }) as const,
      ),
      { kind: 'timeout', count: 1, ...ON } as const,
    ]
    // Long enough for the other answers on a busy machine, because each further try would count.
    const { process, done } = await setUp(faults, phones(1), { requestTimeoutMs: 5_000 })
    await process.drain()
    assert.equal((await done()).state, 'applied')
    assert.deepEqual(
      (await stage.groups()).map(({ attempts }) => attempts),
      [6],
    )
  })

  it('C7: a 401 is answered with a fresh token, and is no failure', async () => {
    const { process, done } = await setUp([{ kind: 'revoke-tokens', count: 1, ...ON }], phones(1))
    await process.drain()
    assert.equal((await done()).state, 'applied')
    assert.ok(!stage.told.some(({ name }) => name === 'dnc.refused'))
    assert.equal(stage.told.filter(({ name }) => name === 'genesys.token.renewed').length, 2)
  })

  it('C8: many requests need one token', async () => {
    const { process } = await setUp([], phones(1_200))
    await process.drain()
    assert.equal((await stage.groups()).length, 3)
    assert.equal(stage.told.filter(({ name }) => name === 'genesys.token.renewed').length, 1)
  })

  it('C9: five writes are under way over all instances, and a sixth waits for one of them', async () => {
    const { process, done } = await setUp([], phones(1))
    const taken = new Set<number | null>()
    for (let n = 0; n < 5; n += 1) taken.add(await store().dncLane.takeSlot(`instance-${n}`, 5))
    assert.deepEqual(taken, new Set([1, 2, 3, 4, 5]))
    assert.equal(await store().dncLane.takeSlot('another', 5), null)
    // Nothing is sent while there is no slot.
    assert.equal(await process.look({ keepSlots: true }), 200)
    assert.equal((await done()).state, 'applying')
    await store().dncLane.freeSlot('instance-2', 3)
    await process.look({ keepSlots: true })
    assert.equal((await done()).state, 'applied')
    await store().dncLane.freeAll()
  })

  it('C10: no request has 500 entries', async () => {
    const { process } = await setUp([], phones(1_200))
    await process.drain()
    assert.deepEqual(
      (await stage.groups()).map(({ entries }) => entries),
      [499, 499, 202],
    )
  })

  it('C11: a number that is written in three ways is one entry', async () => {
    const [number] = numbers(1)
    const national = `(${number!.slice(2, 5)}) ${number!.slice(5, 8)}-${number!.slice(8)}`
    const { process, done } = await setUp(
      [],
      [
        { phoneNumber: number },
        { phoneNumber: `+1 ${national}` },
        { phoneNumber: national, region: 'US' },
      ],
    )
    await process.drain()
    const { counts } = await done()
    assert.deepEqual([counts.read, counts.accepted, counts.duplicates], [3, 1, 2])
    assert.equal(stage.there()[number!]?.writes, 1)
  })

  it('C17: no number stands in an event, in the audit trail, or in what is kept of a request', async () => {
    const [number, other] = numbers(2)
    const faults: FaultPlan = [{ kind: 'dnc-refused', numbers: [other!], named: 'number' }]
    const rejected = { phoneNumber: `${number} and more`, region: 'US' }
    const entries = [{ phoneNumber: number }, { phoneNumber: other }, rejected]
    const { process, id } = await setUp(faults, entries)
    await process.drain()
    const { rows: groups } = await store().sql.executeSql('select to_jsonb(g) from dnc_group g')
    const places = JSON.stringify([stage.told, await auditOf(id), groups])
    assert.ok(stage.told.length > 3 && groups.length > 0)
    for (const one of [number!, other!]) assert.ok(!places.includes(one.slice(1)), one)
  })

  it('C18: what Genesys refused is in the audit trail like what it took', async () => {
    const entries = phones(3)
    const refused = [entries[1]!.phoneNumber]
    const { process, id } = await setUp([{ kind: 'dnc-refused', numbers: refused }], entries)
    await process.drain()
    assert.deepEqual(
      (await auditOf(id)).map(({ action, outcome }) => [action, outcome]),
      [
        ['dnc.accepted', 'ok'],
        ['dnc.refused', 'failed'],
        ['dnc.sent', 'ok'],
      ],
    )
  })

  it('C19, C20: the audit trail says what happened and no constant, under ids of their own, and outlives the process', async () => {
    const { process, id } = await setUp([], phones(600))
    await process.drain()
    const { rows } = await store().sql.executeSql(
      "select id, counts, to_jsonb(a)::text as whole from audit_entry a where object = $1 and action <> 'dnc.moved'",
      [id],
    )
    const entries = rows as { id: string; counts: Record<string, number>; whole: string }[]
    assert.ok(entries.every(({ whole }) => !/validated/i.test(whole)))
    assert.equal(new Set(entries.map(({ id: own }) => own)).size, 3)
    assert.ok(entries.every(({ id: own }) => /^aud_[0-9a-f]{32}$/.test(own)))
    const created = entries.map(({ counts }) => counts['created'] ?? 0)
    assert.deepEqual(
      created.toSorted((a, b) => a - b),
      [0, 101, 499],
    )
  })

  it('C23, C24, C25: no failure of a write shows credentials, a token, a number, or what Genesys said in words', async () => {
    stage = await setDncStage(store(), 'guide')
    const client = createGenesysClient({
      ...{ dialect: 'guide', apiUrl: stage.sandbox.url, loginUrl: stage.sandbox.url },
      ...{ ...DNC_ACCOUNT, requestsPerMinute: 60_000, batchRows: null },
      ...{ clock: systemClock, random: () => 0, emit: () => undefined },
      pace: createMemoryPace(systemClock),
      newLists: createMemoryNewLists(),
    })
    const [number] = numbers(1)
    stage.sandbox.setFaults([{ kind: 'dnc-refused', named: 'number' }])
    const write: DncWrite = {
      dncListId: DNC_LIST,
      kind: 'phone',
      subjects: [number!],
      reason: 'REGULATORY',
      ...{ expiresAt: null, idempotencyKey: 'key' },
    }
    await assert.rejects(client.dncLists.add(write, contextOf({ retryForMs: 0 })), (error) => {
      const shown = inspect(error, { depth: 12, showHidden: true })
      for (const told of ['Bearer', 'Basic', SECRET, number!.slice(1), 'Refused by the fault plan'])
        assert.ok(!shown.includes(told), told)
      return true
    })
    const printed = inspect(client, { depth: 12, showHidden: true })
    assert.ok(!printed.includes(SECRET))
    await client.close()
  })

  it('C29: the platform is called as it is published, by numbers and addresses', async () => {
    stage = await setDncStage(store(), 'platform')
    const process = stage.process()
    const [number] = numbers(1)
    await process.submit([{ phoneNumber: number }, { email: 'ann@example.com' }])
    await process.drain()
    const { entries, writes } = stage.sandbox.dncList(DNC_LIST)
    assert.deepEqual([Object.keys(entries.phone), writes], [[number], 2])
    assert.deepEqual(Object.keys(entries.email), ['ann@example.com'])
  })
})
