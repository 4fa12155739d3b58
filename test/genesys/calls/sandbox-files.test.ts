import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'

import type { UploadMode } from '../../../src/domain/uploads/upload-options.ts'
import { createGenesysClient } from '../../../src/genesys/calls/client.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { type SandboxOptions, startSandbox } from '../../../src/sandbox/server/start-sandbox.ts'
import { openCallbackTarget } from '../../sandbox/server/callback-target.ts'
import { contextOf, createMemoryNewLists, createMemoryPace, createTeller } from '../harness.ts'

const columns = [
  { name: 'contactId', kind: 'text', required: true },
  { name: 'phone', kind: 'phone', required: false },
  { name: 'born', kind: 'date', required: false },
] as const

const open = async (
  t: TestContext,
  dialect: 'guide' | 'platform',
  options: Partial<SandboxOptions> = {},
) => {
  const sandbox = await startSandbox({
    host: '127.0.0.1',
    port: 0,
    clientId: 'c',
    clientSecret: 's',
    clock: systemClock,
    limits: { guideRequestsPerMinute: 60_000, platformRequestsPerMinute: 60_000 },
    jobDelayMs: 0,
    provisioningLagMs: 0,
    importLagMs: 0,
    importDurationMs: 1,
    ...options,
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
  const context = contextOf({ retryForMs: 20_000 })
  const made = await client.provisioning.createContactList(
    { name: 'People', columns, contactIdColumn: 'contactId' },
    context,
  )
  const part = (...lines: string[]) => ({
    listId: made.id,
    requestId: crypto.randomUUID(),
    fileName: 'part-1.csv',
    csv: Buffer.from(lines.map((line) => `${line}\r\n`).join('')),
    rows: lines.length,
  })
  const cellOf = (id: string, column: string) => sandbox.contents(made.id).get(id)?.[column]
  return { sandbox, client, context, made, part, cellOf }
}

test('a list that the guide client makes takes its files, grows by its PUT, and is found by its name', async (t) => {
  const { client, context, made, part, cellOf } = await open(t, 'guide')
  const { contactFiles, provisioning } = client
  const send = async (mode: UploadMode, ...lines: string[]) => {
    const { jobId } = await contactFiles.sendFile!({ ...part(...lines), mode }, context)
    return contactFiles.readJob!(jobId, context)
  }
  assert.deepEqual(
    made.columns.map(({ name, kind, required }) => ({ name, kind, required })),
    columns,
  )
  const job = await send('append', 'a,+14155550100,', 'b,soon,2001-02-03')
  assert.deepEqual([job.state, job.processed, job.errors[0]?.index], ['completed', 1, 1])
  await send('overwrite', 'contactId,phone,born', 'c,+14155550101,')
  assert.equal(cellOf('a', 'phone'), undefined)
  const wider = await provisioning.addColumns!(
    made.id,
    [{ name: 'city', kind: 'text', required: false }],
    context,
  )
  assert.notEqual(wider.schemaVersion, made.schemaVersion)
  assert.equal((await send('append', 'd,,,Ulm')).failed, 0)
  assert.equal(cellOf('d', 'city'), 'Ulm')
  assert.deepEqual(await provisioning.findByName('People', context), [
    { id: made.id, name: 'People' },
  ])
})

test('a callback upload of the guide client is called back, and its subscription hears of it', async (t) => {
  const { client, context, part, sandbox, made } = await open(t, 'guide')
  const receiver = await openCallbackTarget(t)
  const eventType = 'outbound.contact.upload.completed'
  const url = `${receiver.url}/events`
  const { id } = await client.subscriptions!.subscribe({ name: 'gw', eventType, url }, context)
  assert.equal(sandbox.ledger().webhooks[0]?.id, id)
  const { jobId } = await client.contactFiles.sendCallbackFile!(
    {
      ...part('contactId,phone,born', 'a,+14155550100,'),
      duplicateCheckField: 'contactId',
      duplicateCheckBehavior: 'update',
      columns,
      callbackUrl: `${receiver.url}/done`,
    },
    context,
  )
  const heard = await receiver.count(2)
  assert.deepEqual(
    heard
      .toSorted((one, other) => (one.path < other.path ? -1 : 1))
      .map(({ path, body }) => [path, body['contactListId'], body['uploadId']]),
    [
      ['/done', made.id, jobId],
      ['/events', made.id, jobId],
    ],
  )
})

test('a file of the platform client is imported, a refused row is an event, and the list is cleared', async (t) => {
  const { client, context, part, sandbox, made } = await open(t, 'platform')
  const { contactFiles, provisioning } = client
  const since = new Date(Date.now() - 60_000)
  const file = part('contactId,phone,born', 'a,+14155550100,', 'b,soon,')
  sandbox.setFaults([{ kind: 'presigned-expired', count: 1 }])
  await contactFiles.startImport!({ ...file, contactIdColumn: 'contactId' }, context)
  let status = await contactFiles.readImport!(made.id, context)
  while (status.state !== 'completed') status = await contactFiles.readImport!(made.id, context)
  assert.deepEqual([status.total, status.percent], [2, 100])
  const events = await contactFiles.readImportEvents!(made.id, since, context)
  assert.equal(events.length, 1)
  assert.deepEqual([...sandbox.contents(made.id).keys()], ['a'])
  await provisioning.clearContactList!(made.id, context)
  assert.equal(sandbox.contents(made.id).size, 0)
})
