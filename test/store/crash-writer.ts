import { openTestStore } from '../support/database.ts'
/** A process of the crash test: opens the store in argv[2], writes chunks without end, says each acknowledged one, is killed. */
import { chunkOf, beginUpload } from '../support/store-uploads.ts'

const store = await openTestStore({ kind: 'embedded', dataDir: process.argv[2]! })
const uploadId = await beginUpload(store)
process.stdout.write(`${uploadId}\n`)
for (let seq = 0; ; seq += 1) {
  await store.uploads.appendChunks(uploadId, [chunkOf(seq, 2 + seq, [`contact-${seq}`])])
  process.stdout.write(`${seq}\n`)
}
