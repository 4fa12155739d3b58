import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { Store } from '../../../src/store/homes/open-store.ts'
import { createSuppressedAmong } from '../../../src/store/segments/suppressed-among.ts'
import { SuppressionUnknown } from '../../../src/workflows/ports/do-not-call/suppressions.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import {
  loadEdition,
  makeRegistry,
  useRegistries,
} from '../../support/do-not-call/registry-editions.ts'

const LIST = 'people'
const NAMED = 12_125_550_101
const ANOTHER = 12_125_550_107

eachHome('People whom a segment would dial', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    await makeRegistry(store, 'ftc')
    await loadEdition(store, 'ftc', [NAMED, ANOTHER])
  })
  after(() => store.close())

  const people = [
    [`+${NAMED}`, 'ann@example.com'],
    ['+12125550102'],
    [],
    ['bo@example.com', '+12125550103', `+${ANOTHER}`, `+${NAMED}`],
    ['+442079460018'],
  ]

  it('are counted once each where a registry names them that a tenant of the list uses', async () => {
    assert.equal(await createSuppressedAmong(store)(LIST, people), 0, 'nobody uses it')
    await useRegistries(store, 'default', ['ftc'])
    assert.equal(await createSuppressedAmong(store)(LIST, people), 2)
    assert.equal(await createSuppressedAmong(store)(LIST, []), 0)
  })

  it('are counted once where an entry and a registry name them', async () => {
    const { digestKey } = store
    const suppressions = {
      ...store.suppressions,
      // Suppresses the first of all people who are looked up.
      suppressedAmong: async (_list: string, digests: Buffer) =>
        new Map([[digests.toString('latin1', 0, 16), { submission: 1, reason: 1 }]]),
    }
    assert.equal(await createSuppressedAmong({ digestKey, suppressions })(LIST, people), 2)
  })

  it('are not known where a registry cannot be read', async () => {
    const { digestKey } = store
    const numbersAmong = async () => {
      throw new SuppressionUnknown('a page is gone')
    }
    const suppressions = { ...store.suppressions, numbersAmong }
    assert.equal(await createSuppressedAmong({ digestKey, suppressions })(LIST, people), null)
  })
})
