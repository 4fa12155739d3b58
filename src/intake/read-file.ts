import { createBlocks } from './bytes/blocks.ts'
import type { BodyMeter } from './bytes/blocks.ts'
import { createFileBlocks } from './bytes/compression.ts'
import { createTextBlocks } from './bytes/text-blocks.ts'
import type { TextBlocks } from './bytes/text-blocks.ts'
import { textOf } from './bytes/utf8.ts'
import { FileRefused, type IntakeSpec } from './contract.ts'
import { createCsvReader, type CsvSink } from './formats/csv-reader.ts'
import { createJsonReader, createNdjsonReader, type JsonForm } from './formats/json-reader.ts'
import type { RowReader, RowSink } from './formats/raw-row.ts'

/** How a file is to be read. Its rows may be contacts or entries. */
export type FileSpec = Pick<IntakeSpec, 'format' | 'maxBytes' | 'maxRecordBytes'> & {
  options: Pick<IntakeSpec['options'], 'delimiter' | 'hasHeader' | 'encoding'>
  /** The form of a JSON file. Given only if the columns do not come from the first object. */
  jsonForm?: JsonForm
}

/**
 * Adapts a reader of text to bytes. The bytes must be UTF-8, and must not end inside a character.
 */
const overBytes = (reader: RowReader<string>): RowReader<Buffer> => ({
  ...reader,
  push: (bytes) => reader.push(textOf(bytes)),
})

/**
 * Makes the reader for the format of the file. Its pieces are UTF-8. `sink` receives the rows
 * during `push` and `end`.
 */
export const createReader = (spec: FileSpec, sink: RowSink & CsvSink): RowReader<Buffer> => {
  const { maxRecordBytes, jsonForm } = spec
  const { delimiter, hasHeader } = spec.options
  const json = { maxRecordBytes, sink, ...(jsonForm !== undefined && { form: jsonForm }) }
  switch (spec.format) {
    case 'csv':
      return createCsvReader({ delimiter, hasHeader, maxRecordBytes, sink })
    case 'ndjson':
      return overBytes(createNdjsonReader(json))
    case 'json':
      return overBytes(createJsonReader(json))
  }
}

/** What the gateway found out about the form of the file while reading it. */
export type ReadFile = {
  reader: RowReader<Buffer>
  text: TextBlocks
  compression(): 'gzip' | null
  meter: BodyMeter
}

/**
 * Reads the body to its end: decompress → decode → rows. `sink` receives the rows. Waits for
 * `passOn` after each block, so that results are stored before more is read. Throws `FileRefused`,
 * and whatever the body or `passOn` throws.
 */
export const readFile = async (
  body: AsyncIterable<Uint8Array>,
  spec: FileSpec,
  sink: RowSink & CsvSink,
  passOn: () => Promise<void>,
): Promise<ReadFile> => {
  const reader = createReader(spec, sink)
  const text = createTextBlocks(spec.options.encoding)
  const received = createBlocks(body, spec.maxBytes)
  const { meter } = received
  const { blocks, compression } = createFileBlocks(received.blocks, spec.maxBytes)
  const read = (bytes: Buffer): void => {
    reader.push(bytes)
    text.refuseBad(reader.place)
  }
  for await (const block of blocks) {
    read(text.push(block))
    await passOn()
  }
  if (meter.bytes === 0) throw new FileRefused('upload-empty', 'The file is empty.')
  read(text.end())
  reader.end()
  return { reader, text, compression, meter }
}
