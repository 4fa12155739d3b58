import { sql } from 'kysely'

import type { SyncStore } from '../../workflows/ports/endpoints/sync.ts'
import type { Database } from '../homes/database.ts'

/** Implements `SyncStore.postpone`. Never makes a delivery due earlier. */
export const createPostpone =
  ({ db }: Database): SyncStore['postpone'] =>
  async (deliveryId, forMs) => {
    await sql`update sync_delivery set next_at = greatest(next_at,
        clock_timestamp() + make_interval(secs => ${forMs / 1000}::float8))
      where id = ${deliveryId} and state = 'pending'`.execute(db)
  }
