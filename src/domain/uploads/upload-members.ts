import { z } from 'zod'

import { count, stamp } from '../answers/answer-values.ts'
import type { ChosenQueue, QueueOptions } from '../contact-lists/queue-options.ts'
import type { Noticed } from './row-notices.ts'
import { ENCODING_SOURCES, type EncodingSource } from './text-encoding.ts'

/** What an upload is made of, in the form in which callers see it. */

/**
 * `read = accepted + rejected + duplicates + suppressed + blank`. When finished, `accepted =
 * delivered + unchanged + failed + unprocessed`.
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

/** The file as received: `bytes` and `sha256` are of the body before it is unpacked. */
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

/**
 * The source as stored. Optional members are absent if an earlier version stored it without them.
 */
export type KeptSource = Omit<Source, 'encodingFrom' | 'compression'> & {
  encodingFrom?: EncodingSource
  compression?: 'gzip' | null
  /** The requested encoding is probably wrong. Reported as a warning. */
  encodingDoubtful?: boolean
  /** Notices about its rows. Reported as warnings. */
  noticed?: Noticed
}

/** Member by member, because jsonb returns them in another order. */
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
 * How a column of the file found its place: the option `mapping`, the exact name, the name but for
 * case, a proposal that was certain enough; the contact id's own column; `added`: the list was
 * given this column.
 */
const MAPPED_BY = ['mapping', 'exact', 'case', 'proposed', 'contactId', 'added'] as const

/** How the gateway treated one column of the file. */
const columnSchema = z.strictObject({
  name: z.string(),
  kind: z.enum(['text', 'phone', 'email', 'date', 'contactId']),
  /** null: left out. */
  mappedTo: z.string().nullable(),
  /** null: left out. Missing in uploads that were staged before it was kept. */
  by: z.enum(MAPPED_BY).nullable().optional(),
  /** null if the caller decided or nothing was mapped. */
  confidence: z.number().min(0).max(1).nullable().optional(),
})
export const columnsSchema = z.array(columnSchema)

export const showColumns = (columns: z.output<typeof columnsSchema>): typeof columns =>
  columns.map(({ name, kind, mappedTo, by = null, confidence = null }) => ({
    name,
    kind,
    mappedTo,
    by,
    confidence,
  }))

/**
 * The expected effect of delivering, by the register when the rows were staged:
 * `creates + updates + unchanged = accepted`. It does not know what other clients have put into the
 * list, or what earlier uploads will have by then.
 */
export const planSchema = z.strictObject({
  creates: count,
  updates: count,
  unchanged: count,
  suppressed: count,
  /**
   * Of the updates, contacts that are not dialled again if they were dialled (`doNotQueue`). null
   * if the dialect has no queue, or nobody counted.
   */
  notDialledAgain: count.nullable(),
})

/** Member by member, because jsonb returns them in another order. */
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

/** The progress of an upload. */
export const progressSchema = z.strictObject({
  /** Of the accepted rows, those settled; two decimals. */
  percent: z.number().min(0).max(100),
  /** null until two batches are settled. */
  rowsPerSecond: z.number().nullable(),
  /** When the last row will be settled at this rate; null as above. */
  etaAt: stamp.nullable(),
})

export const uploadProblemSchema = z.strictObject({ code: z.string(), detail: z.string() })
