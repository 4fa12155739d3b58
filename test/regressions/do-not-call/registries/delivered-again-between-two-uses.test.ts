import assert from 'node:assert/strict'
import { it } from 'node:test'

import type { Store } from '../../../../src/store/homes/open-store.ts'
import { eachHome } from '../../../support/databases/database.ts'
import { idsOf, openIn, PEOPLE } from '../../../support/do-not-call/delivered-before.ts'
import {
  followEditions,
  loadEdition,
  useRegistries,
} from '../../../support/do-not-call/registry-editions.ts'
import { registrySuite } from '../../../support/do-not-call/registry-suite.ts'
import { contactsOf, deliver } from '../../../support/stages/delivered.ts'
import { audit } from '../../../support/stages/store-uploads.ts'

const ANN = 12_125_550_123

/** Retracts what is open in a list. */
const retract = async (store: Store, list: string): Promise<void> => {
  const open = await openIn(store, list)
  await store.sql.executeSql(
    `update dnc_retraction_lane set ready_at = case when contact_list_id = $1 then now() else 'infinity' end`,
    [list],
  )
  const claim = (await store.retractions.claim('me'))!
  await store.retractions.settle(claim, open, 'retracted', [audit('dnc.retracted', 'dns')])
  await store.retractions.release(claim, null)
}

/**
 * A tenant stopped using a registry, delivered a contact that the edition had retracted, and used
 * the registry again. The contact counted as retracted, and Genesys went on to dial it.
 */
eachHome('A contact that an edition has retracted', (home) => {
  const suite = registrySuite(home)
  const use = async (...registries: string[]): Promise<void> => {
    await useRegistries(suite.store, 'default', registries)
    await followEditions(suite.store)
  }
  const deliverTo = async (list: string): Promise<void> => {
    await use()
    await deliver(suite.store, list, contactsOf(suite.store, PEOPLE))
  }
  /** A registry whose edition has retracted the contact in the list. */
  const retractedIn = async (list: string) => {
    await deliverTo(list)
    const registry = await suite.registry()
    const edition = await loadEdition(suite.store, registry, [ANN])
    await retract(suite.store, list)
    return { registry, edition }
  }

  it('is retracted again if it was delivered before the tenant used the same edition again', async () => {
    const { registry } = await retractedIn('again')
    await use()
    await use(registry)
    assert.deepEqual(idsOf(await openIn(suite.store, 'again')), [])
    await deliverTo('again')
    await use(registry)
    assert.deepEqual(idsOf(await openIn(suite.store, 'again')), ['ann'])
  })

  it('is not retracted again if another edition has retracted it since it was delivered', async () => {
    const { registry } = await retractedIn('since')
    await deliverTo('since')
    const other = await suite.registry()
    await loadEdition(suite.store, other, [ANN])
    await retract(suite.store, 'since')
    await use(registry, other)
    assert.deepEqual(idsOf(await openIn(suite.store, 'since')), [])
  })

  it('shows a tenant no upload of another tenant that delivered it again', async () => {
    const { store } = suite
    const { registry, edition } = await retractedIn('of-two')
    await deliverTo('of-two')
    await store.sql.executeSql(`insert into tenant (id) values ('other')`)
    await store.sql.executeSql(`update register set tenant_id = 'other' where list_id = 'of-two'`)
    await use(registry)
    const finder = { tenantId: 'default', editionId: edition.id }
    const { items } = await store.retractions.page(finder, { after: '0', limit: 9 })
    const own = items.filter(({ contactListId }) => contactListId === 'of-two')
    assert.deepEqual(
      own.map(({ state, uploadId, contactId }) => [state, uploadId, contactId]),
      [['open', null, null]],
    )
  })
})
