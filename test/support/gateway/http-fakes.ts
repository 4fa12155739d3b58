import { randomBytes } from 'node:crypto'

import type { FastifyInstance } from 'fastify'

import type { Tenant } from '../../../src/domain/access/tenant.ts'
import { GatewayProblem } from '../../../src/domain/problems/problem.ts'
import { renderUpload } from '../../../src/http/routes/uploads/upload-view.ts'
import { createHttpServer, type HttpDeps } from '../../../src/http/server/server.ts'
import { createRowMarks } from '../../../src/intake/rows/row-mark.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { sha256 } from '../../../src/lib/digest.ts'
import { createIds } from '../../../src/lib/ids.ts'
import { createEndpointUrlCheck } from '../../../src/sync/endpoint-url.ts'
import type { UploadRequest } from '../../../src/workflows/contract.ts'
import { createWebhookEndpoints } from '../../../src/workflows/endpoints/webhook-endpoints.ts'
import type { LedgerRow } from '../../../src/workflows/ports/uploads/uploads.ts'
import { createSeeUploads } from '../../../src/workflows/uploads/watch/see-uploads.ts'
import { createMemoryEndpoints } from '../memory/memory-endpoints.ts'
import { NO_ACCESS, NO_ENTRIES, NO_REGISTRIES, NO_SEGMENTS, noAccess } from './absent-parts.ts'
import { anUpload } from './an-upload.ts'
import { API_KEYS, KEYS } from './fake-keys.ts'

const QUEUE = { priority: false, doNotQueue: false, clearSystemData: false }

/**
 * Whatever a test is about, it fails if a call is answered with a problem that its operation does
 * not declare.
 */
const refuseUndeclared = (name: string, fields: object): void => {
  if (name !== 'http.problem_undeclared') return
  queueMicrotask(() => {
    throw new Error(`The API document does not list what was answered: ${JSON.stringify(fields)}`)
  })
}

