import { systemClock } from '../lib/clock.ts'
import { createContentHashes } from '../workflows/delivery/content-hashes.ts'
import { createReconcileUpload } from '../workflows/uploads/reconcile/reconcile-upload.ts'
import type { Parts } from './parts.ts'

/** Looks at ended uploads; `signal` aborts when the process stops. */
export const reconcilerOf = ({ store, genesys, telemetry }: Parts, signal: AbortSignal) =>
  createReconcileUpload({
    reconciliations: store.reconciliations,
    delivery: store.delivery,
    uploads: store.uploads,
    contactLists: genesys.contactLists,
    contactReads: genesys.contactReads,
    contentHashes: createContentHashes(store.digestKey),
    clock: systemClock,
    emit: telemetry.emit,
    signal,
  })
