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

/** Everything that decides how the rows of one upload are read and judged. */
export type IntakeSpec = {
  format: FileFormat
  fileName: string | null
  options: UploadOptions
  list: ContactList
  limits: DialectLimits
  /** The steps that judge and normalise the rows. */
  steps: ContactSteps
  maxBytes: number
  maxRows: number
  maxRecordBytes: number
  /** The key for the digests of contact ids, phones and emails of this upload's rows. */
  digestKey: Buffer
}

export type IntakeResult = {
  counts: UploadCounts
  rejections: Record<string, number>
  columns: UploadColumn[]
  targetColumns: string[]
  /** Columns of the file that the gateway will add to the list (schemaDrift=extend). */
  addedColumns: ListColumn[]
  source: UploadSource
  /**
   * The accepted rows that were replaced by a later row with the same contact id: for each chunk
   * that has such rows, a bitmap over its accepted rows.
   */
  leftOut: Map<number, Buffer>
  /**
   * For each row in `leftOut`, in the same order: the line of the row that replaced it. The rows of
   * a chunk share one array.
   */
  replacedBy: Map<number, Uint32Array>
  /** The number of chunks with at least one accepted row that is not left out. */
  batchesTotal: number
  chunks: number
  phones: { direct: number; library: number; normalized: number }
}

/** The codes for a file that cannot be read. They apply to files of contacts and of entries. */
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

/**
 * The codes that refuse a file of contacts as a whole. The answer is 422, or 413 for the two codes
 * about size.
 */
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
/** The codes that only a file of entries has. */
type EntryFileRefusalCode = 'dnc-no-entries' | 'dnc-columns-unknown'
export type FileRefusalCode = (typeof FILE_REFUSALS)[number] | EntryFileRefusalCode

/**
 * The file as a whole is refused, not single rows. `about` becomes members of the problem, so it
 * must not contain cells.
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

/** Stores the chunks that intake makes. */
export type ChunkSink = {
  /**
   * Called in order of `seq`. The sink keeps the chunk's buffers, so the caller must not write to
   * them again.
   */
  take(chunk: NewChunk): Promise<void>
  /**
   * The id digests of every chunk stored so far, one buffer per chunk, in order of `seq`. If the
   * digests are too many for memory, intake reads them here to find the replaced rows.
   */
  idDigests(): AsyncIterable<Buffer>
}

/**
 * Reads the body as it streams in: decompress → decode → rows → columns → validate and normalise →
 * deduplicate → chunks. Waits for the sink to store a chunk before it reads more, so a slow
 * database slows the sender. Keeps in memory only the open chunk, the chunks that one block of the
 * body fills, the digests of ids (up to `rowsInMemory` rows) and the line numbers of rows. Throws
 * `FileRefused`, and whatever the body or the sink throws.
 */
export type RunIntake = (
  body: AsyncIterable<Uint8Array>,
  spec: IntakeSpec,
  sink: ChunkSink,
) => Promise<IntakeResult>
