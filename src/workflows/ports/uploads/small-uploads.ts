import type { ApiKey } from '../../../domain/access/access.ts'
import type { ContactList } from '../../../domain/contact-lists/contact-list.ts'
import type { QueueDefaults } from '../../../domain/contact-lists/queue-options.ts'
import type { Standing } from '../../../domain/do-not-call/suppression.ts'
import type { NewChunk } from '../../../domain/uploads/chunk.ts'
import type { Upload } from '../../../domain/uploads/upload.ts'
import type { NewUpload, StageUpload } from './uploads.ts'

/** The answer that a call's Idempotency-Key was given. */
export type StoredAnswer = {
  fingerprint: string
  status: number
  body: string
  location: string | null
}

/** All that decides about a small upload, read in one round trip. */
export type Doorway = {
  key: ApiKey | null
  /** Whether the key's tenant is granted the list. */
  granted: boolean
  /** The list as last read from Genesys. null: never. */
  list: { list: ContactList; ageMs: number } | null
  /** What the key's tenant has decided for the list. */
  queue: QueueDefaults
  /** What people of the list are looked up against. */
  standing: Standing
  /**
   * `free`: nobody has claimed it. `taken`: it is claimed, by a live or dead call, or its answer
   * has expired: the claim itself decides.
   */
  claim: 'free' | 'taken' | ({ kind: 'done' } & StoredAnswer)
  /** By the database's clock. */
  now: Date
}

export type SmallUpload = {
  begun: NewUpload
  /**
   * An upload with accepted rows, in one chunk, that waits for nothing: no plan, no parent, no
   * time.
   */
  staging: StageUpload
  chunk: NewChunk
  /** Of creation and staging, as the answer shows it. */
  at: Date
}

/**
 * Uploads of so few bytes that they are read whole before anything of them is stored: two round
 * trips each, and many go together.
 */
export type SmallUploadStore = {
  read(asked: {
    keyDigest: Buffer
    listId: string
    method: string
    path: string
    /** null: the call has none, and no claim is looked for. */
    idempotencyKey: string | null
  }): Promise<Doorway>
  /**
   * Claims the key, stages the upload and stores its answer, all or nothing. If the key was claimed
   * meanwhile, nothing is written: the call waits for the claim to be answered and returns that
   * answer.
   */
  stage(
    upload: SmallUpload,
  ): Promise<
    | { kind: 'staged'; upload: Upload; answer: { status: number; body: string } }
    | ({ kind: 'done' } & StoredAnswer)
    | { kind: 'in_progress' }
  >
}
