import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { GatewayProblem } from '../../../src/domain/problems/problem.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { addEntries } from '../../support/do-not-call/dnc-entries.ts'
import {
  CALLER,
  createWorkingGateway,
  type WorkingGateway,
} from '../../support/gateway/working-gateway.ts'

const refusal = async (
  g: WorkingGateway,
  uploadId: string,
  digest: string,
): Promise<GatewayProblem> => {
  const error: unknown = await g.apply({ caller: CALLER, uploadId, planDigests: [digest] }).then(
    () => null,
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof GatewayProblem)
  assert.equal(error.code, 'plan-changed')
  return error
}

/**
 * If an opt-out arrived after the plan was made, `/apply` told a caller who had sent the digest of
 * the plan that If-Match does not name the plan of this upload, and to read `changes`, which was
 * null. Nothing showed what the new digest covers, so nobody could knowingly agree to it.
 */
eachHome('A plan that do-not-call entries have changed', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  it('is refused with the reason and with the number of rows that the new plan suppresses', async () => {
    const g = createWorkingGateway(store, 'dnc-plan')
    const contacts = [
      { id: 'a', phone: '+12125550301' },
      { id: 'b', phone: '+12125550302' },
    ]
    const { id, planDigest } = await g.uploadContacts(contacts, { apply: 'manual' })
    const wrong = await refusal(g, id, 'another')
    assert.match(wrong.message, /^If-Match does not name the plan/u)
    assert.equal(wrong.about['suppressed'], 0)
    await addEntries(store, ['+12125550302'])
    const changed = await refusal(g, id, planDigest)
    assert.match(changed.message, /do-not-call/u)
    assert.equal(changed.about['suppressed'], 1)
    const { planDigest: present } = changed.about
    await g.apply({ caller: CALLER, uploadId: id, planDigests: [String(present)] })
  })

  it('is refused with both reasons if the list has also changed, and a list that changed back is not reported as new entries', async () => {
    const g = createWorkingGateway(store, 'list-plan')
    const { list } = g.genesys
    const wider = {
      ...list,
      schemaVersion: `${list.schemaVersion}-wider`,
      columns: [...list.columns, { name: 'tier', kind: 'text', required: false } as const],
    }
    const upload = await g.uploadContacts([{ id: 'a', phone: '+12125550303' }], { apply: 'manual' })
    g.genesys.list = wider
    const changed = await refusal(g, upload.id, upload.planDigest)
    assert.match(changed.message, /list has changed/u)
    assert.doesNotMatch(changed.message, /do-not-call/u)
    g.genesys.list = list
    const undone = await refusal(g, upload.id, String(changed.about['planDigest']))
    assert.match(undone.message, /undone/u)
    assert.equal(undone.about['planDigest'], upload.planDigest)
    g.genesys.list = wider
    await addEntries(store, ['+12125550303'])
    const both = await refusal(g, upload.id, upload.planDigest)
    assert.match(both.message, /list has changed.*do-not-call/u)
  })
})
