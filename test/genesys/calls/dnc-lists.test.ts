import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'

import { createGenesysClient } from '../../../src/genesys/calls/client.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { startSandbox } from '../../../src/sandbox/server/start-sandbox.ts'
import type { DncWrite } from '../../../src/workflows/ports/do-not-call/dnc-lists.ts'
import {
  contextOf,
  createMemoryNewLists,
  createMemoryPace,
  createTeller,
  json,
  startClient,
} from '../harness.ts'

const LIST = 'sandbox-dnc-list'
const [A, B, C] = ['+14155550101', '+14155550102', '+14155550103'] as const

const write = (about: Partial<DncWrite> = {}): DncWrite => ({
  dncListId: LIST,
  kind: 'phone',
  subjects: [A, B, C],
  reason: 'CUSTOMER_REQUEST',
  expiresAt: null,
  idempotencyKey: crypto.randomUUID(),
  ...about,
})

const open = async (t: TestContext, dialect: 'guide' | 'platform') => {
  const account = { clientId: 'c', clientSecret: 's' }
  const sandbox = await startSandbox({
    ...{ host: '127.0.0.1', port: 0, clock: systemClock },
    ...account,
    limits: { guideRequestsPerMinute: 60_000, platformRequestsPerMinute: 60_000 },
  })
  t.after(() => sandbox.close())
  const client = createGenesysClient({
    ...{ dialect, apiUrl: sandbox.url, loginUrl: sandbox.url, ...account },
    ...{ requestsPerMinute: 60_000, batchRows: null, clock: systemClock },
    pace: createMemoryPace(systemClock),
    newLists: createMemoryNewLists(),
    random: () => 0.01,
    emit: createTeller().emit,
  })
  t.after(() => client.close())
  return { sandbox, lists: client.dncLists }
}

test('the guide takes a group with its reason and expiry, and its tallies come back', async (t) => {
  const { sandbox, lists } = await open(t, 'guide')
  const expiresAt = new Date(Date.now() + 3_600_000)
  const answer = await lists.add(write({ expiresAt }), contextOf({ retryForMs: 0 }))
  assert.deepEqual(answer, { tallies: { created: 3, duplicate: 0, updated: 0 }, failed: [] })
  const { phone } = sandbox.dncList(LIST).entries
  assert.deepEqual(
    [phone[A]?.reason, phone[A]?.expiresAt],
    ['CUSTOMER_REQUEST', expiresAt.toISOString()],
  )
})

for (const named of ['number', 'place'] as const) {
  test(`entries that the guide refuses by ${named} are named by their place`, async (t) => {
    const { sandbox, lists } = await open(t, 'guide')
    sandbox.setFaults([{ kind: 'dnc-refused', numbers: [B], named }])
    await assert.rejects(lists.add(write(), contextOf({ retryForMs: 0 })), {
      kind: 'rows_refused',
      rowErrors: [
        ...[{ index: 1, contactId: null, field: null, code: 'genesys-refused' }].map((error) => ({
          ...error,
          said: 'phone.invalid',
        })),
      ],
    })
  })
}

test('a refusal that names nobody is to be bisected, and one of the group is meant as a whole', async (t) => {
  const { sandbox, lists } = await open(t, 'guide')
  sandbox.setFaults([{ kind: 'dnc-refused', named: 'none' }])
  await assert.rejects(lists.add(write(), contextOf({ retryForMs: 0 })), {
    kind: 'rows_refused',
    rowErrors: [],
  })
  sandbox.setFaults([{ kind: 'dnc-refused', named: 'group' }])
  await assert.rejects(lists.add(write(), contextOf({ retryForMs: 0 })), { kind: 'refused' })
})

test('entries that a 200 of the guide names were not stored', async (t) => {
  const { sandbox, lists } = await open(t, 'guide')
  sandbox.setFaults([{ kind: 'dnc-entry-errors', numbers: [C], code: 'list.full' }])
  const { failed } = await lists.add(write(), contextOf({ retryForMs: 0 }))
  assert.deepEqual(failed, [{ index: 2, code: 'list.full' }])
})

test('both conflicts of a key are told as one that whoever sends decides on', async (t) => {
  const { sandbox, lists } = await open(t, 'guide')
  const group = write()
  sandbox.setFaults([{ kind: 'dnc-in-progress', forMs: 60_000, count: 1 }])
  const inProgress = { kind: 'conflict', upstreamCode: 'idempotency.in.progress' }
  await assert.rejects(lists.add(group, contextOf({ retryForMs: 0 })), inProgress)
  await assert.rejects(lists.add(group, contextOf({ retryForMs: 0 })), inProgress)
  assert.equal(sandbox.dncList(LIST).entries.phone[A]?.writes, 1)
})

for (const [about, body] of [
  ['without tallies', {}],
  ['that lacks one tally', { duplicate: 0, updated: 0, error: [] }],
  ['with errors under another name', { created: 3, duplicate: 0, updated: 0, errors: [] }],
  ['with a tally that is no number', { created: '3', duplicate: 0, updated: 0, error: [] }],
] as const) {
  test(`C26: an answer ${about} is an unknown outcome, never a success`, async (t) => {
    const { upstream, client } = await startClient(t, 'guide')
    upstream.replies = [json(200, body)]
    await assert.rejects(client.dncLists.add(write(), contextOf({ retryForMs: 0 })), {
      kind: 'malformed_answer',
    })
  })
}

test('the platform takes phones and addresses by the minute, rounded up', async (t) => {
  const { sandbox, lists } = await open(t, 'platform')
  const minute = Math.ceil(Date.now() / 60_000) * 60_000 + 3_600_000
  const answer = await lists.add(
    write({ expiresAt: new Date(minute + 1) }),
    contextOf({ retryForMs: 0 }),
  )
  assert.deepEqual(answer, { tallies: null, failed: [] })
  await lists.add(
    write({ kind: 'email', subjects: ['a@example.com'] }),
    contextOf({ retryForMs: 0 }),
  )
  const { phone, email } = sandbox.dncList(LIST).entries
  assert.equal(phone[A]?.expiresAt, new Date(minute + 60_000).toISOString())
  assert.equal(email['a@example.com']?.expiresAt, null)
  await lists.remove(
    { dncListId: LIST, kind: 'phone', subjects: [A] },
    contextOf({ retryForMs: 0 }),
  )
  assert.deepEqual(Object.keys(sandbox.dncList(LIST).entries.phone), [B, C])
})

test('a list of the platform that is full refuses the request as a whole', async (t) => {
  const { sandbox, lists } = await open(t, 'platform')
  sandbox.setFaults([{ kind: 'dnc-capacity', entries: 1 }])
  await assert.rejects(lists.add(write(), contextOf({ retryForMs: 0 })), { kind: 'refused' })
})

for (const dialect of ['guide', 'platform'] as const) {
  test(`a list that the ${dialect} does not know is not found, and a right that is missing is named`, async (t) => {
    const { sandbox, lists } = await open(t, dialect)
    await assert.rejects(lists.add(write({ dncListId: 'nobody' }), contextOf({ retryForMs: 0 })), {
      kind: 'not_found',
    })
    sandbox.setFaults([{ kind: 'status', status: 403, operation: 'dnc-write' }])
    await assert.rejects(lists.add(write(), contextOf({ retryForMs: 0 })), {
      kind: 'forbidden',
      right: dialect === 'guide' ? 'outbound:dnclist:write' : 'outbound:dnc:edit',
    })
  })
}
