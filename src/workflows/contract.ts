import type { Caller } from '../domain/access/access.ts'
import type { ContactList, ContactListSummary } from '../domain/contact-lists/contact-list.ts'
import type { UploadOptions } from '../domain/uploads/upload-options.ts'
import type { FileFormat, Upload } from '../domain/uploads/upload.ts'

/** What the HTTP border calls. Everything here throws `GatewayProblem` for what the caller must hear. */
export type UploadRequest = {
  caller: Caller
  contactListId: string
  options: UploadOptions
  format: FileFormat
  fileName: string | null
  /** null only with `validateOnly`. */
  idempotencyKey: string | null
  method: string
  path: string
  validateOnly: boolean
  /** The file's bytes as they arrive. A body broken off makes the iteration throw. */
  body: AsyncIterable<Uint8Array>
}

export type UploadAnswer = {
  status: number
  body: string
  location: string | null
  replayed: boolean
}

export type ReceiveUpload = (request: UploadRequest) => Promise<UploadAnswer>

export type ControlUpload = (input: {
  caller: Caller
  uploadId: string
  action: 'cancel' | 'pause' | 'resume'
  /** Whether the upload is of the version that If-Match names; left out: any version is. */
  expects?: (upload: Upload) => boolean
}) => Promise<Upload>

/** `ageMs` is 0 when just read from Genesys. */
export type ReadContactList = (
  caller: Caller,
  listId: string,
) => Promise<{ list: ContactList; ageMs: number }>
export type ListContactLists = (caller: Caller) => Promise<ContactListSummary[]>
