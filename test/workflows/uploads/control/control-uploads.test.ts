import assert from 'node:assert/strict'
import { test } from 'node:test'

import { GatewayProblem } from '../../../../src/domain/problems/problem.ts'
import {
  createControlUploads,
  MOST_AT_ONCE,
} from '../../../../src/workflows/uploads/control/control-uploads.ts'
import { anUpload } from '../../../support/gateway/an-upload.ts'

const CALLER = { tenantId: 'default', keyId: 'key_1', scopes: [], requestId: 'req_1' }

/** Uploads `0` to `size - 1` in pages; those in `refused` do not take the action. */
const stage = (size: number, refused: (at: number) => Error | null = () => null) => {
  const moved: string[] = []
  const controlUploads = createControlUploads({
    uploads: {
      list: async (_tenant, { limit, cursor }) => {
        const from = Number(cursor ?? 0)
        const to = Math.min(size, from + limit)
        const items = Array.from({ length: to - from }, (_, at) => anUpload({ id: `${from + at}` }))
        return { items, next: to < size ? String(to) : null }
      },
    },
    controlUpload: async ({ uploadId }) => {
      const error = refused(Number(uploadId))
      if (error !== null) throw error
      moved.push(uploadId)
      return anUpload()
    },
  })
  const run = () => controlUploads({ caller: CALLER, action: 'pause', filter: {} })
  return { run, moved }
}

test('an action by filter tells how many took it, how many did not, and why', async () => {
  const { run, moved } = stage(250, (at) =>
    at % 100 === 0 ? new GatewayProblem('state-conflict', 'finished') : null,
  )
  assert.deepEqual(await run(), {
    done: 247,
    skipped: 3,
    why: { 'state-conflict': 3 },
    more: false,
  })
  assert.equal(new Set(moved).size, 247)
})

test('it stops at the most for one press, and says that there are more', async () => {
  const { run } = stage(MOST_AT_ONCE + 100)
  assert.deepEqual(await run(), { done: MOST_AT_ONCE, skipped: 0, why: {}, more: true })
})

test('a failure that is no refusal ends it', async () => {
  const { run } = stage(3, () => new Error('the database is away'))
  await assert.rejects(run, /away/u)
})
