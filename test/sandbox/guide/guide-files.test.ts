import assert from 'node:assert/strict'
import { test } from 'node:test'

import {
  type Caller,
  CALLBACK_UPLOAD,
  createManualClock,
  csvFile,
  type FormPart,
  openSandbox,
  UPLOAD,
} from '../caller.ts'

const HEADER = 'customerId,firstName,lastName,phoneNumber,email,city'
const line = (id: string, city = '', phone = '+14155550100') => `${id},,,${phone},,${city}`

const uploadOptions = (more: Record<string, unknown> = {}): FormPart => [
  'uploadOptions',
  JSON.stringify({
    duplicateCheckField: 'customerId',
    duplicateCheckBehavior: 'update',
    columnMappings: [{ name: 'phoneNumber', type: 'Phone' }],
    callbackUrl: 'http://127.0.0.1:1/nobody',
    ...more,
  }),
]

const jobOf = async ({ call }: Caller, id: string) =>
  (await call('GET', `/api/v2/outbound/jobs/${id}`)).body

test('a file without a header is appended in the order of the schema, and its job names rows from 0', async (t) => {
  const clock = createManualClock()
  const caller = await openSandbox(t, { clock, jobDelayMs: 100 })
  const { post, sandbox } = caller
  const sent = await post(UPLOAD, [
    csvFile(line('a', '"Ulm, ""Mitte"""'), line('b', '', 'soon'), line(''), line('c')),
  ])
  assert.equal(sent.status, 200)
  assert.equal((await jobOf(caller, sent.body.jobId)).status, 'processing')
  clock.advance(100)
  const job = await jobOf(caller, sent.body.jobId)
  assert.deepEqual([job.status, job.processed, job.failed], ['completed', 2, 2])
  assert.deepEqual(
    job.errors.map(({ index, contactId }) => [index, contactId]),
    [
      [1, 'b'],
      [2, undefined],
    ],
  )
  assert.deepEqual(sandbox.contents('demo-contacts').get('a'), {
    customerId: 'a',
    firstName: null,
    lastName: null,
    phoneNumber: '+14155550100',
    email: null,
    city: 'Ulm, "Mitte"',
  })
  const [file] = sandbox.ledger().files
  assert.deepEqual([file?.method, file?.mode, file?.rows], ['file', 'append', 4])
  assert.equal(sandbox.ledger({ listId: 'demo-contacts' }).lists[0]?.appliedRequests, 1)
})

test('a file that overwrites has a header, and wipes with every request', async (t) => {
  const { post, sandbox } = await openSandbox(t)
  const overwrite = `${UPLOAD}?mode=overwrite`
  assert.equal((await post(overwrite, [csvFile(line('a'), line('b'))])).status, 400)
  assert.equal((await post(overwrite, [csvFile('city,customerId', 'Ulm,a')])).status, 200)
  assert.equal((await post(overwrite, [csvFile('customerId', 'b')])).status, 200)
  assert.deepEqual([...sandbox.contents('demo-contacts').keys()], ['b'])
})

test('a file may be JSON, as the rows of a bulk call are', async (t) => {
  const { post, sandbox } = await openSandbox(t)
  const json = (text: string): FormPart => ['file', new Blob([text], { type: 'application/json' })]
  assert.equal((await post(UPLOAD, [json('[{"contactId":"a","city":"Ulm"}]')])).status, 200)
  assert.equal(sandbox.contents('demo-contacts').get('a')?.['city'], 'Ulm')
  assert.equal((await post(UPLOAD, [json('{')])).body.code, 'invalid.file.format')
})

test('a file that is not what the guides ask for is refused whole', async (t) => {
  const { post, call, sandbox } = await openSandbox(t)
  const refused = async (...parts: FormPart[]) => {
    const { status, body } = await post(UPLOAD, parts)
    return `${status} ${body.code}`
  }
  const invalid = '400 invalid.file.format'
  assert.equal(await refused(csvFile(line('a'), 'b,c')), invalid)
  assert.equal(await refused(csvFile('a,"open')), invalid)
  assert.equal(await refused(csvFile(line('a'), '')), invalid)
  assert.equal(await refused(['file', new Blob([new Uint8Array([0xff, 0x2c])])]), invalid)
  assert.equal(await refused(['rows', new Blob(['a'])]), '400 invalid.body')
  const big = (bytes: number): FormPart => ['file', new Blob(['x'.repeat(bytes)])]
  assert.equal(await refused(big(10_000_001)), '413 request.entity.too.large')
  assert.equal(await refused(big(10_000_000)), invalid)
  assert.equal((await call('POST', UPLOAD, [{ contactId: 'a' }])).status, 400)
  assert.equal((await post(`${UPLOAD}?mode=replace`, [csvFile(line('a'))])).status, 400)
  assert.equal((await post(UPLOAD.replace('demo-contacts', 'demo-busy'), [])).status, 409)
  assert.equal(sandbox.contents('demo-contacts').size, 0)
})

