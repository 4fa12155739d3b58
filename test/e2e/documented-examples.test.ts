import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { Webhook } from 'standardwebhooks'

import { SCOPES } from '../../src/domain/access/access.ts'
import type { Example } from '../../src/http/document/example.ts'
import type { Operation } from '../../src/http/document/operation.ts'
import { embeddedHome } from '../support/databases/database.ts'
import { ADMIN_KEY } from '../support/gateway/gateway-process.ts'
import { startFakeServer } from '../support/gateway/http-fakes.ts'
import { type RunningGateway, setStage, type Stage } from '../support/stages/stage.ts'

/**
 * Every example of the API document is called on a running gateway, in front of the sandbox: it
 * must answer with the status and the media type that the document says, and with a body that its
 * schema takes. Ids that only a run knows are put in the place of the example's.
 */
const SECRET = `whsec_${Buffer.alloc(32, 3).toString('base64')}`
const LIST = 'demo-contacts'

const home = embeddedHome()
let stage: Stage
let gateway: RunningGateway
/** What the guide dialect cannot do is called in front of the other one. */
let platformStage: Stage
let platformGateway: RunningGateway
const ON_PLATFORM = new Set([
  'getContactListSettings',
  'changeContactListSettings',
  'sendConversationFile',
])
const operations = new Map<string, Operation>()

before(async () => {
  const { app } = await startFakeServer()
  await app.close()
  for (const operation of app.operations()) operations.set(operation.id, operation)
  // Slow jobs: an upload behind another one of its list is still to be paused.
  stage = await setStage(await home.fresh(), 'guide', { jobDelayMs: 3_000 })
  gateway = await stage.gateway({ WEBHOOK_SECRET: SECRET })
  platformStage = await setStage(await home.fresh(), 'platform')
  platformGateway = await platformStage.gateway()
})
after(async () => {
  await stage.close()
  await platformStage.close()
  await home.close()
})

type Known = {
  params?: Record<string, string>
  headers?: Record<string, string>
  query?: Record<string, string>
  body?: object
  /** In place of the example's key, where a test makes the call again. */
  key?: string
}
type Key = { id: string; key: string }
type Called = { headers: Headers; body: Record<string, never> & { id: string } }

const bodyOf = ({ body, bodyType = 'application/json' }: Example) => {
  if (body === undefined) return {}
  if (bodyType !== 'multipart/form-data') {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return { body: text, type: bodyType, text }
  }
  const { options, file } = body as { options: object; file: string }
  const form = new FormData()
  form.append('options', JSON.stringify(options))
  form.append('file', new Blob([file], { type: 'text/csv' }), 'contacts.csv')
  return { body: form }
}

const request = (operation: Operation, example: Example, known: Known) => {
  const params = { ...example.params, ...known.params }
  const path = operation.url.replaceAll(/:(\w+)/gu, (_, name: string) =>
    encodeURIComponent(params[name]!),
  )
  const query = new URLSearchParams({ ...example.query, ...known.query }).toString()
  const { body, type } = bodyOf(
    known.body === undefined
      ? example
      : { ...example, body: { ...(example.body as object), ...known.body } },
  )
  const headers = new Headers({
    ...(operation.access === 'public' ? {} : { authorization: `Bearer ${ADMIN_KEY}` }),
    ...(type === undefined ? {} : { 'content-type': type }),
    ...example.headers,
    ...known.headers,
    ...(known.key === undefined ? {} : { 'idempotency-key': known.key }),
  })
  const { address } = ON_PLATFORM.has(operation.id) ? platformGateway : gateway
  const url = `${address}${path}${query && `?${query}`}`
  return { url, init: { method: operation.method, headers, ...(body !== undefined && { body }) } }
}

/**
 * What is refused here: no key of a run has `dnc:override` by name, and nothing holds a submission
 * for somebody yet.
 */
const REFUSED: Record<string, number> = {
  releaseDncSubmission: 403,
  resumeDncSubmission: 409,
  // The gateway of these examples speaks guide.
  pullDncList: 409,
}

/** Of another tenant, which has every scope but `admin` and is granted nothing. */
let foreign: Promise<Key> | null = null
let hidden = 0

/** What belongs to a tenant is unknown to another one, whatever its key may do. */
const hideFromOthers = async (operation: Operation, example: Example, known: Known) => {
  const { access, url: path } = operation
  if (typeof access === 'string' || access.scope === 'admin' || !path.includes(':')) return
  foreign ??= keyWith(SCOPES.filter((scope) => scope !== 'admin'))
  const { url, init } = request(operation, example, known)
  if (!url.startsWith(gateway.address)) return
  init.headers.set('authorization', `Bearer ${(await foreign).key}`)
  const answer = await fetch(url, init)
  assert.equal(answer.status, 404, `${operation.id} of another tenant: ${await answer.text()}`)
  hidden += 1
}

