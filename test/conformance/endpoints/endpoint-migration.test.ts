import assert from 'node:assert/strict'
import { after, it } from 'node:test'

import { eachHome } from '../../support/databases/database.ts'
import { openBefore } from '../../support/databases/schema-before.ts'

const MIGRATION = '0005-webhook-endpoints'

eachHome('Endpoints and deliveries of the release before', (home) => {
  const closing: (() => Promise<void>)[] = []
  after(async () => {
    for (const close of closing) await close()
  })

  it('keep what they are, and get ids that sort by the time of their making', async () => {
    const { database, executeSql, migrate } = await openBefore(home, MIGRATION)
    closing.push(() => database.close())
    await executeSql(`insert into tenant (id) values ('default')`)
    await executeSql(`insert into sync_endpoint (tenant_id, name, url, secret, secret_key_id, source, enabled, created_at) values
      ('default', 'crm', 'https://crm.example', '\\x01', 'k', 'environment', true, '2026-01-01T00:00:00Z'),
      ('default', 'old', 'https://old.example', '\\x02', 'k', 'environment', false, '2025-01-01T00:00:00Z')`)
    await executeSql(`insert into sync_delivery (id, tenant_id, endpoint_name, event_type, object, body) values
      ('msg_1', 'default', 'crm', 'upload.completed', 'upl_1', '{}'),
      ('msg_2', 'default', 'old', 'upload.completed', 'upl_1', '{}')`)
    await migrate()
    const { rows } =
      await executeSql(`select e.id, e.name, e.enabled, e.disabled_reason, d.id as delivery
      from sync_endpoint e join sync_delivery d on d.endpoint_id = e.id order by e.id`)
    const found = rows as { id: string; name: string; disabled_reason: string; delivery: string }[]
    for (const { id } of found) assert.match(id, /^whe_[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/)
    assert.deepEqual(
      found.map(({ name, disabled_reason, delivery }) => [name, disabled_reason, delivery]),
      [
        ['old', 'not_configured', 'msg_2'],
        ['crm', null, 'msg_1'],
      ],
    )
    const madeMs = Number.parseInt(found[1]!.id.slice(4, 16), 16)
    assert.equal(new Date(madeMs).toISOString(), '2026-01-01T00:00:00.000Z')
  })
})
