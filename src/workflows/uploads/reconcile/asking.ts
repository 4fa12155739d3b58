import type { Upload } from '../../../domain/uploads/upload.ts'
import type { Clock } from '../../../lib/clock.ts'
import { sha256 } from '../../../lib/digest.ts'
import type { Emit } from '../../../telemetry/events.ts'
import type { ContentHashes } from '../../delivery/content-hashes.ts'
import type { ListCache } from '../../ports/contact-lists/list-cache.ts'
import type { DeliveryStore } from '../../ports/delivery/delivery.ts'
import type { CallContext, ContactListPort } from '../../ports/genesys/genesys.ts'
import type { ContactReadPort, ReconciliationStore } from '../../ports/uploads/reconciliation.ts'
import type { UploadStore } from '../../ports/uploads/uploads.ts'

export type ReconcileDeps = {
  reconciliations: Omit<ReconciliationStore, 'overdue'>
  delivery: Pick<DeliveryStore, 'chunkSeqs' | 'registered' | 'registerSize'>
  uploads: Pick<UploadStore, 'readChunk'>
  contactLists: Pick<ContactListPort, 'dialect' | 'readContactList' | 'readJob'>
  /** Keeps a list that a check has read, so that deliveries need not read it again. */
  lists: Pick<ListCache, 'put'>
  /** null if the dialect does not show contacts. */
  contactReads: ContactReadPort | null
  contentHashes: ContentHashes
  clock: Clock
  emit: Emit
  /** Aborts when the process stops. */
  signal: AbortSignal
}

/** The check of one upload: its random choices, and the calls it may make. */
export type Asking = {
  upload: Upload
  /** Derived from the upload's id, so that a second check makes the same choices. */
  seed: number
  context(): CallContext
}

/**
 * How long the calls of one check may take together. The job that runs the check counts as dead
 * after 120 s.
 */
const LOOK_MS = 60_000

/**
 * The 60 s for the calls begin now. Make a new `context` for each call, because it has the time
 * that is left.
 */
export const createAsking = (
  { clock, signal }: Pick<ReconcileDeps, 'clock' | 'signal'>,
  upload: Upload,
): Asking => {
  const endsMs = clock.monotonicMs() + LOOK_MS
  return {
    upload,
    seed: sha256(upload.id).readUInt32LE(0),
    context: () => ({
      tenantId: upload.tenantId,
      class: 'poll',
      signal,
      retryForMs: Math.max(0, endsMs - clock.monotonicMs()),
    }),
  }
}