/** Calls an example and holds the answer to what the document says of it. */
const call = async (id: string, name: string, known: Known = {}): Promise<Called> => {
  const operation = operations.get(id)!
  const example = operation.examples.find((candidate) => candidate.name === name)!
  await hideFromOthers(operation, example, known)
  const { url, init } = request(operation, example, known)
  const answer = await fetch(url, init)
  const text = await answer.text()
  const where = `${id} ${name}`
  if (REFUSED[id] !== undefined) {
    assert.equal(answer.status, REFUSED[id], `${where}: ${text}`)
    return { headers: answer.headers, body: { id: '' } as never }
  }
  assert.equal(answer.status, example.answer.status, `${where}: ${text}`)
  const { type = 'application/json' } = example.answer
  const sent = answer.headers.get('content-type')?.split(';', 1)[0] ?? null
  assert.equal(sent, type, where)
  if (type !== 'application/json') return { headers: answer.headers, body: { id: '' } as never }
  const body = JSON.parse(text) as Called['body']
  const result = operation.answers[answer.status]!.schema!.safeParse(body)
  assert.ok(result.success, `${where}: ${String(result.error)}`)
  return { headers: answer.headers, body }
}

const upload = async (listId: string, key: string): Promise<string> =>
  (await call('createUpload', 'bareCsv', { params: { contactListId: listId }, key })).body.id
const submission = async (): Promise<string> =>
  (await call('createDncEntries', 'json', { key: 'looked-at' })).body.id
const heldUpload = async (key: string) => (await call('createUpload', 'form', { key })).body

const edition = async (): Promise<string> => {
  await call('putRegistry', 'ftc')
  return (await call('createEdition', 'flat', { key: 'example-edition' })).body.id
}

