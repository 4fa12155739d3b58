import { openTestStore } from '../../support/databases/database.ts'
/**
 * A process for the crash test. It opens the store in argv[2] and stages uploads until it is
 * killed. It prints the id of each upload that was acknowledged.
 */
import { stageUpload } from '../../support/stages/store-uploads.ts'

const store = await openTestStore({ kind: 'embedded', dataDir: process.argv[2]! })
for (;;) {
  const { id } = await stageUpload(store, { accepted: ['a', 'b', 'c'] })
  process.stdout.write(`${id}\n`)
}
