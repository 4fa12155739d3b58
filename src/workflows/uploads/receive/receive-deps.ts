import type { Upload } from '../../../domain/uploads/upload.ts'
import type { IntakeSpec, RunIntake } from '../../../intake/contract.ts'
import type { Clock } from '../../../lib/clock.ts'
import type { Ids } from '../../../lib/ids.ts'
import type { Emit } from '../../../telemetry/events.ts'
import type { CountUse } from '../../access/count-use.ts'
import type { ExtendList } from '../../contact-lists/extend-list.ts'
import type { TextContentHashes } from '../../delivery/content-hashes.ts'
import type { ListCache } from '../../ports/contact-lists/list-cache.ts'
import type { ListSettingsStore } from '../../ports/contact-lists/list-settings.ts'
import type { DeliveryStore } from '../../ports/delivery/delivery.ts'
import type { SuppressionPort } from '../../ports/do-not-call/suppressions.ts'
import type { ContactListPort } from '../../ports/genesys/genesys.ts'
import type { SmallUploadStore } from '../../ports/uploads/small-uploads.ts'
import type { IdempotencyStore, UploadStore } from '../../ports/uploads/uploads.ts'

/** The dependencies for receiving an upload. */
export type ReceiveDeps = {
  contactLists: ContactListPort
  uploads: UploadStore
  smallUploads: Pick<SmallUploadStore, 'stage'>
  idempotency: IdempotencyStore
  lists: ListCache
  settings: Pick<ListSettingsStore, 'read'>
  extendList: ExtendList
  suppressions: Pick<
    SuppressionPort,
    'standingOf' | 'suppressedAmong' | 'numbersAmong' | 'asksCountries'
  >
  /** If left out, no tenant has a quota. */
  countUse?: Pick<CountUse, 'upload'>
  /** The register in which plans look up contacts. */
  register: Pick<DeliveryStore, 'openComparison' | 'knowsMore'>
  contentHashes: TextContentHashes
  /**
   * With `auto` in the guide dialect, an upload with more accepted rows than this is sent as files,
   * if the list has a column for the contact id (GENESYS_FILE_THRESHOLD_ROWS).
   */
  fileThresholdRows: number
  /**
   * Whether Genesys can call this gateway back. This needs a public URL and a secret for tokens.
   */
  callbacks: boolean
  runIntake: RunIntake
  /**
   * Renders the upload as callers see it. The result is stored with the idempotency key and
   * replayed.
   */
  renderUpload: (upload: Upload) => object
  intake: Pick<IntakeSpec, 'maxBytes' | 'maxRows' | 'maxRecordBytes' | 'digestKey'>
  clock: Clock
  ids: Ids
  emit: Emit
  /** The id of this process. It names the holder of claims and of uploads being received. */
  owner: string
  /** Called when the lane has work, so that a worker claims the lane immediately. */
  wake: (laneKey: string) => void
  signal?: AbortSignal
}
