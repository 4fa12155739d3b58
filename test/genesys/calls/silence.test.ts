import assert from 'node:assert/strict'
import { test } from 'node:test'

import { batchOf, contextOf, json, startClient } from '../harness.ts'

const NO_RETRY = { retryForMs: 0 }
const JOB = { id: 'j', status: 'completed', processed: 9, failed: 1, errors: [{ index: 4 }] }

/** The job without some of its members. */
const without = (...names: (keyof typeof JOB)[]): object =>
  Object.fromEntries(Object.entries(JOB).filter(([name]) => !names.includes(name as never)))

for (const job of [
  {},
  without('status'),
  without('failed', 'errors'),
  without('processed', 'failed', 'errors'),
  { ...JOB, failed: null, errors: null },
]) {
  test(`a job of the guide that reports no failures is an unknown outcome, never a success: ${Object.keys(job).join(', ')}`, async (t) => {
    const { upstream, lists } = await startClient(t, 'guide')
    upstream.replies = [json(200, job)]
    await assert.rejects(lists.readJob('j', contextOf(NO_RETRY)), { kind: 'malformed_answer' })
  })
}

test('a job that tells its failures in one of two ways has them', async (t) => {
  const { upstream, lists } = await startClient(t, 'guide')
  for (const name of ['failed', 'errors'] as const) {
    upstream.replies = [json(200, without(name))]
    const { failed, errors } = await lists.readJob('j', contextOf(NO_RETRY))
    assert.equal(Math.max(failed, errors.length), 1, name)
  }
})

test('a job that is under way needs to tell nothing else', async (t) => {
  const { upstream, lists } = await startClient(t, 'guide')
  upstream.replies = [json(200, { status: 'processing' })]
  assert.equal((await lists.readJob('j', contextOf(NO_RETRY))).state, 'processing')
})

for (const [dialect, good] of [
  ['guide', { jobId: 'j' }],
  ['platform', [{ id: 'a-1' }, { id: 'a-2' }]],
] as const) {
  test(`a batch whose answer lacks what proves it is an unknown outcome, with the ${dialect} dialect`, async (t) => {
    const { upstream, lists } = await startClient(t, dialect, {}, 9_000)
    upstream.replies = [json(200, good)]
    await lists.sendBatch(batchOf(), contextOf(NO_RETRY))
    for (const body of [{}, [], [{}], [{ id: 'a-1' }], null, { jobId: null }]) {
      upstream.replies = [json(200, body)]
      await assert.rejects(lists.sendBatch(batchOf(), contextOf(NO_RETRY)), {
        kind: 'malformed_answer',
      })
    }
  })
}
