import assert from 'node:assert/strict'
import { it } from 'node:test'

import { eachHome } from '../../../support/databases/database.ts'
import { idsOf, openIn, PEOPLE } from '../../../support/do-not-call/delivered-before.ts'
import {
  followEditions,
  loadEdition,
  receiveEdition,
} from '../../../support/do-not-call/registry-editions.ts'
import { registrySuite } from '../../../support/do-not-call/registry-suite.ts'
import { contactsOf, deliver } from '../../../support/stages/delivered.ts'
import { audit } from '../../../support/stages/store-uploads.ts'

const [ANN, DAN, NOBODY] = [12_125_550_123, 12_125_550_129, 12_125_550_199]
const LIST = 'replaced'

/**
 * A new edition is compared with the edition that it replaces. Deleting the replaced edition ended
 * the search: contacts with new numbers were never retracted, and the search was reported as done.
 */
eachHome('The search for contacts with a new number of an edition', (home) => {
  const suite = registrySuite(home)

  it('goes on if the replaced edition is deleted meanwhile', async () => {
    const { store } = suite
    await deliver(store, LIST, contactsOf(store, PEOPLE))
    const registry = await suite.registry()
    const first = await loadEdition(store, registry, [DAN, NOBODY])
    const body = `${ANN}\n${DAN}\n${NOBODY}\n`
    const { id } = await receiveEdition(store, registry, body)
    await store.registryWork.bringIntoForce()
    const deleted = audit('registry.edition_deleted', first.id)
    await store.registries.remove({ name: registry, id: first.id, audit: deleted })
    const { looked } = await store.retractions.summary({ editionId: id, tenantId: 'default' })
    assert.equal(looked, false)
    await followEditions(store)
    assert.ok(idsOf(await openIn(store, LIST)).includes('ann'))
    const edition = await store.registries.findEdition(registry, id)
    assert.deepEqual([edition?.state, edition?.added], ['current', null])
  })
})
