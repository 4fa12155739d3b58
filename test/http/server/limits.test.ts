import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Tenant } from '../../../src/domain/access/tenant.ts'
import { limitsSchema } from '../../../src/http/routes/operations/limits-schema.ts'
import { createReadLimits } from '../../../src/workflows/operations/read-limits.ts'
import { bearer } from '../../support/gateway/fake-keys.ts'
import { startFakeServer } from '../../support/gateway/http-fakes.ts'
import { createManualClock } from '../../support/stages/test-clock.ts'

test('any key reads the limits in force, and nobody without one', async (t) => {
  const { app } = await startFakeServer({
    limits: { maxUploadBytes: 100_000, keyRequestsPerMinute: 50 },
  })
  t.after(() => app.close())
  for (const name of ['uploads', 'dnc', 'foreign'] as const) {
    const answer = await app.inject({ url: '/limits', headers: bearer(name) })
    assert.equal(answer.statusCode, 200)
    const limits = limitsSchema.parse(answer.json())
    assert.deepEqual(limits.key, { requestsPerMinute: 50 })
    assert.deepEqual(limits.pace, { configuredPerMinute: 900, inForcePerMinute: 630 })
  }
  assert.equal((await app.inject({ url: '/limits' })).statusCode, 401)
})

test('the limits are those of the dialect, the configuration and the pace in force', async () => {
  const limits = {
    batchRows: 1000,
    batchBytes: 5_000_000,
    columns: 50,
    headerChars: 128,
    cellChars: 512,
  }
  const quotas = { rowsPerDay: 500, openUploads: null, requestsPerMinute: 60 }
  const use = { rowsToday: 20, openUploads: 1, requestsThisMinute: 4 }
  const read = createReadLimits({
    dialect: 'platform',
    limits,
    upload: { maxBytes: 1, maxRows: 2, maxRecordBytes: 3 },
    fileThresholdRows: 50_000,
    pace: async () => ({ configuredPerMinute: 300, requestsPerMinute: 147 }),
    tenants: { find: async (id) => (id === 'shop' ? ({ quotas, use } as Tenant) : null) },
  })
  assert.deepEqual(await read('shop'), {
    dialect: 'platform',
    upload: { maxBytes: 1, maxRows: 2, maxRecordBytes: 3, fileThresholdRows: null },
    contactList: { maxColumns: 50, maxHeaderCharacters: 128, maxCellCharacters: 512 },
    batch: { maxRows: 1000, maxBytes: 5_000_000 },
    pace: { configuredPerMinute: 300, inForcePerMinute: 147 },
    idempotencyKeys: { keptDays: 7 },
    quotas,
    use,
  })
})

test('every answer shows the quota of its key; a key over its quota gets 429 until the minute ends, and other keys do not', async (t) => {
  const clock = createManualClock()
  const { app } = await startFakeServer({
    clock,
    limits: { maxUploadBytes: 100_000, keyRequestsPerMinute: 2 },
    access: {
      findKey: async (digest) => ({
        id: `key_${digest.toString('hex', 0, 4)}`,
        tenantId: 'default',
        scopes: ['uploads'],
        expiresAt: null,
        revokedAt: null,
      }),
      noteUse: () => undefined,
      isGranted: async () => true,
    },
  })
  t.after(() => app.close())
  const ask = (name: 'uploads' | 'dnc') =>
    app.inject({ url: '/v1/uploads/upl_1', headers: bearer(name) })
  const first = await ask('uploads')
  assert.equal(first.headers['ratelimit-policy'], '"key";q=2;w=60')
  assert.equal(first.headers['ratelimit'], '"key";r=1;t=60')
  await clock.advance(10_000)
  assert.equal((await ask('uploads')).headers['ratelimit'], '"key";r=0;t=50')
  const refused = await ask('uploads')
  assert.equal(refused.statusCode, 429)
  assert.equal(refused.json().code, 'too-many-requests')
  assert.equal(refused.headers['retry-after'], '50')
  assert.equal(refused.headers['ratelimit'], '"key";r=0;t=50')
  assert.equal((await ask('dnc')).statusCode, 200)
  await clock.advance(50_000)
  assert.equal((await ask('uploads')).statusCode, 200)
})

test('public answers tell no quota', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  const answer = await app.inject({ url: '/livez' })
  assert.equal(answer.headers['ratelimit'], undefined)
})
