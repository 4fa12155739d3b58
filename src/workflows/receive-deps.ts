import type { Upload } from '../domain/upload.ts'
import type { IntakeSpec, RunIntake } from '../intake/contract.ts'
import type { Clock } from '../lib/clock.ts'
import type { Ids } from '../lib/ids.ts'
import type { Emit } from '../telemetry/events.ts'
import type { ListCache } from './ports/delivery.ts'
import type { ContactListPort } from './ports/genesys.ts'
import type { IdempotencyStore, UploadStore } from './ports/uploads.ts'

/** What receiving an upload needs. */
export type ReceiveDeps = {
  contactLists: ContactListPort
  uploads: UploadStore
  idempotency: IdempotencyStore
  lists: ListCache
  runIntake: RunIntake
  /** The upload as callers see it; stored with the key and replayed. */
  renderUpload: (upload: Upload) => object
  intake: Pick<
    IntakeSpec,
    'defaultRegion' | 'maxBytes' | 'maxRows' | 'maxRecordBytes' | 'contactIdPattern' | 'digestKey'
  >
  clock: Clock
  ids: Ids
  emit: Emit
  /** This process; names the holder of claims and of uploads being received. */
  owner: string
  /** Tells the lanes that there is work. */
  wake: () => void
  signal?: AbortSignal
}
