import type { AuditEntry } from '../../../domain/audit/audit.ts'
import type {
  GuestFile,
  GuestFileState,
  GuestFileTarget,
  SeenGuestFileState,
} from '../../../domain/guest-files/guest-file.ts'
import type { CallContext } from '../genesys/genesys.ts'
import type { StoredAnswer } from '../uploads/small-uploads.ts'
import type { Page } from '../uploads/uploads.ts'

/**
 * A file whose bytes begin to arrive. `actor`: the id of the caller's key. `owner`: the id of the
 * process that receives the file.
 */
export type NewGuestFile = Pick<
  GuestFile,
  'id' | 'tenantId' | 'target' | 'fileName' | 'contentType' | 'actor' | 'requestId'
> & { owner: string }

/**
 * What `accept` stores, once all pieces are appended. `sha256`, `md5`: of the whole file, in
 * lowercase hexadecimal digits.
 */
export type AcceptGuestFile = Pick<GuestFile, 'id' | 'sizeBytes' | 'sha256' | 'md5'> & {
  /**
   * How many pieces were appended. If not all of them are stored, accepting throws `StagingLost`.
   */
  pieces: number
  audit: AuditEntry
  scope: { tenantId: string; method: string; path: string; key: string; owner: string }
  answerOf(file: GuestFile): StoredAnswer
}

/**
 * The right to work on a guest file. `fence` grows with every claim. A claim with a smaller fence
 * can no longer write. `leaseMs`: how many milliseconds the claim lasts after it is made or
 * renewed.
 */
export type GuestFileClaim = { guestFileId: string; owner: string; fence: string; leaseMs: number }

/**
 * The pre-signed URL for the bytes, and the headers to send with them. Send no other headers.
 * Anyone who has the URL can write there, so it is stored sealed.
 */
export type UploadPlace = { uploadUrl: string; headers: Record<string, string> }

/** What one step of the work changes in a guest file. Members that are left out stay unchanged. */
export type GuestFileStep = {
  state?: GuestFileState
  hold?: { reason: 'genesys_unavailable' } | null
  problem?: GuestFile['problem']
  scan?: Pick<GuestFile['scan'], 'verdict' | 'engine'>
  genesys?: GuestFile['genesys']
  progress?: GuestFile['progress']
  /** Stored sealed. null: delete it. */
  place?: UploadPlace | null
  /** Genesys has just confirmed the file. */
  stored?: true
  /** The bytes are no longer needed: delete the pieces and their key. */
  shred?: true
  audit?: readonly AuditEntry[]
  /** The event to send to the tenant's endpoints, in the same transaction. */
  tell?: 'guest_file.stored' | 'guest_file.rejected'
}

/** `place` null: the file has no URL now, so the next transfer requests one. */
export type ClaimedGuestFile = { claim: GuestFileClaim; file: GuestFile; place: UploadPlace | null }

/**
 * A page of a tenant's files. `cursor` null: the first page. Conditions that are left out do not
 * restrict the result.
 */
export type GuestFilePage = {
  limit: number
  cursor: string | null
  state?: SeenGuestFileState
  /** From `createdFrom` on, and before `createdTo`. */
  createdFrom?: Date
  createdTo?: Date
}

