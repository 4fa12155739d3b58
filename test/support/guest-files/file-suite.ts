import { after, afterEach, before } from 'node:test'

import type { Store } from '../../../src/store/homes/open-store.ts'
import { openTestStore, type TestHome } from '../databases/database.ts'
import { createFileStage, type FileStage } from './file-stage.ts'

/** The content of a file for which the content does not matter. */
export const TEXT = 'Please call back on Monday.'

/** A store and a file stage for the tests of one suite. Each test begins without faults. */
export const fileSuite = (home: TestHome, about: Parameters<typeof createFileStage>[1] = {}) => {
  let store: Store
  let stage: FileStage
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    stage = await createFileStage(store, about)
  })
  after(async () => {
    await stage.close()
    await store.close()
  })
  afterEach(() => stage.setFaults([]))
  return {
    get store() {
      return store
    },
    get stage() {
      return stage
    },
    /** How many pieces of the file's bytes are stored. */
    piecesOf: async (id: string): Promise<number> => {
      const { rows } = await store.sql.executeSql(
        `select count(*)::int as count from guest_file_piece where guest_file_id = '${id}'`,
      )
      return (rows[0] as { count: number }).count
    },
  }
}