/** What a run has to know for an operation; all others are called as they stand. */
const KNOWN: Record<string, (name: string) => Promise<Known>> = {
  createUpload: async (name) => (name === 'validateOnly' ? {} : { key: `example-${name}` }),
  getUpload: async () => ({ params: { uploadId: await ended } }),
  getScrubCertificate: async () => ({ params: { uploadId: await ended } }),
  listUploadRows: async () => ({ params: { uploadId: await ended } }),
  followUpload: async () => ({ params: { uploadId: await ended } }),
  explainContact: async () => {
    await ended
    return {}
  },
  cancelUpload: async () => ({ params: { uploadId: (await heldUpload('to-cancel')).id } }),
  pauseUpload: async () => {
    await upload('demo-list-1', 'ahead')
    return { params: { uploadId: await upload('demo-list-1', 'to-pause') } }
  },
  resumeUpload: async () => {
    await upload('demo-list-2', 'ahead-of-resumed')
    const uploadId = await upload('demo-list-2', 'to-resume')
    await call('pauseUpload', 'moved', { params: { uploadId } })
    return { params: { uploadId } }
  },
  applyUpload: async () => {
    const { id: uploadId, planDigest } = await heldUpload('to-apply')
    return { params: { uploadId }, headers: { 'if-match': `"${String(planDigest)}"` } }
  },
  retryUpload: async () => {
    const { id: uploadId } = await heldUpload('to-retry')
    await call('cancelUpload', 'moved', { params: { uploadId } })
    return { params: { uploadId } }
  },
  createDncEntries: async (name) => ({ key: `example-${name}` }),
  sendGuestFile: async (name) => ({ key: `example-${name}` }),
  sendConversationFile: async (name) => ({ key: `example-${name}` }),
  getGuestFile: async () => ({
    params: { guestFileId: (await call('sendGuestFile', 'text', { key: 'found' })).body.id },
  }),
  createErasure: async () => ({ key: 'example-erasure', headers: await byName() }),
  getErasure: async () => {
    const headers = await byName()
    const { body } = await call('createErasure', 'phone', { key: 'receipt', headers })
    return { params: { erasureId: body.id }, headers }
  },
  getDncSubmission: async () => ({ params: { submissionId: await submission() } }),
  releaseDncSubmission: async () => ({ params: { submissionId: await submission() } }),
  resumeDncSubmission: async () => ({ params: { submissionId: await submission() } }),
  listDeliveredBefore: async () => ({ params: { submissionId: await submission() } }),
  listDncSubmissionEntries: async () => ({ params: { submissionId: await submission() } }),
  ...Object.fromEntries(
    ['listRegistries', 'getRegistry', 'createEdition'].map((id) => [
      id,
      async () => {
        await call('putRegistry', 'ftc')
        return { key: 'example-edition' }
      },
    ]),
  ),
  getEdition: async () => ({ params: { editionId: await edition() } }),
  listDeliveredBeforeEdition: async () => ({ params: { editionId: await edition() } }),
  deleteEdition: async () => {
    const editionId = await edition()
    while (
      (await call('getEdition', 'current', { params: { editionId } })).body['state'] === 'loading'
    ) {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    return { params: { editionId } }
  },
  receiveUploadCallback: async (name) => signed('receiveUploadCallback', name),
  receiveUploadEvent: async (name) => signed('receiveUploadEvent', name),
  receiveDncChange: async (name) => signed('receiveDncChange', name),
  ...Object.fromEntries(
    [
      'getWebhookEndpoint',
      'changeWebhookEndpoint',
      'deleteWebhookEndpoint',
      'rotateWebhookSecret',
      'testWebhookEndpoint',
      'listWebhookDeliveries',
    ].map((id) => [id, async () => ({ params: { endpointId: await registered(id) } })]),
  ),
  createTenant: async () => ({ key: 'example-tenant' }),
  getTenant: async () => ({ params: { tenantId: await tenant() } }),
  changeTenant: async () => ({ params: { tenantId: await tenant() } }),
  createKey: async () => ({ body: { tenantId: await tenant() } }),
  listKeys: async () => ({ query: { tenantId: await tenant() } }),
  ...Object.fromEntries(
    ['getKey', 'rotateKey', 'revokeKey'].map((id) => [
      id,
      async () => ({ params: { keyId: (await keyWith(['uploads'])).id } }),
    ]),
  ),
  resumeSegment: async () => {
    stage.sandbox.setFaults([{ kind: 'status', operation: 'campaign-write', status: 403 }])
    const { body } = await call('putSegment', 'typed', { key: 'to-be-refused' })
    await gateway.event('segment.held', ({ version }) => version === body['version'])
    stage.sandbox.setFaults([])
    return {}
  },
  replayWebhookDelivery: async () => {
    const endpointId = await endpoint
    await ended
    const { body } = await gateway.client.call<{ items: { id: string }[] }>(
      `/v1/webhook-endpoints/${endpointId}/deliveries`,
    )
    return { params: { endpointId, deliveryId: body.items[0]!.id } }
  },
}

const signed = async (id: string, name: string): Promise<Known> => {
  const example = operations.get(id)!.examples.find((candidate) => candidate.name === name)!
  const now = new Date()
  return {
    headers: {
      'webhook-id': `evt_${id}`,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': new Webhook(SECRET).sign(`evt_${id}`, now, bodyOf(example).text!),
    },
  }
}

const post = async <T>(path: string, body: object, key: string): Promise<T> =>
  (
    await gateway.client.call<T>(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(body),
    })
  ).body

/** A tenant that is granted nothing; the same at every call. */
const tenant = async (): Promise<string> =>
  (await post<{ id: string }>('/v1/tenants', { name: 'elsewhere', grants: {} }, 'elsewhere')).id

const keyWith = async (scopes: readonly string[], tenantId?: string): Promise<Key> =>
  post('/v1/keys', { tenantId: tenantId ?? (await tenant()), name: 'of-a-test', scopes }, 'unused')

/** A key that may erase: the admin key may not. */
const byName = async () => ({
  authorization: `Bearer ${(await keyWith(['erasure'], 'default')).key}`,
})

const registered = async (of: string): Promise<string> => {
  const { body } = await gateway.client.call<{ id: string }>('/v1/webhook-endpoints', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: of, url: 'https://hooks.example.com/x', events: null }),
  })
  return body.id
}

let ended: Promise<string>
let endpoint: Promise<string>

test('every documented example is answered as documented', async (t) => {
  endpoint = registered('told')
  await endpoint
  ended = upload(LIST, 'first').then(async (id) => (await gateway.client.finished(id)).id)
  for (const { id, examples } of operations.values()) {
    for (const { name } of examples) {
      await t.test(`${id} ${name}`, async () => {
        await call(id, name, (await KNOWN[id]?.(name)) ?? {})
      })
    }
  }
  for (const { events } of [gateway, platformGateway]) {
    assert.deepEqual(events('http.problem_undeclared'), [])
  }
  assert.ok(hidden > 30, String(hidden))
  t.diagnostic(`${hidden} calls of another tenant found nothing`)
})
