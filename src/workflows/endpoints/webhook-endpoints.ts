import type { Caller } from '../../domain/access/access.ts'
import { type AuditSaid, type PlainAction, saidOf } from '../../domain/audit/audit-details.ts'
import { type AuditEntry, byCaller, createAuditEntry } from '../../domain/audit/audit.ts'
import {
  ENVIRONMENT_ENDPOINTS,
  type EndpointEventType,
} from '../../domain/endpoints/outbound-event.ts'
import {
  MOST_ENDPOINTS,
  SECRET_OVERLAP_MS,
  type DeliveryState,
  type WebhookDelivery,
  type WebhookEndpoint,
} from '../../domain/endpoints/webhook-endpoint.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import type { Refusing } from '../../domain/problems/refusing.ts'
import type { Ids } from '../../lib/ids.ts'
import type {
  EndpointChange,
  EndpointStore,
  EndpointUrlCheck,
} from '../ports/endpoints/endpoints.ts'
import type { Page } from '../ports/uploads/uploads.ts'
import type {
  CHANGE_ENDPOINT_REFUSALS,
  CREATE_ENDPOINT_REFUSALS,
  FIND_ENDPOINT_REFUSALS,
  REMOVE_ENDPOINT_REFUSALS,
  REPLAY_REFUSALS,
  ROTATE_SECRET_REFUSALS,
  TEST_ENDPOINT_REFUSALS,
} from './refusals.ts'

/**
 * The webhook endpoints of the caller's tenant. For an endpoint of another tenant, the answer is
 * `not-found`, as if the endpoint did not exist.
 */
export type WebhookEndpoints = {
  /**
   * Registers an endpoint. Only the answers of this call and of `rotateSecret` contain its secret.
   */
  create: Refusing<
    (typeof CREATE_ENDPOINT_REFUSALS)[number],
    (
      caller: Caller,
      input: { name: string; url: string; events: EndpointEventType[] | null },
    ) => Promise<{ endpoint: WebhookEndpoint; secret: string }>
  >
  /** null: the cursor cannot be read. */
  list(
    caller: Caller,
    page: { limit: number; cursor: string | null },
  ): Promise<Page<WebhookEndpoint> | null>
  find: Refusing<
    (typeof FIND_ENDPOINT_REFUSALS)[number],
    (caller: Caller, endpointId: string) => Promise<WebhookEndpoint>
  >
  /**
   * `version`: the version that the caller saw. Throws `precondition-failed` if the endpoint has
   * another version.
   */
  change: Refusing<
    (typeof CHANGE_ENDPOINT_REFUSALS)[number],
    (
      caller: Caller,
      endpointId: string,
      version: number,
      change: EndpointChange,
    ) => Promise<WebhookEndpoint>
  >
  /** `version` null: removes the endpoint, whatever its version. */
  remove: Refusing<
    (typeof REMOVE_ENDPOINT_REFUSALS)[number],
    (caller: Caller, endpointId: string, version: number | null) => Promise<void>
  >
  rotateSecret: Refusing<
    (typeof ROTATE_SECRET_REFUSALS)[number],
    (caller: Caller, endpointId: string) => Promise<{ endpoint: WebhookEndpoint; secret: string }>
  >
  /** null: the cursor cannot be read. */
  deliveries: Refusing<
    (typeof FIND_ENDPOINT_REFUSALS)[number],
    (
      caller: Caller,
      endpointId: string,
      page: { limit: number; cursor: string | null; states: readonly DeliveryState[] },
    ) => Promise<Page<WebhookDelivery> | null>
  >
  replay: Refusing<
    (typeof REPLAY_REFUSALS)[number],
    (caller: Caller, endpointId: string, deliveryId: string) => Promise<WebhookDelivery>
  >
  /**
   * Sends the newest given-up deliveries again, at most `MOST_REPLAYED`. `more`: whether given-up
   * deliveries are left.
   */
  replayDead: Refusing<
    (typeof REPLAY_REFUSALS)[number],
    (caller: Caller, endpointId: string) => Promise<{ done: number; more: boolean }>
  >
  /** Sends an `endpoint.test` to this endpoint alone. Returns its delivery. */
  test: Refusing<
    (typeof TEST_ENDPOINT_REFUSALS)[number],
    (caller: Caller, endpointId: string) => Promise<WebhookDelivery>
  >
}

export type WebhookEndpointsDeps = {
  endpoints: EndpointStore
  urlFault: EndpointUrlCheck
  ids: Ids
  /** Random bytes for secrets. */
  random: (size: number) => Uint8Array
}

/** Standard Webhooks 1.0 asks for 24 to 64 bytes. */
const SECRET_BYTES = 32

/**
 * How many deliveries one call sends again. Each delivery costs a transaction, and the caller
 * waits.
 */
const MOST_REPLAYED = 100

const UNKNOWN = (): GatewayProblem =>
  new GatewayProblem('not-found', 'The webhook endpoint does not exist.')

/** Builds the calls on webhook endpoints. Every change is stored together with its audit entry. */
export const createWebhookEndpoints = (deps: WebhookEndpointsDeps): WebhookEndpoints => ({
  ...createReads(deps),
  ...createChanges(deps),
  create: async (caller, input) => {
    refuseUrl(deps, input.url)
    if (Object.hasOwn(ENVIRONMENT_ENDPOINTS, input.name)) throw nameTaken()
    const id = deps.ids.newId('whe')
    const secret = newSecret(deps)
    const result = await deps.endpoints.create({
      ...input,
      id,
      tenantId: caller.tenantId,
      url: canonical(input.url),
      secret,
      most: MOST_ENDPOINTS,
      audit: auditOf(deps.ids, caller, id, 'endpoint.created'),
    })
    if (result.kind === 'name_taken') throw nameTaken()
    if (result.kind === 'too_many') {
      const detail = `A tenant may have at most ${MOST_ENDPOINTS} endpoints.`
      throw new GatewayProblem('webhook-endpoints-too-many', detail, { most: MOST_ENDPOINTS })
    }
    return { endpoint: result.endpoint, secret }
  },
  ...createSending(deps),
})

