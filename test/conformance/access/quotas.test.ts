import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { NO_QUOTAS, type Quotas } from '../../../src/domain/access/quotas.ts'
import { GatewayProblem } from '../../../src/domain/problems/problem.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { createCountUse } from '../../../src/workflows/access/count-use.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { audit, ids, stageUpload } from '../../support/stages/store-uploads.ts'
import { createManualClock } from '../../support/stages/test-clock.ts'

const NO_GRANTS = {
  ...{ contactLists: [], dncLists: [], campaigns: [] },
  ...{ externalContacts: [], conversations: [] },
}

/** The quota that refused the call, if one did. */
const refusedBy = async (work: () => Promise<unknown>): Promise<unknown> => {
  try {
    await work()
    return null
  } catch (error) {
    assert.ok(error instanceof GatewayProblem)
    assert.equal(error.code, 'quota-exceeded')
    assert.ok(error.retryAfterSeconds! >= 1)
    return error.about['quota']
  }
}

eachHome('Quotas', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  const tenant = async (quotas: Partial<Quotas>): Promise<string> => {
    const id = ids.newId('tnt')
    const claim = { tenantId: 'default', method: 'POST', path: '/t', key: id, owner: 'me' }
    await store.idempotency.claim({ ...claim, deadAfterMs: 60_000 })
    const made = await store.tenants.create({
      ...{ id, name: id.slice(0, 60), grants: NO_GRANTS, registries: [] },
      quotas: { ...NO_QUOTAS, ...quotas },
      ...{ claim, fingerprint: 'fp', audit: audit('tenant.created', id) },
      answerOf: () => ({ status: 201, body: '{}', location: '/t' }),
    })
    assert.equal(made.kind, 'created')
    return id
  }
  /** Separate instances, which share their counts when they stop. */
  const instances = (count: number) => {
    const clock = createManualClock()
    const all = Array.from({ length: count }, () =>
      createCountUse({ use: store.use, clock, emit: () => undefined }),
    )
    return all
  }

  it('of rows count what all instances read, and refuse an upload that would go over', async () => {
    const id = await tenant({ rowsPerDay: 100 })
    const all = instances(2)
    const [one, other] = [all[0]!, all[1]!]
    const first = await one.upload(id)
    assert.equal(first.rowsLeft, 100)
    first.takeRows(60)
    const second = await other.upload(id)
    second.takeRows(30)
    await one.stop()
    await other.stop()
    const again = instances(1)[0]!
    const third = await again.upload(id)
    assert.equal(third.rowsLeft, 10)
    assert.equal(await refusedBy(async () => third.takeRows(11)), 'rowsPerDay')
    third.takeRows(10)
    assert.equal(await refusedBy(() => again.upload(id)), 'rowsPerDay')
    third.giveBack()
    assert.equal((await again.upload(id)).rowsLeft, 10)
  })

  it('of calls count what all instances were asked, and let calls about do-not-call pass', async () => {
    const id = await tenant({ requestsPerMinute: 4 })
    const all = instances(2)
    const [one, other] = [all[0]!, all[1]!]
    // If the minute ends between two of these calls, the count starts again.
    for (const instance of [one, one, other, other]) await instance.request(id, true)
    await Promise.all([one.stop(), other.stop()])
    const third = instances(1)[0]!
    const now = (await store.tenants.find(id))!.use.requestsThisMinute
    if (now === 4) {
      assert.equal(await refusedBy(() => third.request(id, true)), 'requestsPerMinute')
      assert.equal(await refusedBy(() => third.request(id, false)), null)
    }
    await third.stop()
  })

  it('of open uploads count those that have not ended, of the tenant alone', async () => {
    await store.sql.executeSql(`update tenant set open_uploads = 2 where id = 'default'`)
    const one = instances(1)[0]!
    assert.equal(await refusedBy(() => one.upload('default')), null)
    await stageUpload(store)
    await stageUpload(store)
    const other = instances(1)[0]!
    assert.equal(await refusedBy(() => other.upload('default')), 'openUploads')
    const { use } = (await store.tenants.find('default'))!
    assert.equal(use.openUploads, 2)
    const another = await tenant({ openUploads: 1 })
    assert.equal(await refusedBy(() => other.upload(another)), null)
    assert.equal(await refusedBy(() => other.upload(another)), 'openUploads')
    await store.sql.executeSql(`update tenant set open_uploads = null where id = 'default'`)
  })

  it('begin anew with the day and the minute, and a change of them is heard of', async () => {
    const id = await tenant({ rowsPerDay: 10, requestsPerMinute: 10 })
    await store.use.tell([{ tenantId: id, rows: 10, requests: 10 }])
    await store.sql.executeSql('update tenant_use set period = period - 1 where tenant_id = $1', [
      id,
    ])
    const [standing] = await store.use.tell([{ tenantId: id, rows: 1, requests: 2 }])
    assert.deepEqual(standing!.use, { rowsToday: 1, openUploads: 0, requestsThisMinute: 2 })
    assert.ok(standing!.minuteEndsMs > 0 && standing!.minuteEndsMs <= 60_000)
    assert.ok(standing!.dayEndsMs > 0 && standing!.dayEndsMs <= 86_400_000)
    const changed = await store.tenants.change({
      ...{ tenantId: id, version: 1, change: { quotas: { rowsPerDay: null } } },
      audit: audit('tenant.changed', id),
    })
    assert.ok(changed?.kind === 'changed')
    assert.deepEqual(changed.tenant.quotas, {
      ...{ rowsPerDay: null, openUploads: null, requestsPerMinute: 10 },
    })
    const [later] = await store.use.tell([{ tenantId: id, rows: 0, requests: 0 }])
    assert.equal(later!.quotas.rowsPerDay, null)
  })
})
