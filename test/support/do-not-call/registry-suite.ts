import { after, before } from 'node:test'

import type { Store } from '../../../src/store/homes/open-store.ts'
import { openTestStore, type TestHome } from '../databases/database.ts'
import { makeRegistry, useRegistries } from './registry-editions.ts'

/** A store for the tests of one suite, with registries. */
export const registrySuite = (home: TestHome) => {
  let store: Store
  let names = 0
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())
  return {
    get store() {
      return store
    },
    /** Makes a registry, which is the only one that the default tenant uses. */
    registry: async (): Promise<string> => {
      const name = `registry-${(names += 1)}`
      await makeRegistry(store, name)
      await useRegistries(store, 'default', [name])
      return name
    },
  }
}
