import type {
  WebhookDelivery,
  WebhookEndpoint,
} from '../../../src/domain/endpoints/webhook-endpoint.ts'
import type { EndpointStore } from '../../../src/workflows/ports/endpoints/endpoints.ts'

const STAMP = '2026-01-01T00:00:00.000Z'

export const anEndpoint = (more: Partial<WebhookEndpoint> = {}): WebhookEndpoint => ({
  id: 'whe_env',
  tenantId: 'default',
  name: 'crm',
  url: 'https://crm.example/hook',
  source: 'environment',
  events: null,
  enabled: true,
  disabledReason: null,
  consecutiveFailures: 0,
  failingSince: null,
  warnedAt: null,
  previousSecretUntil: null,
  version: 1,
  createdAt: STAMP,
  updatedAt: STAMP,
  ...more,
})

export const aDelivery = (more: Partial<WebhookDelivery> = {}): WebhookDelivery => ({
  id: 'msg_1',
  eventType: 'upload.completed',
  object: 'upl_1',
  state: 'dead',
  attempts: 10,
  lastStatus: 500,
  lastFailure: 'answer',
  createdAt: STAMP,
  nextAt: null,
  ...more,
})

export type MemoryEndpoints = EndpointStore & {
  all: WebhookEndpoint[]
  secrets: string[]
  log: WebhookDelivery[]
  audits: string[]
}

/**
 * Endpoints in memory, by the rules of the port. At the start there is one from the environment and
 * a registered one, `whe_1`.
 */
export const createMemoryEndpoints = (): MemoryEndpoints => {
  const registered = { id: 'whe_1', name: 'mine', source: 'registered' } as const
  const own = (input: { tenantId: string; endpointId: string; version?: number | null }) => {
    const found = memory.all.find(
      ({ id, tenantId }) => id === input.endpointId && tenantId === input.tenantId,
    )
    if (!found) return null
    if (found.source === 'environment') return { kind: 'fixed' as const }
    const { version = null } = input
    return version === null || version === found.version ? found : { kind: 'stale' as const }
  }
  const put = (endpoint: WebhookEndpoint, more: Partial<WebhookEndpoint>): WebhookEndpoint => {
    const changed = { ...endpoint, ...more, version: endpoint.version + 1 }
    memory.all = memory.all.map((one) => (one.id === endpoint.id ? changed : one))
    return changed
  }
  const memory: MemoryEndpoints = {
    all: [anEndpoint(), anEndpoint(registered)],
    secrets: [],
    log: [aDelivery()],
    audits: [],
    create: async ({ id, tenantId, name, url, events, secret, most, audit }) => {
      const theirs = memory.all.filter((one) => one.tenantId === tenantId)
      if (theirs.length >= most) return { kind: 'too_many' }
      if (theirs.some((one) => one.name === name)) return { kind: 'name_taken' }
      const endpoint = anEndpoint({ ...registered, id, tenantId, name, url, events })
      memory.all.push(endpoint)
      memory.secrets.push(secret)
      memory.audits.push(`${audit.action} ${audit.object}`)
      return { kind: 'created', endpoint }
    },
    find: async (tenantId, endpointId) =>
      memory.all.find((one) => one.id === endpointId && one.tenantId === tenantId) ?? null,
    list: async (tenantId, { limit, cursor }) =>
      cursor === 'broken'
        ? null
        : {
            items: memory.all.filter((one) => one.tenantId === tenantId).slice(0, limit),
            next: null,
          },
    change: async (input) => {
      const found = own(input)
      if (!found || 'kind' in found) return found
      memory.audits.push(`${input.audit.action} ${input.audit.object}`)
      return { kind: 'changed', endpoint: put(found, input.change) }
    },
    remove: async (input) => {
      const found = own(input)
      if (!found || 'kind' in found) return found
      memory.audits.push(`${input.audit.action} ${input.audit.object}`)
      memory.all = memory.all.filter((one) => one !== found)
      return { kind: 'removed' }
    },
    rotate: async (input) => {
      const found = own(input)
      if (!found || 'kind' in found) return found
      memory.audits.push(`${input.audit.action} ${input.audit.object}`)
      memory.secrets.push(input.secret)
      return { kind: 'rotated', endpoint: put(found, { previousSecretUntil: STAMP }) }
    },
    deliveries: async (_endpointId, { states, cursor }) =>
      cursor === 'broken'
        ? null
        : {
            items: memory.log.filter(({ state }) => states.length === 0 || states.includes(state)),
            next: null,
          },
    test: async ({ tenantId, endpointId, audit }) => {
      const endpoint = await memory.find(tenantId, endpointId)
      if (!endpoint) return null
      if (!endpoint.enabled) return { kind: 'disabled' }
      memory.audits.push(`${audit.action} ${audit.object}`)
      const about = { eventType: 'endpoint.test', object: endpointId, attempts: 0 }
      return { kind: 'told', delivery: aDelivery({ ...about, state: 'pending', nextAt: STAMP }) }
    },
    replay: async ({ tenantId, endpointId, deliveryId, audit }) => {
      const endpoint = await memory.find(tenantId, endpointId)
      const delivery = memory.log.find(({ id }) => id === deliveryId)
      if (!endpoint || !delivery) return null
      if (!endpoint.enabled) return { kind: 'disabled' }
      memory.audits.push(`${audit.action} ${audit.object}`)
      return {
        kind: 'replayed',
        delivery: aDelivery({ state: 'pending', attempts: 0, nextAt: STAMP }),
      }
    },
  }
  return memory
}
