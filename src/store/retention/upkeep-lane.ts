import { sql } from 'kysely'

import { FenceLost } from '../../workflows/ports/delivery/delivery.ts'
import type {
  UpkeepClaim,
  UpkeepStore,
  UpkeepTask,
} from '../../workflows/ports/retention/retention.ts'
import { createObjectLane, freeLeases } from '../delivery/object-lane.ts'
import type { Database, Tx } from '../homes/database.ts'

const lane = createObjectLane({ table: 'upkeep', column: 'task', member: 'task', wakes: false })

/** Locks the task until the transaction ends. Throws `FenceLost` if the claim has ended. */
export const lockUpkeep = async (tx: Tx, claim: UpkeepClaim): Promise<void> => {
  if (await lane.lock(tx, claim)) return
  throw new FenceLost(`The task ${claim.task} has another holder`)
}

/**
 * The SQL store of upkeep tasks. Each task is a row of the table `upkeep`, which a migration has
 * written.
 */
export const createUpkeep = ({ db }: Pick<Database, 'db'>): UpkeepStore => ({
  claim: async (owner) => {
    const claimed = await lane.claim(db, owner)
    return claimed && { ...claimed.claim, task: claimed.claim.task as UpkeepTask }
  },
  renew: (claim) => lane.renew(db, claim),
  release: (claim, readyInMs) => lane.release(db, claim, readyInMs),
  note: async (claim, found) => {
    await sql`update upkeep set found = found || ${JSON.stringify(found)}::jsonb
      where ${lane.ours(claim)}`.execute(db)
  },
  freeAll: () => freeLeases(db, 'upkeep'),
})
