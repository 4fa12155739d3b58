import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { GatewayProblem } from '../../../../src/domain/problems/problem.ts'
import { systemClock } from '../../../../src/lib/clock.ts'
import type { Store } from '../../../../src/store/homes/open-store.ts'
import { createAskPull } from '../../../../src/workflows/do-not-call/pulls/ask-pull.ts'
import { embeddedHome, openTestStore } from '../../../support/databases/database.ts'
import { ids } from '../../../support/stages/store-uploads.ts'

const home = embeddedHome()
let store: Store
before(async () => {
  store = await openTestStore(await home.fresh())
  await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
})
after(async () => {
  await store.close()
  await home.close()
})

/** The process was frozen for a minute, and the caller's next try took the key over. */
it('a call for a pull that has lost its Idempotency-Key is told to try again, and not answered with 500', async () => {
  const ask = createAskPull({
    pulls: {
      ask: async (about) => {
        await store.sql.executeSql(`update idempotency_key set owner = 'the next try'`)
        return store.dncPulls.ask(about)
      },
    },
    ...{ canPull: true, renderSubmission: () => ({}), idempotency: store.idempotency },
    ...{ clock: systemClock, ids, owner: 'me' },
  })
  await assert.rejects(
    ask({
      caller: { tenantId: 'default', keyId: 'key_1', scopes: ['dnc'], requestId: 'req_1' },
      ...{ dncListId: 'dnc-1', idempotencyKey: 'k', path: '/v1/dnc-lists/dnc-1/pulls' },
    }),
    (error: unknown) =>
      error instanceof GatewayProblem && error.code === 'idempotency-key-in-progress',
  )
})
