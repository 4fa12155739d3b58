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

export type NewGuestFile = Pick<
  GuestFile,
  'id' | 'tenantId' | 'target' | 'fileName' | 'contentType' | 'actor' | 'requestId'
> & { owner: string }

export type AcceptGuestFile = Pick<GuestFile, 'id' | 'sizeBytes' | 'sha256' | 'md5'> & {
  /** Pieces appended; `StagingLost` when not all of them are stored. */
  pieces: number
  audit: AuditEntry
  scope: { tenantId: string; method: string; path: string; key: string; owner: string }
  answerOf(file: GuestFile): StoredAnswer
}

export type GuestFileClaim = { guestFileId: string; owner: string; fence: string; leaseMs: number }

/**
 * The place for the bytes, and the headers to send with them, no others. Anyone who has it may
 * write there.
 */
export type UploadPlace = { uploadUrl: string; headers: Record<string, string> }

/**
 * What one step of the work changes in the guest file. Members that are left out stay unchanged.
 */
export type GuestFileStep = {
  state?: GuestFileState
  hold?: { reason: 'genesys_unavailable' } | null
  problem?: GuestFile['problem']
  scan?: Pick<GuestFile['scan'], 'verdict' | 'engine'>
  genesys?: GuestFile['genesys']
  progress?: GuestFile['progress']
  /** Kept sealed. null: forget it. */
  place?: UploadPlace | null
  /** Genesys has confirmed the file now. */
  stored?: true
  /** The bytes are no longer needed: pieces and key are deleted. */
  shred?: true
  audit?: readonly AuditEntry[]
  /** An event to the endpoints of the tenant, in the same transaction. */
  tell?: 'guest_file.stored' | 'guest_file.rejected'
}

export type ClaimedGuestFile = { claim: GuestFileClaim; file: GuestFile; place: UploadPlace | null }

export type GuestFilePage = {
  limit: number
  cursor: string | null
  state?: SeenGuestFileState
  /** From inclusive, to exclusive. */
  createdFrom?: Date
  createdTo?: Date
}

export type GuestFileStore = {
  /**
   * Makes the file as `receiving`: callers do not see it, and the sweep deletes it if there is no
   * sign of life.
   */
  begin(file: NewGuestFile): Promise<void>
  /** A sign of life; false: the file is gone. */
  touch(id: string): Promise<boolean>
  /** Stores a piece, sealed. Throws `StagingLost`. */
  append(id: string, seq: number, bytes: Uint8Array): Promise<void>
  /**
   * The bytes in order, in pieces, each read when it is asked for; fewer than were stored when they
   * are gone meanwhile. Throws `StagingLost` when they are gone at the start.
   */
  pieces(id: string): AsyncIterable<Buffer>
  /** Reads all bytes into the room. Throws `StagingLost` when they do not fill it exactly. */
  content(id: string, room: Buffer): Promise<void>
  /**
   * Makes the file visible and hands it to the workers, in one transaction with the answer of the
   * call. Throws `StagingLost`.
   */
  accept(input: AcceptGuestFile): Promise<{ file: GuestFile; answer: StoredAnswer }>
  /**
   * Discards a file that is being received. null: one that was refused before. `audit` has the
   * reason.
   */
  discard(id: string | null, audit: readonly AuditEntry[]): Promise<void>
  sweepReceiving(olderThanMs: number): Promise<number>
  /** Of this tenant and accepted, or null. */
  find(tenantId: string, id: string): Promise<GuestFile | null>
  /** Those that were accepted, newest first; an unreadable cursor gives null. */
  list(tenantId: string, asked: GuestFilePage): Promise<Page<GuestFile> | null>
  /** The file that has waited longest, and the place that its bytes go to. null: none has work. */
  claim(owner: string): Promise<ClaimedGuestFile | null>
  renew(claim: GuestFileClaim): Promise<boolean>
  /** null: there is nothing more to do. */
  release(claim: GuestFileClaim, readyInMs: number | null): Promise<void>
  /** Stores a step. Throws `FenceLost`, and an error for a state that the file may not go to. */
  step(claim: GuestFileClaim, step: GuestFileStep): Promise<GuestFile>
  /** At the start of the embedded home, whose process lock proves that no holder lives. */
  freeAll(): Promise<void>
}

/** Genesys' report about a file, in its own words where we know them. */
export type FileSaid = {
  fileId: string
  status: GuestFile['genesys']['status']
  /** null: nothing, or a word that we do not know. */
  virusScan: GuestFile['genesys']['virusScan'] | null
}

/** A file in Genesys, by its id there: that of the file, or of the media of a message. */
export type FileThere = { target: GuestFileTarget; fileId: string }

/**
 * Files of external contacts [guide-api: Guest files], or media of messages [platform-api: 2.9].
 * Everything throws `GenesysFailure`.
 */
export type GuestFilePort = {
  takes: GuestFileTarget['kind']
  /**
   * Requests a place. A second call makes another one, and a place that is never confirmed is not a
   * file.
   */
  register(
    file: Pick<GuestFile, 'target' | 'fileName' | 'contentType' | 'sizeBytes'>,
    context: CallContext,
  ): Promise<{ fileId: string; place: UploadPlace }>
  /**
   * Sends the bytes, each piece when the one before is on its way; a second call has no further
   * effect. `etag` as the storage gave it. `forbidden`: another place is needed. When `pieces`
   * throws, the transfer is broken off, `unavailable`.
   */
  put(
    place: UploadPlace,
    content: { sizeBytes: number; pieces: AsyncIterable<Buffer> },
    context: CallContext,
  ): Promise<{ etag: string | null }>
  /**
   * Whether Genesys accepts the stored bytes. `unsaid`: no answer yet, or one in words that we do
   * not know. Dialects without it learn this only later.
   */
  judge?(file: FileThere, context: CallContext): Promise<'valid' | 'invalid' | 'unsaid'>
  /**
   * Confirms that the bytes are there. An answer without an id is `malformed_answer`: an unknown
   * outcome.
   */
  confirm(file: FileThere, context: CallContext): Promise<FileSaid>
  /** Whether the confirmation has arrived, and Genesys' verdict. */
  read(file: FileThere, context: CallContext): Promise<FileSaid>
  /**
   * The effect of a second confirmation. `nothing`: it is safe. `twice`: everybody gets the file
   * twice. Then it is sent again only if it has not appeared for `settleMs` after an unknown
   * outcome, and only the work itself repeats it.
   */
  confirmsAgain: { effect: 'nothing' } | { effect: 'twice'; settleMs: number }
}
