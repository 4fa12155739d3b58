import assert from 'node:assert/strict'
import { it } from 'node:test'

import { createJobQueue } from '../../../src/jobs/job-queue.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { createFirstAttempts } from '../../../src/sync/first-attempts.ts'
import { createSlowEndpoints } from '../../../src/sync/slow-endpoints.ts'
import { createSyncAttempt, createSyncDeliverer } from '../../../src/sync/sync-deliverer.ts'
import type { WebhookAnswer } from '../../../src/sync/webhook-transport.ts'
import { eachHome } from '../../support/databases/database.ts'
import { endpointSuite } from '../../support/endpoints/endpoint-suite.ts'
import { ids, stageUpload } from '../../support/stages/store-uploads.ts'

const SLOW = 'https://slow.example/x'
const NO_ANSWER: WebhookAnswer = { status: null, failure: 'no_answer' }
/** How many attempts the jobs of one process make at the same time. */
const AT_ONCE = 30

/**
 * The jobs of an endpoint that never answered took all attempts that the jobs of a process can
 * make, again and again, as long as its backlog lasted. The second attempts at every other
 * endpoint, also of other tenants, waited behind this backlog.
 */
eachHome('An endpoint that does not answer, and has many due messages', (home) => {
  const suite = endpointSuite(home)

  it(
    'leaves the workers free for the message of another endpoint',
    { timeout: 60_000 },
    async (t) => {
      const { store } = suite
      const hanging: ((answer: WebhookAnswer) => void)[] = []
      const full = Promise.withResolvers<void>()
      const arrived = Promise.withResolvers<void>()
      let over = false
      let aheadMs = 0
      const syncing = {
        sync: store.sync,
        transport: {
          post: async ({ url }: { url: string }): Promise<WebhookAnswer> => {
            if (url !== SLOW) {
              arrived.resolve()
              return { status: 200 }
            }
            if (over) return NO_ANSWER
            const answer = Promise.withResolvers<WebhookAnswer>()
            hanging.push(answer.resolve)
            if (hanging.length === AT_ONCE) full.resolve()
            return answer.promise
          },
        },
        clock: { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + aheadMs },
        random: () => 0.5,
        emit: () => undefined,
        ids,
        slow: createSlowEndpoints(),
      }
      const fromMemory = createFirstAttempts({ ...syncing, attempt: createSyncAttempt(syncing) })
      const deliver = createSyncDeliverer({ ...syncing, fromMemory })
      const queue = await createJobQueue({
        sql: store.sql,
        handlers: {
          'sync-delivery': deliver,
          'webhook-verify': async () => undefined,
          reconcile: async () => undefined,
        },
        emit: () => undefined,
        clock: systemClock,
        pollMs: 500,
      })
      const endAll = () => {
        for (const end of hanging.splice(0)) end(NO_ANSWER)
      }
      t.after(async () => {
        over = true
        endAll()
        await Promise.all([queue.stop(), fromMemory.stop()])
      })
      store.connectJobs(queue)
      const anEvent = () =>
        stageUpload(store, { accepted: [], rejected: 1, list: ids.newId('list') })
      const slow = await suite.register({ url: SLOW })
      for (let count = 0; count < 3 * AT_ONCE; count += 1) await anEvent()
      await suite.register({ url: 'https://quick.example/x' })
      await anEvent()

      await queue.start()
      await full.promise
      aheadMs += 5_000
      endAll()
      await arrived.promise
      const rows = await suite.rowsOf<{ n: number }>(
        `select count(*)::int as n from sync_delivery
        where endpoint_id = $1 and state = 'pending' and attempts = 0`,
        [slow.id],
      )
      assert.ok((rows[0]?.n ?? 0) > 0, 'the backlog had ended before')
    },
  )
})
