import type { ApiKey } from '../../../domain/access/access.ts'
import type { QueueDefaults } from '../../../domain/contact-lists/queue-options.ts'
import type { Standing } from '../../../domain/do-not-call/suppression.ts'
import type { NewChunk } from '../../../domain/uploads/chunk.ts'
import type { Upload } from '../../../domain/uploads/upload.ts'
import type { SeenList } from '../contact-lists/list-cache.ts'
import type { NewUpload, StageUpload } from './uploads.ts'

/** The answer that is stored under a call's Idempotency-Key. */
export type StoredAnswer = {
  fingerprint: string
  status: number
  body: string
  location: string | null
}

/** Everything that the gateway must know to decide about a small upload, read in one round trip. */
export type Doorway = {
  key: ApiKey | null
  /** Whether the key's tenant is granted the list. */
  granted: boolean
  /** The list as last read from Genesys. null: it was never read. */
  list: SeenList | null
  /** The tenant's queue settings for the list. */
  queue: QueueDefaults
  /** The suppression epochs and registry editions against which the rows are checked. */
  standing: Standing
  /**
   * The state of the call's Idempotency-Key. `free`: nobody has claimed it. `taken`: a call has
   * claimed it (the call may be dead), or the stored answer has expired. Claim the key to find out
   * which. `done`: the stored answer.
   */
  claim: 'free' | 'taken' | ({ kind: 'done' } & StoredAnswer)
  /** By the database's clock. */
  now: Date
}

/**
 * An upload that is begun and staged in one step. `begun` and `staging` are about the same upload.
 */
export type SmallUpload = {
  begun: NewUpload
  /**
   * The upload must have accepted rows, all in one chunk. It must not be a retry (no parent), and
   * must not wait for anything (no manual `apply` and no `notBefore`).
   */
  staging: StageUpload
  chunk: NewChunk
  /** The time of creation and staging that the answer shows. */
  at: Date
}

/**
 * Stores small uploads. The gateway reads the whole body of such an upload before it stores
 * anything. An upload takes two round trips to the database, and many uploads share one statement.
 */
export type SmallUploadStore = {
  read(asked: {
    keyDigest: Buffer
    listId: string
    method: string
    path: string
    /** null: the call has none, and no claim is looked up. */
    idempotencyKey: string | null
  }): Promise<Doorway>
  /**
   * Claims the key, stages the upload and stores its answer: all of this or nothing. If another
   * call has claimed the key meanwhile, nothing is written. `done`: the stored answer of the other
   * call. `in_progress`: the other call has not answered yet. `right_lost`: the call of the upload
   * has a right and has lost it, so nothing is written.
   */
  stage(
    upload: SmallUpload,
  ): Promise<
    | { kind: 'staged'; upload: Upload; answer: { status: number; body: string } }
    | ({ kind: 'done' } & StoredAnswer)
    | { kind: 'in_progress' }
    | { kind: 'right_lost' }
  >
}