/** A server over fakes. `received` holds what reached the upload workflow, byte for byte. */
export const startFakeServer = async (more: Partial<HttpDeps> = {}) => {
  const received: (Omit<UploadRequest, 'body'> & { bytes: Buffer })[] = []
  const failures: unknown[] = []
  const events: { name: string; fields: Record<string, unknown> }[] = []
  const calls: string[] = []
  const endpoints = createMemoryEndpoints()
  const rows: LedgerRow[] = [
    {
      line: 2,
      outcome: 'rejected',
      contactId: null,
      code: 'phone-invalid',
      column: 'phone',
      cells: ['12'],
      replacedByLine: null,
    },
    {
      line: 3,
      outcome: 'rejected',
      contactId: null,
      code: 'phone-invalid',
      column: 'phone',
      cells: ['=1+1'],
      replacedByLine: null,
    },
  ]
  const deps: HttpDeps = {
    ...NO_REGISTRIES,
    access: {
      findKey: async (digest) => {
        calls.push('findKey')
        const name = (Object.keys(KEYS) as (keyof typeof KEYS)[]).find((candidate) =>
          sha256(KEYS[candidate]).equals(digest),
        )
        return name ? API_KEYS[name] : null
      },
      noteUse: () => undefined,
      isGranted: async (tenant, _kind, id) => tenant === 'default' && id === 'list-1',
    },
    askErasure: noAccess,
    erasures: { find: async () => null },
    uploads: {
      find: async (tenant, id) => (tenant === 'default' && id === 'upl_1' ? anUpload() : null),
      list: async (_tenant, page) =>
        page.cursor === 'broken' ? null : { items: [anUpload()], next: 'c2' },
      ledgerRows: async function* (_id, query) {
        yield rows.filter((row) => row.line > query.afterLine)
      },
      staging: async () => null,
      ledger: async (_id, query) => {
        const found = rows.filter((row) => row.line > query.afterLine).slice(0, query.limit)
        const last = found.at(-1)?.line ?? null
        return { rows: found, nextLine: last !== null && last < 3 ? last : null }
      },
    },
    receiveUpload: async ({ body, ...request }) => {
      const chunks: Uint8Array[] = []
      try {
        for await (const chunk of body) chunks.push(chunk)
      } catch (error) {
        failures.push(error)
        throw error
      }
      received.push({ ...request, bytes: Buffer.concat(chunks) })
      return {
        status: 202,
        body: JSON.stringify(renderUpload(anUpload())),
        location: '/v1/uploads/upl_1',
        replayed: request.idempotencyKey === 'again',
      }
    },
    controlUpload: async ({ uploadId, action, expects }) => {
      const upload = uploadId === 'upl_1' ? anUpload() : null
      if (upload === null) throw new GatewayProblem('not-found', 'The upload does not exist.')
      if (expects?.(upload) === false) throw new GatewayProblem('precondition-failed', 'Changed.')
      calls.push(action)
      return anUpload({ state: 'paused', version: 8 })
    },
    applyUpload: async ({ planDigests }) => {
      calls.push(`apply ${planDigests.join()}`)
      return anUpload()
    },
    retryUpload: async ({ uploadId, outcomes, idempotencyKey }) => {
      calls.push(`retry ${uploadId} ${outcomes.join()} ${idempotencyKey}`)
      const location = '/v1/uploads/upl_2'
      return { status: 202, body: '{"id":"upl_2"}', location, replayed: false }
    },
    seeUploads: { list: async () => null, find: async () => null },
    watchUploads: { watch: () => () => undefined },
    explainContact: async ({ contactListId, contactId }) => ({
      contactListId,
      contactId,
      register: null,
      items: [],
      next: null,
    }),
    ...NO_SEGMENTS,
    ...NO_ENTRIES,
    ...NO_ACCESS,
    readContactList: async (_caller, id) => ({
      list: { id, name: 'One', status: 'ready', schemaVersion: '1', columns: [], size: 3 },
      ageMs: 1500,
    }),
    listSettings: {
      read: async (_caller, contactListId) => ({ contactListId, queue: QUEUE }),
      change: async (_caller, contactListId) => ({ contactListId, queue: QUEUE }),
    },
    provisionContactList: async ({ plan, idempotencyKey, caller }) => {
      calls.push(`provision ${caller.tenantId} ${idempotencyKey} ${JSON.stringify(plan)}`)
      const location = '/v1/contact-lists/list-new'
      return {
        status: 201,
        body: '{"id":"list-new"}',
        location,
        replayed: idempotencyKey === 'again',
      }
    },
    listContactLists: async () => [
      { id: 'list-1', name: 'One' },
      { id: 'list-foreign', name: 'Other' },
    ],
    genesysWebhooks: { receive: async () => undefined, secrets: [] },
    webhookEndpoints: createWebhookEndpoints({
      endpoints,
      urlFault: createEndpointUrlCheck({ innerHosts: [] }),
      ids: createIds({ clock: systemClock }),
      random: (size) => randomBytes(size),
    }),
    readLimits: async () => ({
      dialect: 'guide',
      upload: { maxBytes: 100_000, maxRows: 10, maxRecordBytes: 1024, fileThresholdRows: 50_000 },
      contactList: { maxColumns: null, maxHeaderCharacters: null, maxCellCharacters: null },
      batch: { maxRows: 2500, maxBytes: 10_000_000 },
      pace: { configuredPerMinute: 900, inForcePerMinute: 630 },
      idempotencyKeys: { keptDays: 7 },
      quotas: { rowsPerDay: 1_000, openUploads: null, requestsPerMinute: null },
      use: { rowsToday: 10, openUploads: 1, requestsThisMinute: 2 },
    }),
    rowMarks: createRowMarks(Buffer.alloc(32, 7)),
    readiness: async () => ({ ready: true, checks: {}, sandbox: true }),
    metrics: async () => ({ contentType: 'text/plain', body: 'up 1\n' }),
    limits: { maxUploadBytes: 100_000 },
    rowRules: { defaultRegion: 'US', contactIdPattern: /./ },
    metricsToken: 'metrics-token',
    trustProxy: false,
    publicUrl: null,
    sandbox: true,
    emit: (name, fields) => {
      events.push({ name, fields })
      refuseUndeclared(name, fields)
    },
    clock: systemClock,
    ids: createIds({ clock: systemClock }),
    ...more,
  }
  deps.seeUploads =
    more.seeUploads ??
    createSeeUploads({
      ...deps,
      tenants: { find: async (id) => (id === 'tnt_b' ? ({ id } as Tenant) : null) },
    })
  const app: FastifyInstance = await createHttpServer(deps)
  return { app, deps, received, failures, events, calls, endpoints }
}
