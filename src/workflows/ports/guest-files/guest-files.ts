import type { AuditEntry } from '../../../domain/audit/audit.ts'
import type {
  GuestFile,
  GuestFileState,
  GuestFileTarget,
} from '../../../domain/guest-files/guest-file.ts'
import type { CallContext } from '../genesys/genesys.ts'
import type { StoredAnswer } from '../uploads/small-uploads.ts'

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

/** Where the bytes go, and the headers that must come with them, no others. Whoever holds it may write there. */
export type UploadPlace = { uploadUrl: string; headers: Record<string, string> }

/** What a step of the work changes. Members that are left out stay. */
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
  /** The bytes are needed no more: pieces and key are deleted. */
  shred?: true
  audit?: readonly AuditEntry[]
  /** An event to the endpoints of the tenant, in the same transaction. */
  tell?: 'guest_file.stored' | 'guest_file.rejected'
}

export type ClaimedGuestFile = { claim: GuestFileClaim; file: GuestFile; place: UploadPlace | null }

export type GuestFileStore = {
  /** Makes the file, `receiving`: nobody sees it, and the sweep takes it without a sign of life. */
  begin(file: NewGuestFile): Promise<void>
  /** A sign of life; false: the file is gone. */
  touch(id: string): Promise<boolean>
  /** Keeps a piece, sealed. Throws `StagingLost`. */
  append(id: string, seq: number, bytes: Uint8Array): Promise<void>
  /** All bytes in one. Throws `StagingLost` when they are gone. */
  content(id: string): Promise<Buffer>
  /** Makes the file visible and gives it to the workers, in one transaction with the answer of the call. Throws `StagingLost`. */
  accept(input: AcceptGuestFile): Promise<{ file: GuestFile; answer: StoredAnswer }>
  /** Forgets a file that is being received, null: one that was refused before; `audit` says why. */
  discard(id: string | null, audit: readonly AuditEntry[]): Promise<void>
  sweepReceiving(olderThanMs: number): Promise<number>
  /** Of this tenant and accepted, or null. */
  find(tenantId: string, id: string): Promise<GuestFile | null>
  /** The file that has waited longest, and the place that its bytes go to; null: none has work. */
  claim(owner: string): Promise<ClaimedGuestFile | null>
  renew(claim: GuestFileClaim): Promise<boolean>
  /** null: there is nothing more to do. */
  release(claim: GuestFileClaim, readyInMs: number | null): Promise<void>
  /** Writes a step down. Throws `FenceLost`, and an error for a state that the file may not go to. */
  step(claim: GuestFileClaim, step: GuestFileStep): Promise<GuestFile>
  /** At the start of the embedded home, whose process lock proves that no holder lives. */
  freeAll(): Promise<void>
}

/** What Genesys says of a file: as it said it, where we know the word. */
export type FileSaid = {
  fileId: string
  status: GuestFile['genesys']['status']
  /** null: it says nothing, or a word that we do not know. */
  virusScan: GuestFile['genesys']['virusScan'] | null
}

/** A file in Genesys, by its id there: that of the file, or of the media of a message. */
export type FileThere = { target: GuestFileTarget; fileId: string }

/** Files of external contacts [guide-api: Guest files], or media of messages [platform-api: 2.9]. Everything throws `GenesysFailure`. */
export type GuestFilePort = {
  takes: GuestFileTarget['kind']
  /** Asks for a place. Asked again it makes another, and one that is never confirmed is no file. */
  register(
    file: Pick<GuestFile, 'target' | 'fileName' | 'contentType' | 'sizeBytes'>,
    context: CallContext,
  ): Promise<{ fileId: string; place: UploadPlace }>
  /** Puts the bytes; again has no second effect. `etag` as the storage gave it. `forbidden`: another place is needed. */
  put(place: UploadPlace, bytes: Buffer, context: CallContext): Promise<{ etag: string | null }>
  /** Whether Genesys takes what lies there. `unsaid`: not yet, or in words that we do not know. Without it Genesys says so only later. */
  judge?(file: FileThere, context: CallContext): Promise<'valid' | 'invalid' | 'unsaid'>
  /** Tells that the bytes are there. An answer without an id is `malformed_answer`: an unknown outcome. */
  confirm(file: FileThere, context: CallContext): Promise<FileSaid>
  /** Whether the confirmation has arrived, and Genesys' verdict. */
  read(file: FileThere, context: CallContext): Promise<FileSaid>
  /**
   * What confirming twice does. `nothing`: it is safe. `twice`: everybody gets the file twice, so that it is sent again only when it did not show for
   * `settleMs` after one of unknown outcome; nothing then repeats it but the work itself.
   */
  confirmsAgain: { effect: 'nothing' } | { effect: 'twice'; settleMs: number }
}
