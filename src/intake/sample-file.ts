import type { TextEncoding } from '../domain/uploads/text-encoding.ts'
import { createBlocks } from './bytes/blocks.ts'
import { createFileBlocks } from './bytes/compression.ts'
import { createTextBlocks } from './bytes/text-blocks.ts'
import { FileRefused } from './contract.ts'
import type { CsvSink } from './formats/csv-reader.ts'
import { rawRowOf } from './formats/csv-reader.ts'
import type { RowSink } from './formats/raw-row.ts'
import { createReader, type FileSpec } from './read-file.ts'

/** What the beginning of a file shows. The gateway reads the beginning as it reads a whole file. */
export type FileSample = {
  encoding: TextEncoding
  /** null: the file is JSON. */
  delimiter: string | null
  compression: 'gzip' | null
  /** The names in the first record. null: the file has no header. */
  header: string[] | null
  /** The number of cells in the first record. */
  width: number
  /** The first rows, each in the order of the file's columns. */
  rows: string[][]
  /** Whether the sample is the whole file. */
  whole: boolean
}

export type SampleLimits = { bytes: number; rows: number }

/**
 * Returns only the first bytes. The rest is read and discarded, because a sender gets no answer
 * before the whole body is read.
 */
const firstOf = async function* (
  body: AsyncIterable<Uint8Array>,
  most: number,
  onCut: () => void,
): AsyncGenerator<Uint8Array> {
  let left = most
  for await (const piece of body) {
    if (left > 0) yield piece.subarray(0, left)
    left -= piece.byteLength
    if (left < 0) onCut()
  }
}

type Found = Pick<FileSample, 'header' | 'width' | 'rows'>

const collect = (found: Found, mostRows: number): RowSink & CsvSink => {
  const add = (cells: string[]): void => {
    if (found.rows.length < mostRows) found.rows.push(cells)
  }
  return {
    header: (names) => {
      found.header = names
      found.width = names.length
    },
    noHeader: (width) => {
      found.width = width
    },
    row: ({ cells }) => add(cells),
    record: (record) => {
      if (found.rows.length < mostRows) add(rawRowOf(record).cells)
    },
  }
}

/**
 * Reads the first `limits.bytes` of the body and discards the rest. Throws `FileRefused` if this
 * beginning cannot be read or has no record. Also throws whatever the body throws.
 */
export const sampleFile = async (
  body: AsyncIterable<Uint8Array>,
  spec: FileSpec,
  limits: SampleLimits,
  /** Whether the body is only the beginning of a file. */
  isPart: boolean,
): Promise<FileSample> => {
  let cut = isPart
  const found: Found = { header: null, width: 0, rows: [] }
  const reader = createReader(spec, collect(found, limits.rows))
  const text = createTextBlocks(spec.options.encoding)
  const first = firstOf(body, limits.bytes, () => {
    cut = true
  })
  const received = createBlocks(first, spec.maxBytes)
  const { blocks, compression } = createFileBlocks(received.blocks, spec.maxBytes)
  try {
    for await (const block of blocks) {
      reader.push(text.push(block))
      text.refuseBad(reader.place)
    }
    if (!cut) reader.push(text.end())
    reader.end()
  } catch (error) {
    // The cut may have damaged the last record. This is no fault if there is a header or a first
    // row.
    if (!(error instanceof FileRefused) || !cut || found.width === 0) throw error
  }
  if (found.width === 0) throw new FileRefused('upload-empty', 'The file is empty.')
  return {
    encoding: text.encoding(),
    delimiter: reader.delimiter(),
    compression: compression(),
    ...found,
    whole: !cut,
  }
}
