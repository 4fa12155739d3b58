import assert from 'node:assert/strict'

import { SCOPES } from '../../../src/domain/access/access.ts'
import type { Example } from '../../../src/http/document/example.ts'
import type { Operation } from '../../../src/http/document/operation.ts'
import { ADMIN_KEY } from '../gateway/gateway-process.ts'
import type { RunningGateway } from '../stages/stage.ts'

/** What stands in the place of what an example says. */
export type Known = {
  params?: Record<string, string>
  headers?: Record<string, string>
  query?: Record<string, string>
  body?: object
  /** In place of the example's key, where a test makes the call again. */
  key?: string
}
type Key = { id: string; key: string }
type Called = { headers: Headers; body: Record<string, never> & { id: string } }

/** What the guide dialect cannot do is called in front of the other one. */
const ON_PLATFORM = new Set([
  'getContactListSettings',
  'changeContactListSettings',
  'sendConversationFile',
])

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

/** The body of an example as it is sent; `text`: where it is one. */
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
 * Calls the examples of these operations on running gateways, each also as another tenant, which
 * must find nothing.
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

  /** A tenant that is granted nothing; the same at every call. */
  const tenant = async (): Promise<string> =>
    (await post<{ id: string }>('/v1/tenants', { name: 'elsewhere', grants: {} }, 'elsewhere')).id

  const keyWith = async (scopes: readonly string[], tenantId?: string): Promise<Key> =>
    post(
      '/v1/keys',
      { tenantId: tenantId ?? (await tenant()), name: 'of-a-test', scopes },
      'unused',
    )

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

  return {
    call,
    tenant,
    keyWith,
    /** How many calls of another tenant found nothing. */
    hidden: () => hidden,
  }
}

export type ExampleCalls = ReturnType<typeof createExampleCalls>
