import type { GenesysRowCode } from '../../../domain/genesys/genesys-rejections.ts'
import type { UploadMode } from '../../../domain/uploads/upload-options.ts'
import type { CallContext, JobStatus } from '../genesys/genesys.ts'

/** Size limit of the dialect's files. */
export type FileLimits = {
  /** Bytes of one file (guide: 10,000,000). */
  fileBytes: number
}

/**
 * One part of an upload as a file. If Genesys reports row errors by `index`, the index counts the
 * rows of this part.
 */
export type ContactFilePart = {
  listId: string
  /** The same for every retry of the part. Sent as X-Request-ID if the dialect has this header. */
  requestId: string
  /**
   * A name for the part, which Genesys shows in its own list of uploads. Contains no personal data.
   */
  fileName: string
  /** CSV in UTF-8 with commas, at most `fileBytes`. */
  csv: Buffer
  rows: number
}

/**
 * The latest import of a list, as Genesys shows it. Genesys does not show who started an import, so
 * even `completed` may be the state of another application's import.
 */
export type ImportStatus = {
  state: 'none' | 'in_progress' | 'completed' | 'failed'
  total: number
  completed: number
  percent: number
  failureReason: string | null
}

/**
 * A row error, or the refusal of a file, from Genesys' event log. An event names no row, and may
 * stand for any number of rows.
 */
export type ImportEvent = {
  at: Date
  code: string
  /** What the code means for a row. */
  rowCode: GenesysRowCode
  level: 'info' | 'warning' | 'error'
}

/**
 * Contacts as files. Every call may throw `GenesysFailure`. Apart from bugs, aborts and the errors
 * of `beforeSend`, nothing else is thrown. A method that the dialect does not have is null. An
 * upload that needs a missing method is refused with `capability-not-available`.
 */
export type ContactFilePort = {
  readonly limits: FileLimits
  /**
   * Guide, method `file`. If `mode` is `overwrite`, the CSV must begin with a header. If it is
   * `append`, the CSV must not have one.
   */
  readonly sendFile:
    | ((
        part: ContactFilePart & { mode: UploadMode },
        context: CallContext,
      ) => Promise<{ jobId: string }>)
    | null
  /** Guide, method `callback`. The CSV must have a header, with exactly the names in `columns`. */
  readonly sendCallbackFile:
    | ((
        part: ContactFilePart & {
          duplicateCheckField: string
          duplicateCheckBehavior: 'skip' | 'update' | 'ignore'
          columns: readonly { name: string; kind: 'text' | 'phone' | 'email' | 'date' }[]
          /** Contains a capability token, so it is never logged. */
          callbackUrl: string
        },
        context: CallContext,
      ) => Promise<{ jobId: string }>)
    | null
  /**
   * Platform: gets a pre-signed URL and sends the file there, with exactly the headers that Genesys
   * returned and without the access token.
   */
  readonly startImport:
    | ((
        part: ContactFilePart & { contactIdColumn: string; clearSystemData?: boolean },
        context: CallContext,
      ) => Promise<void>)
    | null
  /** Platform: the latest import of the list. */
  readonly readImport: ((listId: string, context: CallContext) => Promise<ImportStatus>) | null
  /**
   * Platform: events of the list since `since` that may be about an import, oldest first. Reads
   * every category in which such events may be.
   */
  readonly readImportEvents:
    | ((listId: string, since: Date, context: CallContext) => Promise<ImportEvent[]>)
    | null
  /** Guide: the job that `sendFile` or `sendCallbackFile` began. */
  readonly readJob: ((jobId: string, context: CallContext) => Promise<JobStatus>) | null
}
