import { openTestStore } from '../../support/databases/database.ts'
/**
 * A process of the crash test: opens the store in argv[2], stages uploads without end, says each
 * acknowledged one, is killed.
 */
import { stageUpload } from '../../support/stages/store-uploads.ts'

const store = await openTestStore({ kind: 'embedded', dataDir: process.argv[2]! })
for (;;) {
  const { id } = await stageUpload(store, { accepted: ['a', 'b', 'c'] })
  process.stdout.write(`${id}\n`)
}
