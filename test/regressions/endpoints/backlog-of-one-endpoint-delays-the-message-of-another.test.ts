import assert from 'node:assert/strict'
import { it } from 'node:test'

import { eachHome } from '../../support/databases/database.ts'
import { endpointSuite } from '../../support/endpoints/endpoint-suite.ts'

/**
 * The sweep took the 500 oldest overdue messages. After a crash with 5,000 overdue messages for one
 * endpoint, the first attempt at the message of another endpoint was made a minute late.
 */
eachHome('Overdue messages of two endpoints', (home) => {
  const at = endpointSuite(home)

  it('are swept together, whatever the backlog of one of them is', async () => {
    const [busy, quiet] = [await at.register(), await at.register({ tenantId: 'other' })]
    await at.rowsOf(
      `insert into sync_delivery (id, tenant_id, endpoint_id, event_type, object, body, state, next_at)
        select 'msg_' || n, e.tenant_id, e.id, 'upload.completed', 'upl', '{}', 'pending',
          clock_timestamp() - make_interval(secs => 4000 - n)
        from generate_series(1, 1203) n join sync_endpoint e on e.id = case when n > 1200 then $2 else $1 end`,
      [busy.id, quiet.id],
    )
    const swept = await at.store.sync.overdue(20_000)
    assert.equal(swept.length, 500)
    assert.deepEqual(
      ['msg_1', 'msg_497', 'msg_498', 'msg_1201', 'msg_1202', 'msg_1203'].map((id) =>
        swept.includes(id),
      ),
      [true, true, false, true, true, true],
    )
    await at.rowsOf(`delete from sync_delivery where endpoint_id = $1`, [busy.id])
    assert.deepEqual(await at.store.sync.overdue(20_000), ['msg_1201', 'msg_1202', 'msg_1203'])
  })
})
