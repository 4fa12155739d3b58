import { setTimeout as delay } from 'node:timers/promises'

import type { GatewayClient } from '../gateway/gateway-client.ts'

/** The list that the sandbox has from its start. */
export const LIST = 'demo-contacts'
const PHONE = '+12125550000'
/** An idempotency key as a browser sends it. The pages request one for each form. */
const PAGE_KEY = '0b7f2f6e-5a0c-4f5e-9a5e-3d2f3a1b0c9d'

export const contactFile = (prefix: string, good: number, faulty: number): string =>
  [
    'customerId,firstName,lastName,phoneNumber,email,city',
    ...Array.from(
      { length: good },
      (_, at) =>
        `${prefix}-${at},Ada,Lovelace,+1212555${String(at % 10_000).padStart(4, '0')},,Bonn`,
    ),
    ...Array.from({ length: faulty }, (_, at) => `${prefix}-x${at},Bob,Brown,12,,Bonn`),
    ',Cy,Young,+12125550123,,Bonn',
  ].join('\n')

/** The ids of what a filled gateway can show. */
export type Filled = {
  upload: string
  plan: string
  submission: string
  /** A submission that arrived when Genesys held its contact already. */
  lateSubmission: string
  edition: string
  guestFile: string
  endpoint: string
  tenant: string
  key: string
}

const CONDITIONS = {
  any: [
    { attribute: 'city', operator: 'in', values: ['Bonn', 'Rome'] },
    {
      all: [
        { attribute: 'lastName', operator: '=', value: 'Lovelace' },
        { not: { attribute: 'firstName', operator: '=', value: 'Bob' } },
      ],
    },
  ],
}

/** Waits until the search for contacts that Genesys already held is complete. */
const untilFound = async (client: GatewayClient, submission: string): Promise<void> => {
  for (;;) {
    const { body } = await client.call<{ looked: boolean; items: unknown[] }>(
      `/v1/dnc-submissions/${submission}/delivered-before`,
    )
    if (body.looked && body.items.length > 0) return
    await delay(50)
  }
}

/**
 * Gives a gateway on the sandbox something to show on every page. `rows`: how many rows the largest
 * upload has.
 */
