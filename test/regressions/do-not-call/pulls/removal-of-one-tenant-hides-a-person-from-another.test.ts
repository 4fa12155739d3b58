import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { subjectDigest } from '../../../../src/domain/do-not-call/subject.ts'
import type { Store } from '../../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../../support/databases/database.ts'
import { submitEntries } from '../../../support/do-not-call/dnc-submissions.ts'
import { ids } from '../../../support/stages/store-uploads.ts'

const ANN = '+14155550101'

/**
 * An agent had added a person, and two tenants had pulled that person. After one of them removed
 * the person, Genesys kept the person for the other, but no third tenant ever pulled the person.
 */
eachHome('A person whom one tenant removed and another has pulled', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  it('is pulled by a third tenant, and not again by the one that removed the person', async () => {
    const run = (statement: string) => store.sql.executeSql(statement)
    await run(`insert into tenant (id) values ('removed'), ('pulled')`)
    for (const tenant of ['removed', 'pulled']) {
      await submitEntries(store, [{ subject: ANN }])
      await run(`update dnc_submission set tenant_id = '${tenant}', kind = 'pull'
        where number = (select max(number) from dnc_submission)`)
    }
    await run(`update dnc_entry set closed_by = s.number from dnc_submission s
      where s.number = dnc_entry.submission and s.tenant_id = 'removed'`)
    await run(
      `insert into dnc_pull (dnc_list_id, tenant_id, due_at) values ('dnc-1', 'default', now())`,
    )
    const pull = (await store.dncPulls.claim('me', { id: ids.newId('dns'), requestId: 'req' }))!
    const placesFor = (tenantId: string): Promise<number[]> =>
      store.dncPulls.sift({ ...pull, tenantId }, subjectDigest(store.digestKey, ANN))
    assert.deepEqual(await placesFor('default'), [0])
    assert.deepEqual(await placesFor('removed'), [])
    assert.deepEqual(await placesFor('pulled'), [])
  })
})
