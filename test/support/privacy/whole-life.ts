import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'

import type { Dialect, RunningGateway, Stage } from '../stages/stage.ts'
import { CANARIES } from './canaries.ts'

const LIST = 'demo-contacts'
const DNC_LIST = 'demo-dnc'
const HEADER = 'customerId,firstName,lastName,phoneNumber,email,city'

const { city, contactId, email, fileName, firstName, lastName, otherPhone, phone } = CANARIES

const row = (id: string, number: string, more = ''): string =>
  `${id},${firstName},${lastName},${number},${email},${city}${more}`

/** A file with one contact, whom no entry suppresses. */
export const contactFile = (id: string): string => {
  const { freeEmail, freePhone } = CANARIES
  const cells = [`${contactId}-${id}`, firstName, lastName, `+1${freePhone}`, freeEmail, city]
  return `${HEADER}\n${cells.join(',')}\n`
}

/** Rows that are accepted, and rows with every fault whose text quotes nothing. */
const FILE = [
  HEADER,
  row(contactId, `+1${phone}`),
  row(`${contactId}-2`, `+1${otherPhone}`),
  row(`${contactId}-3`, `${phone}999999`),
  row(`${contactId} 4`, `+1${phone}`),
  row(`${contactId}-5`, `+1${phone}`, `,${lastName}`),
  '',
].join('\n')

/** Files that are refused as a whole. */
const REFUSED = [
  `${HEADER},loyalty\n${row(contactId, `+1${phone}`, ',x')}\n`,
  `${HEADER}\n"${row(contactId, `+1${phone}`)}`,
  `${email},+1${phone},${firstName}\n${row(contactId, phone)}\n`,
  `${HEADER},${email},${email}\n${row(contactId, phone)}\n`,
]

type Made = { id: string; planDigest: string; secret: string; key: string; state: string }

/**
 * Does everything that callers do with people's data over its whole life. Returns the secrets that
 * were given out meanwhile.
 */
