import { sql } from 'kysely'

import { canMove } from '../../domain/uploads/upload.ts'
import type { DeliveryStore } from '../../workflows/ports/delivery/delivery.ts'
import type { ShipmentStore } from '../../workflows/ports/delivery/shipments.ts'
import type { TryStore } from '../../workflows/ports/delivery/tries.ts'
import type { RegistryRules } from '../do-not-call/registries/registry-hits.ts'
import type { Outbox } from '../endpoints/outbox.ts'
import { inTransaction, type Database } from '../homes/database.ts'
import type { Seals } from '../homes/seals.ts'
import { toUpload, UPLOAD_COLUMNS, type UploadRow, workableIn } from '../uploads/upload-row.ts'
import { createBatches } from './batches.ts'
import { createClearing } from './clearing.ts'
import { createEnding } from './ending.ts'
import { lockWorking } from './fence.ts'
import { createLaneWaits } from './lane-waits.ts'
import { createParts } from './parts.ts'
import { createTries } from './record-try.ts'
import { createRegister } from './register.ts'
import { createSettle } from './settle.ts'
import { createShipments } from './shipments/shipment-store.ts'

/**
 * The SQL store for the holder of a lane, composed of the parts in this folder. If another worker
 * has claimed the lane, `next` returns null and does not throw.
 */
export const createDeliveryStore = (deps: {
  database: Database
  outbox: Outbox
  seals: Seals
  registryRules: RegistryRules
}): DeliveryStore & ShipmentStore & TryStore => {
  const { database, seals } = deps
  const { db } = database
  return {
    ...createBatches(database, seals),
    ...createParts(database, seals),
    ...createTries(database, deps.registryRules),
    ...createClearing(database),
    ...createRegister(database, seals),
    ...createEnding(deps),
    ...createLaneWaits(database),
    ...createShipments(deps),
    settle: createSettle(deps),
    next: async (claim) => {
      const { rows } = await sql<UploadRow>`select ${UPLOAD_COLUMNS} from upload
        where ${workableIn(sql`${claim.key}`)}
          and exists (select from lane where key = ${claim.key} and owner = ${claim.owner}
            and fence = ${claim.fence}::bigint)
        order by accepted_seq limit 1`.execute(db)
      return rows[0] ? toUpload(rows[0]) : null
    },
    move: (claim, uploadId, to) =>
      inTransaction(database, async (tx) => {
        const upload = await lockWorking(tx, claim, uploadId)
        if (upload.state === to) return toUpload(upload)
        if (!canMove(upload.state, to)) {
          throw new Error(`Upload ${uploadId} cannot go from ${upload.state} to ${to}`)
        }
        const { rows } =
          await sql<UploadRow>`update upload set state = ${to}, version = version + 1,
          updated_at = clock_timestamp() where id = ${uploadId} returning ${UPLOAD_COLUMNS}`.execute(
            tx,
          )
        return toUpload(rows[0]!)
      }),
    chunkSeqs: async (uploadId) => {
      const { rows } = await sql<{ seq: number }>`
        select seq from chunk where upload_id = ${uploadId} order by seq`.execute(db)
      return rows.map(({ seq }) => seq)
    },
  }
}