const disabled = (): GatewayProblem =>
  new GatewayProblem('webhook-endpoint-disabled', 'The endpoint is disabled.')

const createSending = (
  deps: WebhookEndpointsDeps,
): Pick<WebhookEndpoints, 'replay' | 'replayDead' | 'test'> => {
  const { endpoints, ids } = deps
  const replay: WebhookEndpoints['replay'] = async (caller, endpointId, deliveryId) => {
    const audit = auditOf(ids, caller, deliveryId, 'sync.replayed')
    const { tenantId } = caller
    const result = await endpoints.replay({ tenantId, endpointId, deliveryId, audit })
    if (result === null) throw new GatewayProblem('not-found', 'The delivery does not exist.')
    if (result.kind === 'disabled') throw disabled()
    return result.delivery
  }
  return {
    replay,
    replayDead: async (caller, endpointId) => {
      const endpoint = await endpoints.find(caller.tenantId, endpointId)
      if (endpoint === null) throw UNKNOWN()
      if (!endpoint.enabled) throw disabled()
      const dead = { limit: MOST_REPLAYED, cursor: null, states: ['dead'] } as const
      const found = (await endpoints.deliveries(endpointId, dead))!
      for (const { id } of found.items) await replay(caller, endpointId, id)
      return { done: found.items.length, more: found.next !== null }
    },
    test: async (caller, endpointId) => {
      const audit = auditOf(ids, caller, endpointId, 'endpoint.tested')
      const result = await endpoints.test({ tenantId: caller.tenantId, endpointId, audit })
      if (result === null) throw UNKNOWN()
      if (result.kind === 'disabled') throw disabled()
      return result.delivery
    },
  }
}

const createReads = ({
  endpoints,
}: WebhookEndpointsDeps): Pick<WebhookEndpoints, 'find' | 'list' | 'deliveries'> => {
  const find = async (caller: Caller, endpointId: string): Promise<WebhookEndpoint> => {
    const endpoint = await endpoints.find(caller.tenantId, endpointId)
    if (!endpoint) throw UNKNOWN()
    return endpoint
  }
  return {
    find,
    list: (caller, page) => endpoints.list(caller.tenantId, page),
    deliveries: async (caller, endpointId, page) => {
      await find(caller, endpointId)
      return endpoints.deliveries(endpointId, page)
    },
  }
}

const createChanges = (
  deps: WebhookEndpointsDeps,
): Pick<WebhookEndpoints, 'change' | 'remove' | 'rotateSecret'> => {
  const about = (caller: Caller, endpointId: string, said: PlainAction | AuditSaid) => ({
    tenantId: caller.tenantId,
    endpointId,
    audit: auditOf(deps.ids, caller, endpointId, said),
  })
  return {
    change: async (caller, endpointId, version, given) => {
      if (given.url !== undefined) refuseUrl(deps, given.url)
      const change = given.url === undefined ? given : { ...given, url: canonical(given.url) }
      const said = {
        action: 'endpoint.changed',
        details: { fields: Object.keys(change).toSorted() },
      } as const
      const input = { ...about(caller, endpointId, said), version, change }
      return done(await deps.endpoints.change(input)).endpoint
    },
    remove: async (caller, endpointId, version) => {
      const input = { ...about(caller, endpointId, 'endpoint.deleted'), version }
      done(await deps.endpoints.remove(input))
    },
    rotateSecret: async (caller, endpointId) => {
      const secret = newSecret(deps)
      const input = about(caller, endpointId, 'endpoint.secret_rotated')
      const rotated = await deps.endpoints.rotate({
        ...input,
        secret,
        overlapMs: SECRET_OVERLAP_MS,
      })
      return { endpoint: done(rotated).endpoint, secret }
    },
  }
}

const newSecret = ({ random }: WebhookEndpointsDeps): string =>
  `whsec_${Buffer.from(random(SECRET_BYTES)).toString('base64')}`

const nameTaken = (): GatewayProblem =>
  new GatewayProblem('webhook-endpoint-exists', 'An endpoint with this name exists.')

const refuseUrl = (deps: WebhookEndpointsDeps, url: string): void => {
  const fault = deps.urlFault(url)
  if (fault !== null) throw new GatewayProblem('webhook-url-refused', fault)
}

/** The URL in its standard form, so that the stored URL is exactly the URL that was checked. */
const canonical = (url: string): string => new URL(url).href

/** Returns the result of a change. Throws if the change was refused. */
const done = <T extends { kind: string }>(
  result: T | { kind: 'fixed' } | { kind: 'stale' } | null,
): Exclude<T, { kind: 'fixed' } | { kind: 'stale' }> => {
  if (result === null) throw UNKNOWN()
  if (result.kind === 'fixed') {
    const detail = 'The endpoint comes from the environment.'
    throw new GatewayProblem('webhook-endpoint-fixed', detail)
  }
  if (result.kind === 'stale') {
    throw new GatewayProblem(
      'precondition-failed',
      'The endpoint has changed since the version in If-Match.',
    )
  }
  return result as Exclude<T, { kind: 'fixed' } | { kind: 'stale' }>
}

const auditOf = (
  ids: Ids,
  caller: Caller,
  object: string,
  said: PlainAction | AuditSaid,
): AuditEntry => createAuditEntry(ids, byCaller(caller), { ...saidOf(said), object })
