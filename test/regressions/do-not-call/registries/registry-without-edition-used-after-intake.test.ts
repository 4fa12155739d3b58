import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { Store } from '../../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../../support/databases/database.ts'
import {
  loadEdition,
  makeRegistry,
  useRegistries,
} from '../../../support/do-not-call/registry-editions.ts'
import { CALLER, createWorkingGateway } from '../../../support/gateway/working-gateway.ts'

/**
 * The upload arrived while nothing suppressed anybody, so its countries were not recorded. A tenant
 * then began to use a registry that had no edition yet. The upload was sent unchecked.
 */
eachHome('An upload that arrived before its tenant used a registry', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  it('is held while the registry has no edition, and is then checked', async () => {
    const g = createWorkingGateway(store, 'list')
    const upload = await g.uploadContacts([
      { id: 'ann', phone: '+12125550101' },
      { id: 'bo', phone: '+12125550102' },
      { id: 'cy', phone: '+442079460018' },
    ])
    await makeRegistry(store, 'ftc')
    await useRegistries(store, 'default', ['ftc'])
    await g.work()
    assert.deepEqual(g.genesys.sent, [])
    const { hold } = (await store.uploads.find('default', upload.id))!
    assert.deepEqual(
      [hold?.reason, hold && 'countries' in hold && hold.countries],
      ['dnc_stale', ['US']],
    )
    await loadEdition(store, 'ftc', [12_125_550_102])
    await g.control({ caller: CALLER, uploadId: upload.id, action: 'resume' })
    await g.work()
    const sent = g.genesys.sent.flatMap(({ contactIds }) => contactIds)
    assert.deepEqual(new Set(sent), new Set(['ann', 'cy']))
  })
})
