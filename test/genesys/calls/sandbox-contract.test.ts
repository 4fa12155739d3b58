import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createGenesysClient } from '../../../src/genesys/calls/client.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { startSandbox } from '../../../src/sandbox/server/start-sandbox.ts'
import { contextOf, createMemoryNewLists, createMemoryPace, createTeller } from '../harness.ts'

const columns = [
  { name: 'contactId', kind: 'text' as const, required: true },
  { name: 'phone', kind: 'phone' as const, required: false },
  { name: 'email', kind: 'email' as const, required: false },
]
const ROWS = 300

for (const dialect of ['guide', 'platform'] as const) {
  test(`the ${dialect} client and the sandbox understand each other`, async (t) => {
    const limits = { guideRequestsPerMinute: 60_000, platformRequestsPerMinute: 60_000 }
    const sandbox = await startSandbox({
      host: '127.0.0.1',
      port: 0,
      clientId: 'c',
      clientSecret: 's',
      clock: systemClock,
      limits,
      jobDelayMs: 5,
      provisioningLagMs: 0,
      lists: [{ id: 'list-1', name: 'One', columns }],
    })
    t.after(() => sandbox.close())
    const client = createGenesysClient({
      dialect,
      apiUrl: sandbox.url,
      loginUrl: sandbox.url,
      clientId: 'c',
      clientSecret: 's',
      requestsPerMinute: 60_000,
      batchRows: null,
      pace: createMemoryPace(systemClock),
      newLists: createMemoryNewLists(),
      clock: systemClock,
      random: () => 0.01,
      emit: createTeller().emit,
    })
    t.after(() => client.close())
    const { contactLists: lists } = client
    const context = contextOf({ retryForMs: 20_000 })

    const all = await lists.listContactLists(context)
    assert.ok(all.some(({ id }) => id === 'list-1'))
    const list = await lists.readContactList('list-1', context)
    assert.deepEqual(
      list.columns.map(({ name, kind }) => [name, kind]),
      columns.map(({ name, kind }) => [name, kind]),
    )
    await assert.rejects(lists.readContactList('none', context), { kind: 'not_found' })

    const contactIds = Array.from({ length: ROWS }, (_, i) => `crm-${i}`)
    const cells = contactIds.flatMap((id, i) => [id, `+1415555${String(1000 + i)}`, ''])
    const batch = { listId: 'list-1', requestId: crypto.randomUUID(), columns, contactIds, cells }
    const receipt = await lists.sendBatch(batch, context)
    if (receipt.kind === 'accepted') {
      let job = await lists.readJob(receipt.jobId, context)
      while (job.state === 'processing') job = await lists.readJob(receipt.jobId, context)
      assert.deepEqual(
        [job.state, job.processed, job.failed],
        ['completed', ROWS, 0],
        JSON.stringify(job),
      )
    }
    assert.equal(receipt.kind, dialect === 'guide' ? 'accepted' : 'ingested')
    const held = sandbox.contents('list-1')
    assert.equal(held.size, ROWS)
    assert.equal(held.get('crm-7')?.['phone'], '+14155551007')
  })
}
