import { after, afterEach, before } from 'node:test'

import type { Store } from '../../../src/store/homes/open-store.ts'
import { embeddedHome, openTestStore } from '../databases/database.ts'

/** A store for the tests of one suite. It has no submission when a test begins. */
export const dncStore = (): (() => Store) => {
  const home = embeddedHome()
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  afterEach(async () => {
    await store.sql.executeSql('delete from dnc_submission')
  })
  after(async () => {
    await store.close()
    await home.close()
  })
  return () => store
}
