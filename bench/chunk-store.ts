import { promisify } from 'node:util'
import { constants, zstdCompress } from 'node:zlib'

import type { NewChunk } from '../src/domain/uploads/chunk.ts'
import { textOfCells } from '../src/domain/uploads/chunk.ts'
import { seededRandom } from '../src/lib/seeded-random.ts'
import {
  embeddedHome,
  openTestStore,
  serverHome,
  type TestHome,
} from '../test/support/databases/database.ts'
import { beginUpload, chunkOf } from '../test/support/stages/store-uploads.ts'

/**
 * Measures the processor time that the gateway process needs for a chunk of 2,500 rows: to compress
 * the chunk at several levels, to append it, and to discard it. Appends 400 chunks, and then
 * discards all of them together.
 */
const ROWS = 2500
const CHUNKS = 400
const LEVELS = [3, 1, -1, -3, -5, -10]

const random = seededRandom(7)
const bytes = (size: number): Buffer =>
  Buffer.from(Array.from({ length: size }, () => Math.floor(random() * 256)))

const ids = Array.from({ length: ROWS }, (_, row) => `crm-${row}`)
const cells = ids.flatMap((id, row) => [id, `user.${row}@example.com`, bytes(8).toString('hex')])
const text = textOfCells({ width: 3, contactIds: ids, cells })
const digests = {
  idDigests: bytes(ROWS * 16),
  subjectDigests: bytes(ROWS * 16),
  subjectRows: Uint16Array.from({ length: ROWS }, (_, row) => row),
}
const first: NewChunk = { ...chunkOf(0, 2, ids), width: 3, text, ...digests }
const chunk = (seq: number): NewChunk => ({ ...first, seq })

const cpuMs = async (work: () => Promise<unknown>): Promise<number> => {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

const measureLevel = async (level: number): Promise<string> => {
  const options = { params: { [constants.ZSTD_c_compressionLevel]: level } }
  let size = 0
  const took = await cpuMs(async () => {
    for (let turn = 0; turn < 50; turn += 1) {
      size = (await promisify(zstdCompress)(text, options)).byteLength
    }
  })
  return `zstd ${level}: ${size} of ${text.byteLength} bytes, ${(took / 50).toFixed(2)} ms of processor time`
}

const measureHome = async (home: TestHome): Promise<string> => {
  const store = await openTestStore(await home.fresh())
  try {
    const id = await beginUpload(store)
    const appended = await cpuMs(async () => {
      for (let seq = 0; seq < CHUNKS; seq += 2) {
        await store.uploads.appendChunks(id, [chunk(seq), chunk(seq + 1)])
      }
    })
    const discarded = await cpuMs(() => store.uploads.discard(id))
    return `${home.kind}: ${(appended / CHUNKS).toFixed(2)} ms to append a chunk, ${discarded.toFixed(0)} ms to discard ${CHUNKS}`
  } finally {
    await store.close()
  }
}

for (const level of LEVELS) console.log(await measureLevel(level))
for (const home of [serverHome(), embeddedHome()]) {
  if (home.skip !== false) continue
  console.log(await measureHome(home))
  await home.close()
}
