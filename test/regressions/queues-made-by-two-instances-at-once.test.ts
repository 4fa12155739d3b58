import assert from 'node:assert/strict'
import { after, test } from 'node:test'

import { createJobQueue } from '../../src/jobs/job-queue.ts'
import { systemClock } from '../../src/lib/clock.ts'
import type { SqlExecutor } from '../../src/workflows/ports/jobs/jobs.ts'
import { embeddedHome, openTestStore } from '../support/databases/database.ts'

const embedded = embeddedHome()
after(() => embedded.close())

test('an instance that comes second in making the queues starts all the same', async () => {
  const store = await openTestStore(await embedded.fresh())
  try {
    let raced = 0
    // The answer of PostgreSQL if another instance committed the schema in between.
    const second: SqlExecutor = {
      executeSql: async (text, values) => {
        if (raced === 0 && /create schema/i.test(text)) {
          raced += 1
          await store.sql.executeSql(text, values)
          throw Object.assign(
            new Error(
              'duplicate key value violates unique constraint "pg_namespace_nspname_index"',
            ),
            { code: '23505' },
          )
        }
        return store.sql.executeSql(text, values)
      },
    }
    const queue = await createJobQueue({
      sql: second,
      handlers: {
        'sync-delivery': async () => {},
        'webhook-verify': async () => {},
        reconcile: async () => {},
      },
      emit: () => {},
      clock: systemClock,
    })
    await queue.stop()
    assert.equal(raced, 1)
  } finally {
    await store.close()
  }
})
