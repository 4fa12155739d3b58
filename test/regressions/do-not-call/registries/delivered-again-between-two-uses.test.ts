import assert from 'node:assert/strict'
import { it } from 'node:test'

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

const LIST = 'again'
const ANN = 12_125_550_123

/**
 * A tenant stopped using a registry, delivered a contact that the edition had retracted, and used
 * the registry again. The contact counted as retracted, and Genesys went on to dial it.
 */
eachHome('A contact that an edition has retracted', (home) => {
  const suite = registrySuite(home)

  it('is retracted again if it was delivered before the tenant used the same edition again', async () => {
    const { store } = suite
    await deliver(store, LIST, contactsOf(store, PEOPLE))
    const registry = await suite.registry()
    const use = (registries: string[]) => useRegistries(store, 'default', registries)
    const useAgain = async (): Promise<string[]> => {
      await use([])
      await use([registry])
      await followEditions(store)
      return idsOf(await openIn(store, LIST))
    }
    await use([registry])
    await loadEdition(store, registry, [ANN])
    const open = await openIn(store, LIST)
    await store.sql.executeSql(`update dnc_retraction_lane set ready_at = now()`)
    const claim = (await store.retractions.claim('me'))!
    await store.retractions.settle(claim, open, 'retracted', [audit('dnc.retracted', 'dns')])
    await store.retractions.release(claim, null)
    assert.deepEqual(await useAgain(), [])

    await use([])
    await deliver(store, LIST, contactsOf(store, PEOPLE))
    assert.deepEqual(await useAgain(), ['ann'])
  })
})