export const fillGateway = async (client: GatewayClient, rows: number): Promise<Filled> => {
  const put = async (method: string, path: string, body: object, key = path) => {
    const answer = await client.call<{ id: string }>(path, {
      method,
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(body),
    })
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${answer.text}`)
    return answer.body.id
  }
  const send = async (name: string, text: string, query = ''): Promise<string> => {
    const answer = await client.upload(LIST, text, { query: `fileName=${name}${query}` })
    if (answer.status !== 202) throw new Error(answer.text)
    return answer.body.id
  }
  const submission = await put('POST', '/v1/dnc-lists/demo-dnc/entries', [{ phoneNumber: PHONE }])
  await put('PUT', '/v1/registries/ftc', { country: 'US', maxAgeDays: 31 })
  const edition = await client.call<{ id: string }>(
    '/v1/registries/ftc/editions?subscription=SAN%2012345',
    {
      method: 'POST',
      headers: { 'content-type': 'text/csv', 'idempotency-key': 'edition' },
      body: '415,5552671\n415,5552672\n',
    },
  )
  if (edition.status !== 202) throw new Error(edition.text)
  const upload = await send('spring-campaign.csv', contactFile('spr', rows, 9))
  await client.finished(upload)
  const late = [{ phoneNumber: '+12125550001' }]
  const lateSubmission = await put('POST', '/v1/dnc-lists/demo-dnc/entries', late, 'late')
  await untilFound(client, lateSubmission)
  await client.finished(await send('renewals-november.csv', contactFile('ren', rows / 4, 0)))
  const plan = await send('win-back.csv', contactFile('win', rows / 5, 3), '&apply=manual')
  const later = new Date(Date.now() + 5 * 86_400_000).toISOString()
  await send('callbacks-monday.csv', contactFile('cal', rows / 10, 0), `&notBefore=${later}`)
  const form = new FormData()
  form.set('file', new Blob(['Please call back on Monday. '], { type: 'text/plain' }), 'notes.txt')
  const guestFile = await client.call<{ id: string }>('/v1/external-contacts/demo-guest/files', {
    method: 'POST',
    headers: { 'idempotency-key': 'guest-file' },
    body: form,
  })
  const endpoint = await put('POST', '/v1/webhook-endpoints', {
    ...{ name: 'billing', url: 'https://hooks.example.com/genesys' },
    events: ['upload.completed', 'upload.failed'],
  })
  await client.call(`/v1/webhook-endpoints/${endpoint}/test`, { method: 'POST' })
  const tenant = await put('POST', '/v1/tenants', {
    ...{ name: 'shop', grants: { contactLists: [LIST] } },
    quotas: { rowsPerDay: 50_000, openUploads: 10, requestsPerMinute: null },
  })
  const key = await put('POST', '/v1/keys', {
    ...{ tenantId: tenant, name: 'nightly-export' },
    ...{ scopes: ['uploads', 'dnc'], expiresAt: '2099-01-01T00:00:00Z' },
  })
  await put('PUT', '/v1/campaigns/demo-campaign/segment', {
    contactListIds: [LIST],
    conditions: CONDITIONS,
    exclusions: [{ attribute: 'city', operator: '=', value: 'Paris' }],
  })
  return {
    upload,
    plan,
    submission,
    lateSubmission,
    edition: edition.body.id,
    guestFile: guestFile.body.id,
    endpoint,
    tenant,
    key,
  }
}

/**
 * By the address of a page in the table: the addresses at which the page has something to show. A
 * page that can look different has several.
 */
export const PLACES: Readonly<Record<string, (ids: Filled) => string[]>> = {
  '/': () => [''],
  '/uploads': () => ['/uploads', '/uploads?state=held'],
  '/uploads/new': () => [`/uploads/new?list=${LIST}`],
  '/uploads/:uploadId': ({ upload, plan }) => [`/uploads/${upload}`, `/uploads/${plan}`],
  '/uploads/:uploadId/rows': ({ upload }) => [
    `/uploads/${upload}/rows`,
    `/uploads/${upload}/rows?outcome=rejected`,
  ],
  '/uploads/:uploadId/rows/fix': ({ plan }) => [`/uploads/${plan}/rows/fix`],
  '/people': () => ['/people'],
  '/do-not-call': () => ['/do-not-call'],
  '/do-not-call/submissions/:submissionId': ({ submission }) => [
    `/do-not-call/submissions/${submission}`,
  ],
  '/do-not-call/submissions/:submissionId/delivered-before': ({ submission, lateSubmission }) => [
    `/do-not-call/submissions/${lateSubmission}/delivered-before`,
    `/do-not-call/submissions/${submission}/delivered-before`,
  ],
  '/do-not-call/registries/:registry/editions/:editionId/delivered-before': ({ edition }) => [
    `/do-not-call/registries/ftc/editions/${edition}/delivered-before`,
  ],
  '/do-not-call/registries': () => ['/do-not-call/registries'],
  '/do-not-call/registries/:registry': () => ['/do-not-call/registries/ftc'],
  '/guest-files': () => ['/guest-files'],
  '/guest-files/:guestFileId': ({ guestFile }) => [`/guest-files/${guestFile}`],
  '/segments': () => ['/segments'],
  '/segments/:campaignId': () => ['/segments/demo-campaign', '/segments/demo-campaign-2'],
  '/segments/:campaignId/edit': () => ['/segments/demo-campaign/edit'],
  '/endpoints': () => ['/endpoints'],
  '/endpoints/:endpointId': ({ endpoint }) => [`/endpoints/${endpoint}`],
  '/access': () => ['/access'],
  '/access/keys/:keyId': ({ key }) => [`/access/keys/${key}`],
  '/access/tenants': () => ['/access/tenants'],
  '/access/tenants/:tenantId': ({ tenant }) => [`/access/tenants/${tenant}`],
  '/audit': () => ['/audit', '/audit?object=nothing'],
  '/limits': () => ['/limits'],
}

/**
 * Pages that answer a button, by their template: which form is sent, and with which fields in
 * addition to the token.
 */
export const ANSWERS: Readonly<
  Record<string, (ids: Filled) => [path: string, fields: Record<string, string>]>
> = {
  '/people/explained': () => ['/people/explain', { list: LIST, contactId: 'spr-1' }],
  '/people/evidence': () => ['/people/evidence', { person: PHONE }],
  '/do-not-call/searched': () => [
    '/do-not-call/search',
    { list: 'demo-dnc', people: `${PHONE}\nnobody` },
  ],
  '/uploads/upload-moved': () => [
    '/uploads/move',
    { action: 'pause', state: 'completed', once: PAGE_KEY },
  ],
  '/uploads/upload-list': () => ['/uploads/search', { text: 'spr-1' }],
  '/audit/verdict': () => ['/audit/verify', { blocks: '100' }],
  '/access/once': () => [
    '/endpoints/add',
    { name: 'seen-once', url: 'https://hooks.example.com/' },
  ],
  '/frame/problem': () => ['/people/explain', { list: 'nobody', contactId: PAGE_KEY }],
}