export const liveThrough = async (stage: Stage, gateway: RunningGateway, dialect: Dialect) => {
  const { client } = gateway
  const problems: string[] = []
  const call = async (method: string, path: string, body?: unknown, headers = {}) => {
    const form = body instanceof FormData
    const answer = await client.call<Made & { items: Made[] }>(path, {
      method,
      headers: {
        ...(body === undefined || form ? {} : { 'content-type': 'application/json' }),
        'idempotency-key': randomUUID(),
        ...headers,
      },
      ...(body !== undefined && { body: form ? body : JSON.stringify(body) }),
    })
    if (answer.status >= 400) problems.push(answer.text)
    return answer
  }
  const upload = (text: string, options: object = {}, headers: object = {}) => {
    const form = new FormData()
    form.append('options', JSON.stringify(options))
    form.append('file', new Blob([text], { type: 'text/csv' }), fileName)
    return call('POST', `/v1/contact-lists/${LIST}/uploads`, form, headers)
  }

  // Uploads that are accepted, refused, repeated, planned, refused by Genesys in its own words, and
  // retried.
  const first = await upload(FILE, {}, { 'idempotency-key': CANARIES.idempotencyKey })
  assert.equal(first.status, 202, first.text)
  assert.ok((await client.finished(first.body.id)).counts.delivered > 0)
  await upload(FILE, {}, { 'idempotency-key': CANARIES.idempotencyKey })
  for (const text of REFUSED) await upload(text)
  await upload(FILE, { mapping: { [email]: `+1${phone}` } })
  await upload(FILE, { validateOnly: true, phoneColumns: [email] })
  const planned = await upload(FILE, { apply: 'manual', duplicates: 'ignore' })
  await call('POST', `/v1/uploads/${planned.body.id}/apply`, undefined, {
    'if-match': `"${planned.body.planDigest}"`,
  })
  await client.finished(planned.body.id)
  const echo = `${CANARIES.echo} ${firstName} ${phone} ${email}`
  stage.sandbox.setFaults([
    { kind: 'reject-rows', message: echo, everyNth: 1, count: 1 },
    { kind: 'status', operation: 'bulk', status: 400, code: email, after: 1, count: 1 },
    { kind: 'status', operation: 'bulk', status: 503, count: 1, after: 2 },
  ])
  for (const id of ['a', 'b', 'c']) {
    const sent = await upload(contactFile(id))
    const ended = await client.finished(sent.body.id)
    await call('GET', `/v1/uploads/${ended.id}/rows?outcome=failed`)
    await call('POST', `/v1/uploads/${ended.id}/retry`)
  }
  stage.sandbox.setFaults([])
  for (const accept of ['text/csv', 'application/json']) {
    await call('GET', `/v1/uploads/${first.body.id}/rows`, undefined, { accept })
  }
  await call('GET', `/v1/contact-lists/${LIST}/contacts/${contactId}/explain`)
  await call('GET', `/v1/uploads?fileName=${encodeURIComponent(fileName)}`)

  // Do-not-call entries, searches for them, and their end.
  const { source, words } = CANARIES
  const entries = [
    { phoneNumber: `+1${otherPhone}`, source, reason: words },
    { email, source },
    { phoneNumber: `${phone}999999` },
    { phoneNumber: `+44${phone}`, email },
  ]
  const submitted = await call('POST', `/v1/dnc-lists/${DNC_LIST}/entries`, { entries })
  assert.equal(submitted.status, 202, submitted.text)
  await call('GET', `/v1/dnc-submissions/${submitted.body.id}/entries`)
  const searched = { phoneNumbers: [`+1${otherPhone}`], emails: [email] }
  await call('POST', `/v1/dnc-lists/${DNC_LIST}/entries/search`, searched)
  await call('POST', `/v1/dnc-lists/${DNC_LIST}/entries/search`, { phoneNumbers: [firstName] })
  await call('GET', `/v1/dnc-lists/${DNC_LIST}/entries/export`)
  const removals = { entries: [{ phoneNumber: `+1${otherPhone}`, reason: words }] }
  await call('POST', `/v1/dnc-lists/${DNC_LIST}/removals`, removals)

  // Segments that name people.
  const conditions = {
    any: [
      { attribute: 'lastName', operator: '=', value: lastName },
      { attribute: 'email', operator: 'in', values: [email, firstName] },
    ],
  }
  const segment = { contactListIds: [LIST], conditions, exclusions: [] }
  for (const body of [
    segment,
    { ...segment, [email]: firstName },
    { ...segment, conditions: { attribute: email, operator: firstName } },
  ]) {
    await call('POST', '/v1/campaigns/demo-campaign/segment/preview', body)
    await call('PUT', '/v1/campaigns/demo-campaign/segment', body)
  }

  // A file for a person.
  const ofPerson = new FormData()
  ofPerson.append('file', new Blob([CANARIES.guestFileText]), CANARIES.guestFileName)
  const place =
    dialect === 'guide'
      ? '/v1/external-contacts/demo-guest/files'
      : '/v1/conversations/demo-conversation/communications/demo-communication/files'
  const file = await call('POST', place, ofPerson)
  assert.equal(file.status, 202, file.text)
  for (;;) {
    const { body } = await client.call<Made>(`/v1/guest-files/${file.body.id}`)
    if (!['receiving', 'scanning', 'uploading', 'confirming'].includes(body.state)) break
  }

  // Secrets that are shown only once, and an endpoint that refuses deliveries until they are given
  // up.
  const endpoint = await call('POST', '/v1/webhook-endpoints', {
    name: 'canaries',
    url: 'https://hooks.example.com/x',
  })
  const rotated = await call('POST', `/v1/webhook-endpoints/${endpoint.body.id}/rotate-secret`)
  const key = await call('POST', '/v1/keys', {
    tenantId: 'default',
    name: 'canaries',
    scopes: ['uploads', 'lists'],
  })
  const next = await call('POST', `/v1/keys/${key.body.id}/rotate`, {})
  const secrets = {
    'secret of an endpoint': endpoint.body.secret,
    'secret after its rotation': rotated.body.secret,
    'key of a caller': key.body.key,
    'key after its rotation': next.body.key,
  }
  for (const secret of Object.values(secrets)) assert.ok(secret.length > 20)
  stage.crm.refuseNext(2, 410)
  const dead = await upload(contactFile('dead'))
  await client.finished(dead.body.id)
  return { problems, secrets, firstUploadId: first.body.id }
}
