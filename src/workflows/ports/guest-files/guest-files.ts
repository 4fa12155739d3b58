import type { AuditEntry } from '../../../domain/audit/audit.ts'
import type { GuestFile, GuestFileState } from '../../../domain/guest-files/guest-file.ts'
import type { CallContext } from '../genesys/genesys.ts'
import type { StoredAnswer } from '../uploads/small-uploads.ts'

export type NewGuestFile = Pick<
  GuestFile,
  'id' | 'tenantId' | 'externalContactId' | 'fileName' | 'contentType' | 'actor' | 'requestId'
> & { owner: string }

export type AcceptGuestFile = Pick<GuestFile, 'id' | 'sizeBytes' | 'sha256' | 'md5'> & {
  /** Pieces appended; `StagingLost` when not all of them are stored. */
  pieces: number
  audit: AuditEntry
  scope: { tenantId: string; method: string; path: string; key: string; owner: string }
  answerOf(file: GuestFile): StoredAnswer
}

export type GuestFileClaim = { guestFileId: string; owner: string; fence: string; leaseMs: number }

/** What a step of the work changes. Members that are left out stay. */
export type GuestFileStep = {
  state?: GuestFileState
  hold?: { reason: 'genesys_unavailable' } | null
  problem?: GuestFile['problem']
  scan?: Pick<GuestFile['scan'], 'verdict' | 'engine'>
  genesys?: GuestFile['genesys']
  progress?: GuestFile['progress']
  /** Where the bytes go, kept sealed: whoever holds it may write there. null: forget it. */
  uploadUrl?: string | null
  /** Genesys has confirmed the file now. */
  stored?: true
  /** The bytes are needed no more: pieces and key are deleted. */
  shred?: true
  audit?: readonly AuditEntry[]
  /** An event to the endpoints of the tenant, in the same transaction. */
  tell?: 'guest_file.stored' | 'guest_file.rejected'
}

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
  /** The file that has waited longest, and the URL that its bytes go to; null: none has work. */
  claim(
    owner: string,
  ): Promise<{ claim: GuestFileClaim; file: GuestFile; uploadUrl: string | null } | null>
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

/** Files of external contacts [guide-api: Guest files]. Everything throws `GenesysFailure`. */
export type ExternalContactFilePort = {
  /** Asks for a place. Asked again it makes another, and one that is never confirmed is no file. */
  register(
    file: Pick<GuestFile, 'externalContactId' | 'fileName' | 'contentType' | 'sizeBytes'>,
    context: CallContext,
  ): Promise<{ fileId: string; uploadUrl: string }>
  /** Puts the bytes; again has no second effect. `etag` as the storage gave it. `forbidden`: another URL is needed. */
  put(
    file: { uploadUrl: string; contentType: string; bytes: Buffer },
    context: CallContext,
  ): Promise<{ etag: string | null }>
  /** Safe to call twice. An answer without the id is `malformed_answer`: an unknown outcome. */
  confirm(
    file: { externalContactId: string; fileId: string },
    context: CallContext,
  ): Promise<FileSaid>
  read(file: { externalContactId: string; fileId: string }, context: CallContext): Promise<FileSaid>
}
