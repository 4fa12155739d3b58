import type {
  ContactList,
  DialectLimits,
  ListColumn,
} from '../domain/contact-lists/contact-list.ts'
import type { NewChunk } from '../domain/uploads/chunk.ts'
import type { UploadOptions } from '../domain/uploads/upload-options.ts'
import type {
  FileFormat,
  UploadColumn,
  UploadCounts,
  UploadSource,
} from '../domain/uploads/upload.ts'
import type { ContactSteps } from './rows/contact-steps.ts'

/** The rules for the rows of one upload. */
export type IntakeSpec = {
  format: FileFormat
  fileName: string | null
  options: UploadOptions
  list: ContactList
  limits: DialectLimits
  /** What judges and normalises its rows. */
  steps: ContactSteps
  maxBytes: number
  maxRows: number
  maxRecordBytes: number
  /** Keys the digests of ids, phones and emails. */
  digestKey: Buffer
}

export type IntakeResult = {
  counts: UploadCounts
  rejections: Record<string, number>
  columns: UploadColumn[]
  targetColumns: string[]
  /** Columns that the list lacks and is to be given (schemaDrift=extend). */
  addedColumns: ListColumn[]
  source: UploadSource
  /**
   * Rows that a later line of the same contact replaced: by chunk, a bitmap over its accepted rows.
   */
  leftOut: Map<number, Buffer>
  /** By chunk, for each row left out, in order: the line of the row that stays. */
  replacedBy: Map<number, Uint32Array>
  /** Chunks with at least one accepted row that is not left out. */
  batchesTotal: number
  chunks: number
  phones: { direct: number; library: number; normalized: number }
}

/**
 * The codes that refuse a file because it cannot be read, whether its rows are contacts or
 * entries.
 */
export const UNREADABLE_FILE = [
  'header-duplicate',
  'header-forbidden',
  'encoding-invalid',
  'compression-invalid',
  'compression-ratio',
  'csv-malformed',
  'json-malformed',
  'upload-too-large',
  'upload-too-many-rows',
] as const

/** Problem codes that refuse the file as a whole: 422, except the two 413. */
export const FILE_REFUSALS = [
  'upload-empty',
  'upload-no-rows',
  'contact-id-column-missing',
  'columns-missing',
  'mapping-needed',
  'schema-drift',
  'columns-too-many',
  ...UNREADABLE_FILE,
] as const
/** Those that refuse a file of entries alone. */
type EntryFileRefusalCode = 'dnc-no-entries' | 'dnc-columns-unknown'
export type FileRefusalCode = (typeof FILE_REFUSALS)[number] | EntryFileRefusalCode

/**
 * The file as a whole cannot be accepted. Thrown out of `runIntake`. `about` becomes members of the
 * problem (never cell contents).
 */
export class FileRefused extends Error {
  override readonly name = 'FileRefused'
  readonly code: FileRefusalCode
  readonly about: Record<string, unknown>
  constructor(code: FileRefusalCode, detail: string, about: Record<string, unknown> = {}) {
    super(detail)
    this.code = code
    this.about = about
  }
}

/** Takes the chunks of intake. */
export type ChunkSink = {
  /**
   * Called in order of seq. Keeps the chunk's buffers, so the caller must not write to them again.
   */
  take(chunk: NewChunk): Promise<void>
  /**
   * The id digests of every chunk taken so far, one buffer a chunk, in order of seq: for a second
   * pass over duplicates.
   */
  idDigests(): AsyncIterable<Buffer>
}

/**
 * Reads the body as it streams in: decompress → decode → rows → columns → validate and normalise →
 * deduplicate → chunks. Awaits the sink before it reads more (backpressure). Never holds more than
 * two chunks and the digests of ids in memory. Throws `FileRefused`, and the errors of the body and
 * the sink.
 */
export type RunIntake = (
  body: AsyncIterable<Uint8Array>,
  spec: IntakeSpec,
  sink: ChunkSink,
) => Promise<IntakeResult>
