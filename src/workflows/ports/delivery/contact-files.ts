import type { GenesysRowCode } from '../../../domain/genesys/genesys-rejections.ts'
import type { UploadMode } from '../../../domain/uploads/upload-options.ts'
import type { CallContext, JobStatus } from '../genesys/genesys.ts'

/** Form and size limit of the dialect's files. */
export type FileLimits = {
  /** Bytes of one file (guide: 10,000,000). */
  fileBytes: number
}

/** One part of an upload as a file of rows, in the order in which a job's `index` counts them. */
export type ContactFilePart = {
  listId: string
  /** Stable over every retry of the part; sent as X-Request-ID where the dialect has it. */
  requestId: string
  /** Name of the part, for Genesys' own lists of uploads. Names no person. */
  fileName: string
  /** CSV in UTF-8 with commas, at most `fileBytes`; made by `contactCsv`. */
  csv: Buffer
  rows: number
}

/** The import as Genesys shows it on the list. `completed` does not show whose import it was. */
export type ImportStatus = {
  state: 'none' | 'in_progress' | 'completed' | 'failed'
  total: number
  completed: number
  percent: number
  failureReason: string | null
}

/**
 * Row errors, or the refusal of a file, from Genesys' event log: without a row, and one event may
 * stand for any number of them.
 */
export type ImportEvent = {
  at: Date
  code: string
  /** What the code means for a row. */
  rowCode: GenesysRowCode
  level: 'info' | 'warning' | 'error'
}

/**
 * Contacts as files. Every call may throw `GenesysFailure`. Apart from bugs and aborts, nothing
 * else is thrown. A method that the dialect does not have is null, and a call that needs it is
 * `capability-not-available`.
 */
export type ContactFilePort = {
  readonly limits: FileLimits
  /**
   * Guide: the file way. `header`: whether the CSV starts with one, which it must exactly with
   * `mode: overwrite`.
   */
  readonly sendFile:
    | ((
        part: ContactFilePart & { mode: UploadMode },
        context: CallContext,
      ) => Promise<{ jobId: string }>)
    | null
  /**
   * Guide: the callback way; the CSV has a header, and every mapping names one of its columns
   * exactly.
   */
  readonly sendCallbackFile:
    | ((
        part: ContactFilePart & {
          duplicateCheckField: string
          duplicateCheckBehavior: 'skip' | 'update' | 'ignore'
          columns: readonly { name: string; kind: 'text' | 'phone' | 'email' | 'date' }[]
          /** With its capability token: never logged. */
          callbackUrl: string
        },
        context: CallContext,
      ) => Promise<{ jobId: string }>)
    | null
  /**
   * Platform: asks for a pre-signed place and puts the file there, with the returned headers
   * verbatim and no bearer.
   */
  readonly startImport:
    | ((
        part: ContactFilePart & { contactIdColumn: string; clearSystemData?: boolean },
        context: CallContext,
      ) => Promise<void>)
    | null
  /** Platform. */
  readonly readImport: ((listId: string, context: CallContext) => Promise<ImportStatus>) | null
  /**
   * Platform: events of the list since `since` that can be about an import, of every category that
   * may hold them, oldest first.
   */
  readonly readImportEvents:
    | ((listId: string, since: Date, context: CallContext) => Promise<ImportEvent[]>)
    | null
  /** Guide: of a file or callback part. */
  readonly readJob: ((jobId: string, context: CallContext) => Promise<JobStatus>) | null
}
