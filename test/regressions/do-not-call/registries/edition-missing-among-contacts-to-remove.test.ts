import assert from 'node:assert/strict'
import { it } from 'node:test'

import { eachHome } from '../../../support/databases/database.ts'
import { openIn, PEOPLE } from '../../../support/do-not-call/delivered-before.ts'
import { loadEdition } from '../../../support/do-not-call/registry-editions.ts'
import { registrySuite } from '../../../support/do-not-call/registry-suite.ts'
import { contactsOf, deliver } from '../../../support/stages/delivered.ts'
import { audit } from '../../../support/stages/store-uploads.ts'

const ANN = 12_125_550_123
const LIST = 'of-edition'

/**
 * A person must remove the contacts that an edition names, if the dialect has no call for it. The
 * overview showed such contacts only if a do-not-call entry named them.
 */
eachHome('The contacts that a person must remove because of an edition', (home) => {
  const suite = registrySuite(home)

  it('are reported with the edition to those who may see editions', async () => {
    const { store } = suite
    await deliver(store, LIST, contactsOf(store, PEOPLE))
    const registry = await suite.registry()
    const { id } = await loadEdition(store, registry, [ANN])
    const found = await openIn(store, LIST)
    assert.ok(found.length > 0)
    await store.sql.executeSql(`update dnc_retraction_lane set ready_at = now()`)
    const claim = (await store.retractions.claim('me'))!
    await store.retractions.settle(claim, found, 'reported', [audit('dnc.retracted', id)])
    await store.retractions.release(claim, null)
    const about = { days: 30, limit: 10 }
    const shown = await store.retractions.reported('default', { ...about, editions: true })
    assert.deepEqual(
      shown.map(({ by, contacts }) => ({ by, contacts })),
      [{ by: { registry, editionId: id }, contacts: found.length }],
    )
    const hidden = await store.retractions.reported('default', { ...about, editions: false })
    assert.deepEqual(hidden, [])
  })
})
