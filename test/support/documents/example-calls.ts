import assert from 'node:assert/strict'

import { SCOPES } from '../../../src/domain/access/access.ts'
import type { Example } from '../../../src/http/document/example.ts'
import type { Operation } from '../../../src/http/document/operation.ts'
import { ADMIN_KEY } from '../gateway/gateway-process.ts'
import type { RunningGateway } from '../stages/stage.ts'

/** Values that replace those of an example. */
export type Known = {
  params?: Record<string, string>
  headers?: Record<string, string>
  query?: Record<string, string>
  body?: object
  /** Replaces the example's idempotency key, if a test makes the call again. */
  key?: string
}
type Key = { id: string; key: string }
type Called = { headers: Headers; body: Record<string, never> & { id: string } }

/** Calls that the guide dialect cannot do are made at the gateway in front of the other one. */
const ON_PLATFORM = new Set([
  'getContactListSettings',
  'changeContactListSettings',
  'sendConversationFile',
])

/**
 * Calls that are refused here: no key of a run has `dnc:override` by name, and no submission is
 * held until a person resumes it.
 */
const REFUSED: Record<string, number> = {
  releaseDncSubmission: 403,
  resumeDncSubmission: 409,
  // The gateway of these examples uses the guide dialect.
  pullDncList: 409,
}

/** The body of an example as it is sent. `text`: the body, if it is a text. */
export const bodyOf = ({ body, bodyType = 'application/json' }: Example) => {
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

/**
 * Parameters that identify an object of a tenant. All other parameters identify objects of Genesys.
 */
const OF_A_TENANT = /:(?:uploadId|submissionId|guestFileId|endpointId|deliveryId|erasureId)\b/u

/**
 * Calls the examples of these operations on running gateways. Also makes each call as another
 * tenant, which must find nothing.
 */
export const createExampleCalls = ({
  operations,
  gateway,
  platformGateway,
}: {
  operations: ReadonlyMap<string, Operation>
  gateway: RunningGateway
  platformGateway: RunningGateway
}) => {
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

  const post = async <T>(path: string, body: object, key: string): Promise<T> =>
    (
      await gateway.client.call<T>(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify(body),
      })
    ).body

  /** A tenant that is granted nothing. It is the same at every call. */
  const tenant = async (): Promise<string> =>
    (await post<{ id: string }>('/v1/tenants', { name: 'elsewhere', grants: {} }, 'elsewhere')).id

  const keyWith = async (scopes: readonly string[], tenantId?: string): Promise<Key> =>
    post(
      '/v1/keys',
      { tenantId: tenantId ?? (await tenant()), name: 'of-a-test', scopes },
      'unused',
    )

  const NOT_ADMIN = SCOPES.filter((scope) => scope !== 'admin')
  /** The key of another tenant, which has every scope except `admin` and is granted nothing. */
  let foreign: Promise<Key> | null = null
  /** The key of a third tenant, which is granted everything in Genesys. */
  let granted: Promise<Key> | null = null
  let hidden = 0
  const keyOfGranted = async (): Promise<Key> => {
    const all = ['contactLists', 'dncLists', 'campaigns', 'externalContacts', 'conversations']
    const grants = Object.fromEntries(all.map((kind) => [kind, '*']))
    const { id } = await post<{ id: string }>('/v1/tenants', { name: 'all', grants }, 'all')
    return keyWith(NOT_ADMIN, id)
  }

  /** An object of a tenant must be unknown to another tenant, whatever its key may do. */
  const hideFromOthers = async (operation: Operation, example: Example, known: Known) => {
    const { access, url: path } = operation
    if (typeof access === 'string' || access.scope === 'admin' || !path.includes(':')) return
    foreign ??= keyWith(NOT_ADMIN)
    granted ??= keyOfGranted()
    const { url, init } = request(operation, example, known)
    if (!url.startsWith(gateway.address)) return
    // What the gateway itself made for a tenant must be unknown even to a tenant that may use the
    // same list.
    for (const other of OF_A_TENANT.test(path) ? [foreign, granted] : [foreign]) {
      init.headers.set('authorization', `Bearer ${(await other).key}`)
      const answer = await fetch(url, init)
      assert.equal(answer.status, 404, `${operation.id} of another tenant: ${await answer.text()}`)
      hidden += 1
    }
  }

  /** Calls an example and compares the answer with what the document says about it. */
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

  return {
    call,
    tenant,
    keyWith,
    /** How many calls of another tenant found nothing. */
    hidden: () => hidden,
  }
}

export type ExampleCalls = ReturnType<typeof createExampleCalls>
