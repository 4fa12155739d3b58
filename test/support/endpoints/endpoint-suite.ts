import assert from 'node:assert/strict'
import { after, before } from 'node:test'

import type { AuditAction } from '../../../src/domain/audit/audit-details.ts'
import type { WebhookEndpoint } from '../../../src/domain/endpoints/webhook-endpoint.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import type { FailedSync, SyncResult } from '../../../src/workflows/ports/endpoints/sync.ts'
import { openTestStore, type TestHome } from '../databases/database.ts'
import { audit, ids, stageUpload } from '../stages/store-uploads.ts'

/** What the store gets with a call about the endpoint. */
export const about = (endpoint: WebhookEndpoint, action: AuditAction = 'endpoint.changed') => ({
  tenantId: endpoint.tenantId,
  endpointId: endpoint.id,
  audit: audit(action, endpoint.id),
})

const URL_OF_ENDPOINT = 'https://hooks.example/x'

const failure = (more: Partial<FailedSync> = {}): FailedSync => ({
  url: URL_OF_ENDPOINT,
  status: 500,
  failure: 'answer',
  gone: false,
  disabledAudit: audit('endpoint.disabled', 'whe'),
  ...more,
})

/** An attempt that failed. The next one is made in `nextInMs`. */
export const retry = (nextInMs = 0, more: Partial<FailedSync> = {}): SyncResult => ({
  state: 'pending',
  nextInMs,
  audit: audit('sync.retried', 'upl'),
  ...failure(more),
})

/** An attempt that was answered with 410. */
export const gone = (): SyncResult => ({
  state: 'dead',
  audit: audit('sync.dead', 'msg'),
  ...failure({ status: 410, gone: true }),
})

/** An attempt that arrived. */
export const delivered = (status: number): SyncResult => ({
  state: 'delivered',
  status,
  audit: audit('sync.delivered', 'msg'),
})

/**
 * A store with the tenants `default` and `other` for the tests of one suite, with calls about
 * webhook endpoints.
 */
export const endpointSuite = (home: TestHome) => {
  let store: Store
  let names = 0
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    await store.sql.executeSql(`insert into tenant (id) values ('other')`)
  })
  after(() => store.close())

  const rowsOf = async <T>(statement: string, values: unknown[] = []): Promise<T[]> =>
    (await store.sql.executeSql(statement, values)).rows as T[]

  return {
    get store() {
      return store
    },
    rowsOf,
    register: async (
      more: Partial<Parameters<Store['endpoints']['create']>[0]> = {},
    ): Promise<WebhookEndpoint> => {
      const id = ids.newId('whe')
      names += 1
      const made = await store.endpoints.create({
        id,
        tenantId: 'default',
        name: `endpoint-${names}`,
        url: URL_OF_ENDPOINT,
        events: null,
        secret: 'whsec_first',
        most: 1000,
        audit: audit('endpoint.created', id),
        ...more,
      })
      assert.ok(made.kind === 'created')
      return made.endpoint
    },
    enable: (endpoint: WebhookEndpoint, version: number, enabled: boolean) =>
      store.endpoints.change({ ...about(endpoint), version, change: { enabled } }),
    /** The delivery to the endpoint that results when a new upload ends. */
    deliveryFor: async (endpoint: WebhookEndpoint): Promise<string> => {
      const { id } = await stageUpload(store, {
        accepted: [],
        rejected: 1,
        list: ids.newId('list'),
      })
      const rows = await rowsOf<{ id: string }>(
        'select id from sync_delivery where object = $1 and endpoint_id = $2',
        [id, endpoint.id],
      )
      assert.equal(rows.length, 1)
      return rows[0]!.id
    },
    endpointNow: async ({ tenantId, id }: WebhookEndpoint): Promise<WebhookEndpoint> =>
      (await store.endpoints.find(tenantId, id))!,
    removeAll: () => store.sql.executeSql('delete from sync_delivery; delete from sync_endpoint'),
  }
}
