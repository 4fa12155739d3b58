import { createInterface } from 'node:readline'

import { systemClock } from '../../../src/lib/clock.ts'
import { createIds } from '../../../src/lib/ids.ts'
import { openStore, type StoreHome } from '../../../src/store/homes/open-store.ts'

/**
 * A process that seals values again: one lot for each line that it reads. After each lot, it prints
 * how many values that were. A test kills it.
 */
const [home, keys] = process.argv.slice(2).map((text) => JSON.parse(text) as unknown) as [
  StoreHome,
  { id: string; byte: number }[],
]
const store = await openStore({
  home,
  encryptionKeys: keys.map(({ id, byte }) => ({ id, key: Buffer.alloc(32, byte) })),
  clock: systemClock,
  ids: createIds({ clock: systemClock }),
  emit: () => {},
  publicUrl: 'https://gateway.example',
})
await store.sql.executeSql(`update upkeep set ready_at = 'infinity' where task <> 'resealing'`)
const claim = (await store.upkeep.claim('reseals'))!
const older = await store.upkeep.reseal.olderKeys()
let after: string | null = null
for await (const asked of createInterface({ input: process.stdin })) {
  if (asked === '') break
  const lot = await store.upkeep.reseal.reseal(claim, older, after)
  after = lot.next
  process.stdout.write(`${lot.resealed}\n`)
}
