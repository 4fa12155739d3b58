import assert from 'node:assert/strict'
import { test } from 'node:test'

import { GatewayProblem } from '../../../../src/domain/problems/problem.ts'
import { type Upload, ZERO_COUNTS } from '../../../../src/domain/uploads/upload.ts'
import {
  type BulkAction,
  createControlUploads,
  MOST_AT_ONCE,
} from '../../../../src/workflows/uploads/control/control-uploads.ts'
import { anUpload } from '../../../support/gateway/an-upload.ts'

const CALLER = { tenantId: 'default', keyId: 'key_1', scopes: [], requestId: 'req_1' }

/** Uploads `0` to `size - 1` in pages; those in `refused` do not take the action. */
const stage = (
  size: number,
  refused: (at: number) => Error | null = () => null,
  more: Partial<Upload> = {},
) => {
  const moved: string[] = []
  const asked: object[] = []
  const take = async (about: { uploadId: string }) => {
    const error = refused(Number(about.uploadId))
    if (error !== null) throw error
    moved.push(about.uploadId)
    asked.push(about)
  }
  const controlUploads = createControlUploads({
    uploads: {
      list: async (_tenant, { limit, cursor }) => {
        const from = Number(cursor ?? 0)
        const to = Math.min(size, from + limit)
        const items = Array.from({ length: to - from }, (_, at) =>
          anUpload({ ...more, id: `${from + at}`, contactListId: `list-${(from + at) % 2}` }),
        )
        return { items, next: to < size ? String(to) : null }
      },
    },
    access: { isGranted: async (_tenant, _kind, id) => id === 'list-0' },
    controlUpload: async (about) => {
      await take(about)
      return anUpload()
    },
    applyUpload: async (about) => {
      await take(about)
      return anUpload()
    },
    retryUpload: async (about) => {
      await take(about)
      return { status: 202, body: '{}', location: null, replayed: false }
    },
  })
  const run = (action: BulkAction = 'pause', cursor: string | null = null) =>
    controlUploads({ caller: CALLER, action, filter: {}, cursor, once: 'press-1' })
  return { run, moved, asked }
}

test('an action by filter tells how many took it, how many did not, and why', async () => {
  const { run, moved } = stage(250, (at) =>
    at % 100 === 0 ? new GatewayProblem('state-conflict', 'finished') : null,
  )
  assert.deepEqual(await run(), {
    done: 247,
    skipped: 3,
    why: { 'state-conflict': 3 },
    next: null,
  })
  assert.equal(new Set(moved).size, 247)
})

test('it stops at the most for one press, and the next press continues there', async () => {
  const { run, moved } = stage(MOST_AT_ONCE.pause + 130)
  const first = await run()
  assert.deepEqual(first, { done: MOST_AT_ONCE.pause, skipped: 0, why: {}, next: '500' })
  assert.deepEqual(await run('pause', first.next), { done: 130, skipped: 0, why: {}, next: null })
  assert.equal(new Set(moved).size, MOST_AT_ONCE.pause + 130)
})

test('plans are agreed to as they were listed, and only for lists that the tenant may use', async () => {
  const { run, asked } = stage(2, () => null, { planDigest: 'plan-1' })
  assert.deepEqual(await run('apply'), {
    ...{ done: 1, skipped: 1, why: { 'not-found': 1 }, next: null },
  })
  assert.deepEqual(asked, [{ caller: CALLER, uploadId: '0', planDigests: ['plan-1'] }])
})

test('only rows that failed or were left out are sent again, once for each press', async () => {
  const counts = { ...ZERO_COUNTS, read: 3, accepted: 3, delivered: 1, failed: 2 }
  const { run, asked } = stage(2, () => null, { counts })
  assert.deepEqual(await run('retry'), {
    ...{ done: 1, skipped: 1, why: { 'not-found': 1 }, next: null },
  })
  assert.deepEqual(asked, [
    {
      ...{ caller: CALLER, uploadId: '0', outcomes: ['failed'] },
      ...{ idempotencyKey: 'all-press-1-0', method: 'POST', path: '/v1/uploads/0/retry' },
    },
  ])
  const none = stage(30, () => null, { counts: { ...counts, failed: 0 } })
  assert.deepEqual(await none.run('retry'), {
    ...{ done: 0, skipped: 20, why: { 'nothing-to-retry': 20 }, next: '20' },
  })
})

test('a failure that is no refusal ends it', async () => {
  const { run } = stage(3, () => new Error('the database is away'))
  await assert.rejects(run(), /away/u)
})
