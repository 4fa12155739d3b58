import { renderUpload } from '../../src/http/routes/uploads/upload-view.ts'
import type { SmallUpload } from '../../src/workflows/ports/uploads/small-uploads.ts'
import { openTestStore, serverHome } from '../../test/support/databases/database.ts'
import {
  chunkOf,
  ids,
  newUpload,
  SOURCE,
  stageInput,
} from '../../test/support/stages/store-uploads.ts'
import { readDatabase } from '../database-figures.ts'

/**
 * `npm run bench:staging` measures what the statement that stages small uploads costs a server: as
 * such, and for each upload in it. Of uploads that arrive together, the first is staged by itself,
 * and the others share the next statement.
 */
const UPLOADS = 1_500
const TOGETHER = [1, 4, 11, 31, 64] as const
const [ALONE, MOST] = [TOGETHER[0], 64] as const

const smallUpload = (): SmallUpload => {
  const id = ids.newId('upl')
  const chunk = chunkOf(0, 2, ['a'], 0)
  const source = { ...SOURCE, sha256: id }
  const answer: SmallUpload['staging']['answer'] = (upload) => ({
    ...{ status: 202, body: JSON.stringify(renderUpload(upload)) },
  })
  return {
    ...{ begun: newUpload(id, 'list-1', source), chunk, at: new Date() },
    staging: { ...stageInput(id, chunk, ids.newUuid()), source, answer },
  }
}

const home = serverHome({ durable: true })
const place = await home.fresh()
const store = await openTestStore(place)
const cpuMs = async (): Promise<number> =>
  ((await readDatabase(place))?.cpuSeconds ?? Number.NaN) * 1_000

const costOf = async (together: number): Promise<number> => {
  const waves = Math.ceil(UPLOADS / together)
  const before = await cpuMs()
  for (let wave = 0; wave < waves; wave += 1) {
    await Promise.all(
      Array.from({ length: together }, () => store.smallUploads.stage(smallUpload())),
    )
  }
  return ((await cpuMs()) - before) / waves
}

try {
  await costOf(ALONE)
  const costs = new Map<number, number>()
  for (const together of TOGETHER) costs.set(together, await costOf(together))
  console.log('| uploads together | database CPU ms | an upload |\n| ---: | ---: | ---: |')
  for (const [together, ms] of costs) {
    console.log(`| ${together} | ${ms.toFixed(2)} | ${(ms / together).toFixed(2)} |`)
  }
  const [alone, most] = [costs.get(ALONE)!, costs.get(MOST)!]
  const uploadMs = (most - 2 * alone) / (MOST - 2)
  console.log(
    `\nA statement costs the database ${(alone - uploadMs).toFixed(2)} ms, and ${uploadMs.toFixed(2)} ms more for each upload.`,
  )
} finally {
  await store.close()
  await home.close()
}
