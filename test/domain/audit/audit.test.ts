import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Caller } from '../../../src/domain/access/access.ts'
import { byCaller, byGateway, createAuditEntry } from '../../../src/domain/audit/audit.ts'

const ids = { newId: (prefix: string) => `${prefix}_1`, newUuid: () => '1' }

test('by default, an entry is about a first attempt that succeeded', () => {
  const caller = { tenantId: 'acme', keyId: 'key_1', requestId: 'req_1' } as Caller
  assert.deepEqual(
    createAuditEntry(ids, byCaller(caller), {
      action: 'upload.controlled',
      object: 'upl_1',
      details: { command: 'pause' },
    }),
    {
      id: 'aud_1',
      tenantId: 'acme',
      actor: 'key_1',
      action: 'upload.controlled',
      object: 'upl_1',
      requestId: 'req_1',
      attempt: 1,
      latencyMs: null,
      outcome: 'ok',
      counts: {},
      digest: null,
      details: { command: 'pause' },
    },
  )
})

test('what is told stands in the entry, and of the upload that the gateway works on no more than who asked for it', () => {
  const upload = { tenantId: 'acme', requestId: 'req_1', sealed: 'not for the trail' }
  const about = { attempt: 3, latencyMs: 12, outcome: 'failed', counts: { rows: 2 }, digest: 'ab' }
  assert.deepEqual(
    createAuditEntry(ids, byGateway(upload), {
      action: 'sync.dead',
      object: 'upl_1',
      details: { status: 410 },
      ...about,
      outcome: 'failed',
    }),
    {
      id: 'aud_1',
      tenantId: 'acme',
      actor: 'gateway',
      action: 'sync.dead',
      object: 'upl_1',
      requestId: 'req_1',
      details: { status: 410 },
      ...about,
    },
  )
})
