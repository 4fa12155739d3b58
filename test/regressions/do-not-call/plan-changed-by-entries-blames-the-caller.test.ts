import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { GatewayProblem } from '../../../src/domain/problems/problem.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { addEntries } from '../../support/do-not-call/dnc-entries.ts'
import { CALLER, createWorkingGateway } from '../../support/gateway/working-gateway.ts'

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
    const refusal = async (digest: string): Promise<GatewayProblem> => {
      const call = g.apply({ caller: CALLER, uploadId: id, planDigests: [digest] })
      const error: unknown = await call.then(
        () => null,
        (thrown: unknown) => thrown,
      )
      assert.ok(error instanceof GatewayProblem)
      assert.equal(error.code, 'plan-changed')
      return error
    }
    const wrong = await refusal('another')
    assert.match(wrong.message, /^If-Match does not name the plan/u)
    assert.equal(wrong.about['suppressed'], 0)
    await addEntries(store, ['+12125550302'])
    const changed = await refusal(planDigest)
    assert.match(changed.message, /do-not-call/u)
    assert.equal(changed.about['suppressed'], 1)
    const { planDigest: present } = changed.about
    await g.apply({ caller: CALLER, uploadId: id, planDigests: [String(present)] })
  })
})
