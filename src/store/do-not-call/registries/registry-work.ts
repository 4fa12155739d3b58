import type { Ids } from '../../../lib/ids.ts'
import type { RegistryWork } from '../../../workflows/ports/do-not-call/registries/registries.ts'
import type { SuppressionPort } from '../../../workflows/ports/do-not-call/suppressions.ts'
import type { Database } from '../../homes/database.ts'
import type { Keyring } from '../../homes/keyring.ts'
import { createBringIntoForce } from './bring-into-force.ts'
import { createSweepEditions } from './left-pages.ts'
import { createLookForLate, createRegistryLookBack } from './registry-look-back.ts'

/** The SQL store for the work that follows the receipt of editions. */
export const createRegistryWork = (deps: {
  database: Database
  keyring: Keyring
  ids: Ids
  digestKey: Buffer
  lookAgain: SuppressionPort['lookAgain']
}): RegistryWork => ({
  bringIntoForce: createBringIntoForce(deps),
  lookBack: createRegistryLookBack(deps),
  lookForLate: createLookForLate(deps),
  sweep: createSweepEditions(deps.database),
})
