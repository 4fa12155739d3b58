import { z } from 'zod'

import { count, stamp } from '../answers/answer-values.ts'
import type { ChosenQueue, QueueOptions } from '../contact-lists/queue-options.ts'
import type { Noticed } from './row-notices.ts'
import { ENCODING_SOURCES, type EncodingSource } from './text-encoding.ts'

/** The parts of an upload, in the form that callers see. */

/**
 * These sums hold: `read = accepted + rejected + duplicates + suppressed + blank`. When the upload
 * is finished, also `accepted = delivered + unchanged + failed + unprocessed`.
 */
export const countsSchema = z.strictObject({
  read: count,
  accepted: count,
  rejected: count,
  duplicates: count,
  suppressed: count,
  blank: count,
  delivered: count,
  unchanged: count,
  failed: count,
  unprocessed: count,
})

/** The file as it was received. `bytes` and `sha256` are those of the body before decompression. */
export const sourceSchema = z.strictObject({
  fileName: z.string().nullable(),
  format: z.enum(['csv', 'ndjson', 'json']),
  encoding: z.string(),
  encodingFrom: z.enum(ENCODING_SOURCES),
  compression: z.enum(['gzip']).nullable(),
  delimiter: z.string().nullable(),
  bytes: count,
  sha256: z.string(),
})
type Source = z.output<typeof sourceSchema>

/** The source as stored. A member may be missing if an earlier version of the gateway stored it. */
export type KeptSource = Omit<Source, 'encodingFrom' | 'compression'> & {
  encodingFrom?: EncodingSource
  compression?: 'gzip' | null
  /** Whether the encoding that the caller named is probably wrong. It is shown as a warning. */
  encodingDoubtful?: boolean
  /** What was noticed about the rows. It is shown as warnings. */
  noticed?: Noticed
}

/** Lists the members explicitly, because jsonb returns them in another order. */
export const showSource = (source: KeptSource): Source => ({
  fileName: source.fileName,
  format: source.format,
  encoding: source.encoding,
  encodingFrom: source.encodingFrom ?? 'content',
  compression: source.compression ?? null,
  delimiter: source.delimiter,
  bytes: source.bytes,
  sha256: source.sha256,
})

/**
 * How a column of the file was matched with a column of the list.
 * - `mapping`: by the option `mapping`.
 * - `exact`: by its name.
 * - `case`: by its name. The two names differ only in upper and lower case.
 * - `proposed`: by a proposal that was certain enough.
 * - `contactId`: as the column of the contact id.
 * - `added`: the list was extended by this column.
 */
const MAPPED_BY = ['mapping', 'exact', 'case', 'proposed', 'contactId', 'added'] as const

/** What the gateway did with a column of the file. */
const columnSchema = z.strictObject({
  name: z.string(),
  kind: z.enum(['text', 'phone', 'email', 'date', 'contactId']),
  /** null: the column was left out. */
  mappedTo: z.string().nullable(),
  /**
   * null: the column was left out, or an earlier version of the gateway staged the upload. Missing
   * only in stored uploads of such a version, never in answers.
   */
  by: z.enum(MAPPED_BY).nullable().optional(),
  /** How certain a proposal was. null: the column was not matched by a proposal. */
  confidence: z.number().min(0).max(1).nullable().optional(),
})
export const columnsSchema = z.array(columnSchema)

/**
 * The column as stored.
 * - `reaches`: what the cells of the column with the contact id are besides: phones or emails of
 *   the list (null: neither). Missing in other columns, and if an earlier version of the gateway
 *   staged the upload.
 * - `required`: true if empty cells were refused, because the list's column was required. Otherwise
 *   missing.
 */
export type KeptColumn = z.output<typeof columnSchema> & {
  reaches?: 'phone' | 'email' | null
  required?: true
}

/**
 * Lists the members explicitly, because jsonb returns them in another order. A member that an
 * earlier version did not store becomes null.
 */
export const showColumns = (columns: KeptColumn[]): z.output<typeof columnsSchema> =>
  columns.map(({ name, kind, mappedTo, by = null, confidence = null }) => ({
    name,
    kind,
    mappedTo,
    by,
    confidence,
  }))

/**
 * The expected effect of delivering the upload, by the register at the time of staging: `creates +
 * updates + unchanged = accepted`. The register does not know what other clients have put into the
 * list, or what earlier uploads will deliver before this one.
 */
export const planSchema = z.strictObject({
  creates: count,
  updates: count,
  unchanged: count,
  suppressed: count,
  /**
   * How many of the updated contacts are not dialled again if they were dialled before
   * (`doNotQueue`). null: the dialect has no queue, or the gateway did not count them.
   */
  notDialledAgain: count.nullable(),
})

/** Lists the members explicitly, because jsonb returns them in another order. */
export const showQueue = (queue: ChosenQueue | null): QueueOptions | null =>
  queue === null
    ? null
    : {
        priority: queue.priority,
        doNotQueue: queue.doNotQueue,
        clearSystemData: queue.clearSystemData,
      }

export const batchProgressSchema = z.strictObject({
  total: count,
  delivered: count,
  failed: count,
})

/** How far an upload has got. */
export const progressSchema = z.strictObject({
  /** The share of accepted rows that are settled, with two decimals. */
  percent: z.number().min(0).max(100),
  /**
   * null: the rate is unknown. It needs two settled batches. After a pause of at least
   * `RATE_STALE_SECONDS`, only batches that were settled after the pause count.
   */
  rowsPerSecond: z.number().nullable(),
  /** When the last row is expected to be settled at this rate. null: the rate is unknown. */
  etaAt: stamp.nullable(),
})

export const uploadProblemSchema = z.strictObject({ code: z.string(), detail: z.string() })
