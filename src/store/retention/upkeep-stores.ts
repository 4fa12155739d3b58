import type { Clock } from '../../lib/clock.ts'
import type { Ids } from '../../lib/ids.ts'
import type {
  ResealStore,
  RetentionStore,
  UpkeepStore,
} from '../../workflows/ports/retention/retention.ts'
import type { Database } from '../homes/database.ts'
import type { Keyring } from '../homes/keyring.ts'
import { createKeyRecord, createResealStore } from './reseal-store.ts'
import { createRetentionStore } from './retention-store.ts'
import { createUpkeep } from './upkeep-lane.ts'

export type UpkeepStores = UpkeepStore & { retention: RetentionStore; reseal: ResealStore }

/**
 * The stores of upkeep. `claim` also records the key with which this instance seals, so that no
 * other instance retires this key.
 */
export const createUpkeepStores = (deps: {
  database: Database
  keyring: Keyring
  ids: Ids
  clock: Pick<Clock, 'monotonicMs'>
}): UpkeepStores => {
  const lane = createUpkeep(deps.database)
  const recordKey = createKeyRecord(deps.database, deps.keyring, deps.clock)
  return {
    ...lane,
    // Every instance asks for tasks, even if it gets none. So every instance records its key here.
    claim: async (owner) => {
      await recordKey()
      return lane.claim(owner)
    },
    retention: createRetentionStore(deps),
    reseal: createResealStore(deps),
  }
}
