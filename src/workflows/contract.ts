import type { Caller } from '../domain/access/access.ts'
import type { ContactList, ContactListSummary } from '../domain/contact-lists/contact-list.ts'
import type { ChosenQueue } from '../domain/contact-lists/queue-options.ts'
import type { Refusing } from '../domain/problems/refusing.ts'
import type { UploadOptions } from '../domain/uploads/upload-options.ts'
import type { FileFormat, Upload } from '../domain/uploads/upload.ts'
import type { BuildContactSteps } from '../intake/rows/contact-steps.ts'
import type { GENESYS_REFUSALS, READ_LIST_REFUSALS } from './contact-lists/refusals.ts'
import type { Doorway } from './ports/uploads/small-uploads.ts'
import type { CONTROL_REFUSALS, RECEIVE_REFUSALS } from './uploads/refusals.ts'

/**
 * One upload as the HTTP layer passes it to `ReceiveUpload`. The use cases in this file throw
 * `GatewayProblem` for every failure that a caller is to see. For an outage of the database, they
 * throw `StoreUnavailable`. The types of the use cases name the codes.
 */
export type UploadRequest = {
  caller: Caller
  contactListId: string
  options: UploadOptions
  format: FileFormat
  fileName: string | null
  /** Builds the steps that validate and normalise the rows. */
  steps: BuildContactSteps
  /** null only with `validateOnly`. */
  idempotencyKey: string | null
  method: string
  path: string
  validateOnly: boolean
  /**
   * How Genesys places the new contacts in the dialling queue. Also says whether `doNotQueue` has
   * its default, because neither the upload nor the list sets it. null if the dialect has no queue.
   */
  queue?: ChosenQueue | null
  /**
   * The data that the store read together with the API key, if the upload is small. If null or left
   * out, the workflow reads the data itself.
   */
  doorway?: Doorway | null
  /** The file's bytes as they arrive. If the body is incomplete, the iteration throws. */
  body: AsyncIterable<Uint8Array>
}

export type UploadAnswer = {
  status: number
  body: string
  location: string | null
  replayed: boolean
}

export type ReceiveUpload = Refusing<
  (typeof RECEIVE_REFUSALS)[number],
  (request: UploadRequest) => Promise<UploadAnswer>
>

export type ControlUpload = Refusing<
  (typeof CONTROL_REFUSALS)[number],
  (input: {
    caller: Caller
    uploadId: string
    action: 'cancel' | 'pause' | 'resume'
    /**
     * Whether the upload has the version that If-Match names. If left out, every version is
     * accepted.
     */
    expects?: (upload: Upload) => boolean
  }) => Promise<Upload>
>

/** `ageMs` is 0 if the list was just read from Genesys. */
export type ReadContactList = Refusing<
  (typeof READ_LIST_REFUSALS)[number],
  (caller: Caller, listId: string) => Promise<{ list: ContactList; ageMs: number }>
>
export type ListContactLists = Refusing<
  (typeof GENESYS_REFUSALS)[number],
  (caller: Caller) => Promise<ContactListSummary[]>
>
