import type { AuditEntry } from '../../domain/audit.ts'
import type { NewChunk, StagedChunk } from '../../domain/chunk.ts'
import type {
  Upload,
  UploadColumn,
  UploadCounts,
  UploadSource,
  UploadState,
} from '../../domain/upload.ts'

export type NewUpload = Pick<
  Upload,
  | 'id'
  | 'tenantId'
  | 'contactListId'
  | 'laneKey'
  | 'mode'
  | 'duplicates'
  | 'source'
  | 'schemaVersion'
  | 'requestId'
> & { owner: string }

export type StageUpload = {
  uploadId: string
  tenantId: string
  counts: UploadCounts
  rejections: Record<string, number>
  columns: UploadColumn[]
  targetColumns: string[]
  source: UploadSource
  planDigest: string
  /** Rows that a later line replaced, by chunk; the whole bitmap of each chunk named. */
  leftOut: ReadonlyMap<number, Buffer>
  batchesTotal: number
  /** Chunks appended; staging fails with `StagingLost` when not all of them are stored. */
  chunks: number
  /** How the rows go to Genesys; known when they are counted. */
  delivery: Pick<Upload['delivery'], 'method' | 'duplicateCheckField'>
  audit: AuditEntry
  claim: { method: string; path: string; key: string; fingerprint: string }
  /** Renders the answer that is stored with the claim and replayed; pure, runs inside the transaction. */
  answer: (upload: Upload) => { status: number; body: string }
}

export type Page<T> = { items: T[]; next: string | null }

/** One row of the ledger. `cells` only where the outcome keeps them (rejected rows; staged rows when asked for). */
export type LedgerRow = {
  line: number
  outcome: string
  contactId: string | null
  code: string | null
  column: string | null
  cells: string[]
}

/** The upload was swept meanwhile, or its idempotency claim answered by another request: nothing was staged. */
export class StagingLost extends Error {
  override readonly name = 'StagingLost'
}

/** Uploads and their chunks. */
export type UploadStore = {
  /** Writes the upload as `receiving`, with its own data key; invisible to `find` and `list` until staged. */
  begin(upload: NewUpload): Promise<void>
  /** Says that the upload is still being received; false when it was swept meanwhile. */
  touch(uploadId: string): Promise<boolean>
  /** One short transaction; compresses and encrypts outside it. Durable with `stage`, not before. */
  appendChunks(uploadId: string, chunks: readonly NewChunk[]): Promise<void>
  /** The id digests of the chunks appended so far, one buffer a chunk, in order of seq; a few chunks are in memory at a time. */
  idDigests(uploadId: string): AsyncIterable<Buffer>
  /**
   * The last transaction: counts, digest, `acceptedSeq`, lane entry, stored answer, audit, state `staged`. Accepted = 0 goes on to
   * `completed` or `completed_with_errors` in the same transaction and tells the endpoints. Returns the upload as stored.
   */
  stage(input: StageUpload): Promise<{ upload: Upload; answer: { status: number; body: string } }>
  /** Deletes a receiving upload and its chunks; nothing remains. */
  discard(uploadId: string): Promise<void>
  /** Discards receiving uploads without a sign of life for `olderThanMs`; returns how many. */
  sweepReceiving(olderThanMs: number): Promise<number>
  find(tenantId: string, uploadId: string): Promise<Upload | null>
  /** Newest first. `cursor` is opaque; an unreadable one gives null. */
  list(
    tenantId: string,
    page: { limit: number; cursor: string | null },
  ): Promise<Page<Upload> | null>
  /** The ledger in input order, at most `limit` rows after line `afterLine`; outcomes empty = all. */
  ledger(
    uploadId: string,
    query: { outcomes: readonly string[]; afterLine: number; limit: number },
  ): Promise<{ rows: LedgerRow[]; nextLine: number | null }>
  readChunk(uploadId: string, seq: number): Promise<StagedChunk>
  /**
   * Moves a held, paused or waiting upload by a caller's word; null when unknown, `refused` when the state does not allow it.
   * Cancelling is done at once unless Genesys may have rows whose outcome is not known yet: then the upload goes to its lane
   * with `cancelRequested`, to be drained and finished there. Cancelling again changes nothing.
   */
  control(input: {
    tenantId: string
    uploadId: string
    action: 'cancel' | 'pause' | 'resume'
    audit: AuditEntry
  }): Promise<{ kind: 'done'; upload: Upload } | { kind: 'refused'; state: UploadState } | null>
}

/** The claims of idempotency keys. Scope: tenant, method, path. Claims are committed before any work. */
export type IdempotencyStore = {
  claim(input: {
    tenantId: string
    method: string
    path: string
    key: string
    owner: string
    /** A claim without a sign of life for this long is dead and free. */
    deadAfterMs: number
  }): Promise<
    | { kind: 'claimed' }
    | { kind: 'in_progress' }
    | { kind: 'done'; fingerprint: string; status: number; body: string; location: string | null }
  >
  keepAlive(scope: {
    tenantId: string
    method: string
    path: string
    key: string
    owner: string
  }): Promise<void>
  /** Frees an unfinished claim. */
  release(scope: {
    tenantId: string
    method: string
    path: string
    key: string
    owner: string
  }): Promise<void>
}
