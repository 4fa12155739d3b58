import type { Ids } from '../../lib/ids.ts'
import type {
  ResealStore,
  RetentionStore,
  UpkeepStore,
} from '../../workflows/ports/retention/retention.ts'
import type { Database } from '../homes/database.ts'
import type { Keyring } from '../homes/keyring.ts'
import { createResealStore } from './reseal-store.ts'
import { createRetentionStore } from './retention-store.ts'
import { createUpkeep } from './upkeep-lane.ts'

export type UpkeepStores = UpkeepStore & { retention: RetentionStore; reseal: ResealStore }

export const createUpkeepStores = (deps: {
  database: Database
  keyring: Keyring
  ids: Ids
}): UpkeepStores => ({
  ...createUpkeep(deps.database),
  retention: createRetentionStore(deps),
  reseal: createResealStore(deps),
})
