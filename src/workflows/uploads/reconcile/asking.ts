import type { Upload } from '../../../domain/uploads/upload.ts'
import type { Clock } from '../../../lib/clock.ts'
import { sha256 } from '../../../lib/digest.ts'
import type { Emit } from '../../../telemetry/events.ts'
import type { ContentHashes } from '../../delivery/content-hashes.ts'
import type { DeliveryStore } from '../../ports/delivery/delivery.ts'
import type { CallContext, ContactListPort } from '../../ports/genesys/genesys.ts'
import type { ContactReadPort, ReconciliationStore } from '../../ports/uploads/reconciliation.ts'
import type { UploadStore } from '../../ports/uploads/uploads.ts'

export type ReconcileDeps = {
  reconciliations: Omit<ReconciliationStore, 'overdue'>
  delivery: Pick<DeliveryStore, 'chunkSeqs' | 'registered' | 'registerSize'>
  uploads: Pick<UploadStore, 'readChunk'>
  contactLists: Pick<ContactListPort, 'dialect' | 'readContactList' | 'readJob'>
  /** null: the dialect does not show contacts. */
  contactReads: ContactReadPort | null
  contentHashes: ContentHashes
  clock: Clock
  emit: Emit
  /** Aborts when the process stops. */
  signal: AbortSignal
}

/** One check of an upload: its tenant, and the time that its calls may take together. */
export type Asking = {
  upload: Upload
  /** The same for every check, so that a second one sees the same rows. */
  seed: number
  context(): CallContext
}

/** The job that checks counts as dead after 120 s. */
const LOOK_MS = 60_000

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
