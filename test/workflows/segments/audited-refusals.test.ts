import assert from 'node:assert/strict'
import { it } from 'node:test'

import type { Caller } from '../../../src/domain/access/access.ts'
import type { AuditEntry } from '../../../src/domain/audit/audit.ts'
import { GatewayProblem } from '../../../src/domain/problems/problem.ts'
import { createIds } from '../../../src/lib/ids.ts'
import {
  createPutSegment,
  type PutSegmentDeps,
} from '../../../src/workflows/segments/put-segment.ts'
import { createLeapingClock } from '../../support/stages/test-clock.ts'

const CALLER: Caller = { tenantId: 'default', keyId: 'key-1', scopes: [], requestId: 'req-1' }

const refused = async (append: (entries: readonly AuditEntry[]) => Promise<void>) => {
  // The beats of the claim never come.
  const sleep = (_: number, signal?: AbortSignal): Promise<void> =>
    new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(new Error('over')), { once: true })
    })
  const clock = { ...createLeapingClock(), sleep }
  const released: string[] = []
  const deps = {
    ...{ clock, ids: createIds({ clock }), owner: 'me', audit: { append } },
    access: { isGranted: async () => true },
    idempotency: {
      claim: async () => ({ kind: 'claimed' }),
      keepAlive: async () => undefined,
      release: async ({ key }) => void released.push(key),
    },
  } as Partial<PutSegmentDeps> as PutSegmentDeps
  const asked = { caller: CALLER, campaignId: 'c', sent: {}, read: { faults: [] } }
  const call = { method: 'PUT', path: '/p', idempotencyKey: 'k', expected: null }
  const error = await createPutSegment(deps)(asked, call as never).then(
    () => null,
    (reason: unknown) => reason,
  )
  return { error, released }
}

it('a refused definition is written down before it is answered, and frees its key', async () => {
  const written: Pick<AuditEntry, 'action' | 'details'>[] = []
  const { error, released } = await refused(async (entries) => {
    written.push(...entries.map(({ action, details }) => ({ action, details })))
  })
  assert.ok(error instanceof GatewayProblem)
  assert.equal(error.code, 'segment-invalid')
  const entry = { action: 'segment.refused', details: { code: 'segment-invalid' } }
  assert.deepEqual([written, released], [[entry], ['k']])
})

it('a refusal that the database does not take is answered as that, not as the refusal', async () => {
  const away = new Error('the database is away')
  const { error, released } = await refused(() => Promise.reject(away))
  assert.equal(error, away)
  assert.deepEqual(released, ['k'])
})