/** Guest files and their bytes, which are stored sealed. One worker at a time holds a file. */
export type GuestFileStore = {
  /**
   * Makes the file in the state `receiving`. Callers do not see the file yet. The sweep deletes it
   * if it shows no sign of life for some time.
   */
  begin(file: NewGuestFile): Promise<void>
  /** Shows that the file is still being received. false: it is gone. */
  touch(id: string): Promise<boolean>
  /** Seals and stores a piece. Throws `StagingLost` if the file is gone. */
  append(id: string, seq: number, bytes: Uint8Array): Promise<void>
  /**
   * The bytes in order, piece by piece. Each piece is read only when the iteration reaches it. If
   * the bytes are deleted meanwhile, the iteration ends early, so compare the size. Throws
   * `StagingLost` if the bytes are gone at the start.
   */
  pieces(id: string): AsyncIterable<Buffer>
  /**
   * Reads all bytes into the buffer `room`. Throws `StagingLost` if they do not fill it exactly.
   */
  content(id: string, room: Buffer): Promise<void>
  /**
   * Makes the file visible and gives it to the workers, in one transaction with the answer of the
   * call. Throws `StagingLost` if the file, one of its pieces or the claim is gone.
   */
  accept(input: AcceptGuestFile): Promise<{ file: GuestFile; answer: StoredAnswer }>
  /**
   * Discards a file that is being received. `id` null: the file was refused before `begin`, and
   * only the audit entries are written.
   */
  discard(id: string | null, audit: readonly AuditEntry[]): Promise<void>
  sweepReceiving(olderThanMs: number): Promise<number>
  /** An accepted file of this tenant. null: there is none. */
  find(tenantId: string, id: string): Promise<GuestFile | null>
  /** Accepted files, newest first. null: the cursor cannot be read. */
  list(tenantId: string, asked: GuestFilePage): Promise<Page<GuestFile> | null>
  /**
   * The file that has waited longest, and the pre-signed URL for its bytes if it has one. null: no
   * file has work.
   */
  claim(owner: string): Promise<ClaimedGuestFile | null>
  renew(claim: GuestFileClaim): Promise<boolean>
  /** `readyInMs` null: there is nothing more to do. */
  release(claim: GuestFileClaim, readyInMs: number | null): Promise<void>
  /** Stores a step. Throws `FenceLost`, and an error if the state table does not allow the move. */
  step(claim: GuestFileClaim, step: GuestFileStep): Promise<GuestFile>
  /**
   * Ends a file of this tenant as `failed`, deletes its bytes, and ends the claim of its worker.
   * `endOf` makes the problem and the audit entry from the file before this change. null: there is
   * no such file. `ended`: the file has ended already, so nothing changes.
   */
  cancel(
    tenantId: string,
    id: string,
    endOf: (file: GuestFile) => { problem: GuestFile['problem']; audit: AuditEntry },
  ): Promise<
    { kind: 'cancelled'; file: GuestFile } | { kind: 'ended'; state: GuestFileState } | null
  >
  /**
   * Frees every file. Call it only on the embedded home, whose process lock proves that no other
   * process holds a file.
   */
  freeAll(): Promise<void>
}

/** What Genesys reports about a file. */
export type FileSaid = {
  fileId: string
  status: GuestFile['genesys']['status']
  /** null: Genesys reported no verdict, or one that the gateway does not know. */
  virusScan: GuestFile['genesys']['virusScan'] | null
}

/** A file in Genesys, by its id there. For media of a message, the id of the media. */
export type FileThere = { target: GuestFileTarget; fileId: string }

/**
 * Files of external contacts [guide-api: Guest files], or media of messages [platform-api: 2.9].
 * Every method may throw `GenesysFailure`.
 */
export type GuestFilePort = {
  takes: GuestFileTarget['kind']
  /**
   * Requests a pre-signed URL. A second call makes another URL. A file whose bytes are never
   * confirmed does not exist in Genesys.
   */
  register(
    file: Pick<GuestFile, 'target' | 'fileName' | 'contentType' | 'sizeBytes'>,
    context: CallContext,
  ): Promise<{ fileId: string; place: UploadPlace }>
  /**
   * Sends the bytes, one piece after the other. A second call has no further effect. `etag`: as the
   * storage returned it. Failure `forbidden`: the URL is no longer valid, so a new URL is needed.
   * If `pieces` throws, the transfer is stopped and fails as `unavailable`.
   */
  put(
    place: UploadPlace,
    content: { sizeBytes: number; pieces: AsyncIterable<Buffer> },
    context: CallContext,
  ): Promise<{ etag: string | null }>
  /**
   * Whether Genesys accepts the stored bytes. `unsaid`: Genesys has not answered yet, or has given
   * an answer that the gateway does not know. Left out in a dialect that reports this only later.
   */
  judge?(file: FileThere, context: CallContext): Promise<'valid' | 'invalid' | 'unsaid'>
  /**
   * Confirms to Genesys that the bytes are there. `malformed_answer`: the answer has no id, so the
   * outcome is unknown.
   */
  confirm(file: FileThere, context: CallContext): Promise<FileSaid>
  /** Reads whether the confirmation has arrived, and Genesys' verdict. */
  read(file: FileThere, context: CallContext): Promise<FileSaid>
  /**
   * What a second confirmation would do. `nothing`: it has no effect. `twice`: the guest would get
   * the file twice. In that case, a call never repeats the confirmation by itself. After an unknown
   * outcome, the worker confirms again once the file has not appeared for `settleMs`.
   */
  confirmsAgain: { effect: 'nothing' } | { effect: 'twice'; settleMs: number }
}
