import { systemClock } from '../lib/clock.ts'
import { createContentHashes } from '../workflows/delivery/content-hashes.ts'
import { createReconcileUpload } from '../workflows/uploads/reconcile/reconcile-upload.ts'
import type { Essentials } from './essentials.ts'

/** Checks ended uploads in Genesys. `signal` aborts when the process stops. */
export const reconcilerOf = ({ store, genesys, telemetry }: Essentials, signal: AbortSignal) =>
  createReconcileUpload({
    reconciliations: store.reconciliations,
    delivery: store.delivery,
    uploads: store.uploads,
    contactLists: genesys.contactLists,
    lists: store.lists,
    contactReads: genesys.contactReads,
    contentHashes: createContentHashes(store.digestKey),
    clock: systemClock,
    emit: telemetry.emit,
    signal,
  })