test('rows of a file are rejected, its fields dropped and its job failed by the plan', async (t) => {
  const caller = await openSandbox(t)
  const { post, sandbox } = caller
  sandbox.setFaults([
    { kind: 'reject-rows', operation: 'file', everyNth: 2 },
    { kind: 'drop-fields', operation: 'file', fields: ['city'] },
    { kind: 'job-failed', operation: 'file', after: 1 },
  ])
  const { jobId } = (await post(UPLOAD, [csvFile(line('a', 'Ulm'), line('b'))])).body
  assert.deepEqual((await jobOf(caller, jobId)).errors[0]?.index, 1)
  assert.equal(sandbox.contents('demo-contacts').get('a')?.['city'], null)
  const second = (await post(UPLOAD, [csvFile(line('c'))])).body.jobId
  assert.equal((await jobOf(caller, second)).status, 'failed')
  assert.equal(sandbox.contents('demo-contacts').has('c'), false)
})

test('an upload with a callback has its options first, and every mapping names a header', async (t) => {
  const caller = await openSandbox(t)
  const { post, sandbox } = caller
  const file = csvFile(HEADER, line('a'))
  const code = async (...parts: FormPart[]) => (await post(CALLBACK_UPLOAD, parts)).body.code
  assert.equal(await code(file, uploadOptions()), 'invalid.body')
  assert.equal(await code(['uploadOptions', '{'], file), 'invalid.upload.options')
  assert.equal(
    await code(uploadOptions({ callbackUrl: 'ftp://x/' }), file),
    'invalid.upload.options',
  )
  const mapping = { columnMappings: [{ name: 'PhoneNumber', type: 'Phone' }] }
  assert.equal(await code(uploadOptions(mapping), file), 'invalid.column.mapping')
  assert.equal(
    await code(uploadOptions({ duplicateCheckField: 'phone' }), file),
    'invalid.duplicate.check.field',
  )
  assert.equal(
    await code(uploadOptions(), csvFile('customerId,size', 'a,4')),
    'invalid.column.mapping',
  )
  assert.equal(
    await code(uploadOptions(), csvFile('customerId,phoneNumber,size', 'a,,4')),
    'undeclared.field',
  )
  const sent = await post(CALLBACK_UPLOAD, [uploadOptions(), file])
  assert.equal(sent.status, 200)
  assert.equal((await jobOf(caller, sent.body.uploadId)).processed, 1)
  assert.equal(sandbox.ledger().files[0]?.id, sent.body.uploadId)
})

test('the duplicate check skips, updates or ignores contacts by the value of its field', async (t) => {
  const { post, sandbox } = await openSandbox(t)
  const cities = () =>
    [...sandbox.contents('demo-contacts')].map(([id, fields]) => [id, fields['city']])
  const send = async (duplicateCheckBehavior: string, ...lines: string[]) => {
    const options = uploadOptions({ duplicateCheckField: 'phoneNumber', duplicateCheckBehavior })
    const sent = await post(CALLBACK_UPLOAD, [options, csvFile(HEADER, ...lines)])
    assert.equal(sent.status, 200)
  }
  await send('skip', line('a', 'Ulm'), line('b', 'Bonn'))
  assert.deepEqual(cities(), [['a', 'Ulm']])
  await send('update', line('c', 'Jena'))
  assert.deepEqual(cities(), [['a', 'Jena']])
  await send('ignore', line('d', 'Trier'))
  assert.deepEqual(cities(), [
    ['a', 'Jena'],
    ['d', 'Trier'],
  ])
})

test('a made list takes contacts after the lag of the plan; its making can outlive its answer', async (t) => {
  const clock = createManualClock()
  const { call, sandbox } = await openSandbox(t, { clock })
  sandbox.setFaults([
    { kind: 'provisioning-lag', lagMs: 5000, operation: 'list-create' },
    { kind: 'executed-then-reset', operation: 'list-create', after: 1 },
  ])
  const fields = [{ name: 'phone', type: 'Phone', required: true }]
  const list = { name: 'People', schema: { name: 'people', version: '1.0', fields } }
  const path = '/api/v2/outbound/lists'
  const { id } = (await call('POST', path, list)).body
  assert.equal((await call('GET', `${path}/${id}`)).body.status, 'PROCESSING')
  clock.advance(5000)
  assert.equal((await call('GET', `${path}/${id}`)).body.status, 'READY')
  await assert.rejects(call('POST', path, list))
  const made = sandbox.ledger().listsCreated
  assert.deepEqual(
    made.map(({ name }) => name),
    ['People', 'People'],
  )
  const twice = { ...list, schema: { ...list.schema, fields: [...fields, ...fields] } }
  assert.equal((await call('POST', path, twice)).status, 400)
})
