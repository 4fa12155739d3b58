import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { byGateway, createAuditEntry } from '../../../../src/domain/audit/audit.ts'
import type { Store } from '../../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../../support/databases/database.ts'
import { submitEntries } from '../../../support/do-not-call/dnc-submissions.ts'
import { ids } from '../../../support/stages/store-uploads.ts'

const DAY_MS = 86_400_000
const SOURCE = { fileName: null, format: 'csv', bytes: 0, sha256: '', delimiter: null } as const

/**
 * The regular pulls of a list were all made for one of the tenants that use the list. A change
 * inside Genesys was pulled for one tenant only, and for none if it came during a pull.
 */
eachHome('The regular pulls of a list that two tenants use', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    await store.sql.executeSql(`insert into tenant (id) values ('other')`)
    await store.sql.executeSql(
      `insert into tenant_grant (tenant_id, kind, object_id) values ('other', 'dnc_list', 'dnc-1')`,
    )
    await submitEntries(store, [{ subject: '+14155550101' }])
    await submitEntries(store, [{ subject: '+14155550102' }])
    await store.sql.executeSql(
      `update dnc_submission set tenant_id = 'other' where number = (select max(number) from dnc_submission)`,
    )
    await store.dncPulls.plan(0)
  })
  after(() => store.close())

  const pullNow = async (meanwhile?: () => Promise<void>): Promise<string | null> => {
    const pull = await store.dncPulls.claim('me', { id: ids.newId('dns'), requestId: 'req' })
    if (pull === null) return null
    await meanwhile?.()
    await store.dncPulls.finish(
      pull,
      { read: 0, rejected: 0, blank: 0 },
      {
        ...{ rejections: {}, columns: [], notes: [], nextInMs: DAY_MS, source: SOURCE },
        audit: createAuditEntry(ids, byGateway(pull), {
          ...{ action: 'dnc.pulled', object: pull.submissionId },
        }),
      },
    )
    return pull.tenantId
  }
  const change = async (): Promise<void> => {
    const id = ids.newId('rcp')
    const receipt = { id, key: Buffer.from(id), dncListId: 'dnc-1', bodyDigest: Buffer.alloc(32) }
    await store.dncChanges.record(receipt, (tenantId) => ({
      ...createAuditEntry(ids, byGateway({ tenantId, requestId: 'req' }), {
        ...{ action: 'dnc.external_change', object: 'dnc-1' },
      }),
    }))
  }

  it('are made for each of them once a period', async () => {
    assert.deepEqual(
      [await pullNow(), await pullNow(), await pullNow()],
      ['default', 'other', null],
    )
    await store.sql.executeSql(`update dnc_pull set due_at = due_at - interval '25 hours'`)
    await store.sql.executeSql(
      `update dnc_submission set accepted_at = accepted_at - interval '25 hours'`,
    )
    assert.deepEqual(
      [await pullNow(), await pullNow(), await pullNow()],
      ['default', 'other', null],
    )
  })

  it('are made for each of them after a change inside Genesys', async () => {
    await change()
    await change()
    assert.deepEqual(
      [await pullNow(), await pullNow(), await pullNow()],
      ['default', 'other', null],
    )
  })

  it('are made again for each of them after a change during a pull', async () => {
    await change()
    assert.deepEqual(
      [await pullNow(change), await pullNow(), await pullNow(), await pullNow()],
      ['default', 'other', 'default', null],
    )
  })

  /** These pulls were not noted in `begun`, so other tenants seemed to have pulled the change. */
  it('are made for each of them after a change if an earlier version made the pulls before', async () => {
    await store.sql.executeSql('update dnc_pull set begun = null, changed_after = null')
    await change()
    assert.deepEqual(
      [await pullNow(), await pullNow(), await pullNow()],
      ['other', 'default', null],
    )
  })
})
