import { createBlocks } from './bytes/blocks.ts'
import type { BodyMeter } from './bytes/blocks.ts'
import { createFileBlocks } from './bytes/compression.ts'
import { createTextBlocks } from './bytes/text-blocks.ts'
import type { TextBlocks } from './bytes/text-blocks.ts'
import { textOf } from './bytes/utf8.ts'
import { FileRefused } from './contract.ts'
import type { IntakeResult, IntakeSpec, RunIntake } from './contract.ts'
import { createCsvReader } from './formats/csv-reader.ts'
import { createJsonReader, createNdjsonReader } from './formats/json-reader.ts'
import type { RowReader } from './formats/raw-row.ts'
import type { ReplacedRows } from './rows/accepted-rows.ts'
import { createRowIntake } from './rows/row-intake.ts'
import type { IntakeTuning, OpenIntake, RowIntake } from './rows/row-intake.ts'

/** 2^20 rows: 16 MiB of digests in memory, and once more while they are compared. */
const TUNING: IntakeTuning = { plainRows: true, rowsInMemory: 1_048_576 }

/** A reader of text behind one of bytes. */
const overBytes = (reader: RowReader<string>): RowReader<Buffer> => ({
  ...reader,
  push: (bytes) => reader.push(textOf(bytes)),
})

const createReader = (spec: IntakeSpec, sink: RowIntake): RowReader<Buffer> => {
  const { maxRecordBytes } = spec
  const { delimiter, hasHeader } = spec.options
  switch (spec.format) {
    case 'csv':
      return createCsvReader({ delimiter, hasHeader, maxRecordBytes, sink })
    case 'ndjson':
      return overBytes(createNdjsonReader({ maxRecordBytes, sink }))
    case 'json':
      return overBytes(createJsonReader({ maxRecordBytes, sink }))
  }
}

/** What read the file, and so knows how it is written. */
type ReadFile = {
  reader: RowReader<Buffer>
  text: TextBlocks
  compression(): 'gzip' | null
  meter: BodyMeter
}

const resultOf = (
  spec: IntakeSpec,
  rows: RowIntake,
  { builder, layout }: OpenIntake,
  file: ReadFile,
  { duplicates, leftOut, replacedBy, liveChunks }: ReplacedRows,
): IntakeResult => {
  const { counts } = rows
  const accepted = counts.read - counts.rejected - counts.blank - duplicates
  return {
    counts: { ...counts, duplicates, accepted },
    rejections: Object.fromEntries(rows.rejections),
    columns: layout.columns,
    targetColumns: layout.targets.map((target) => target.name),
    addedColumns: layout.added,
    source: {
      fileName: spec.fileName,
      format: spec.format,
      encoding: file.text.encoding(),
      encodingFrom: file.text.encodingFrom(),
      compression: file.compression(),
      delimiter: file.reader.delimiter(),
      bytes: file.meter.bytes,
      sha256: file.meter.sha256(),
      encodingDoubtful: file.text.encodingFrom() === 'option' && file.text.isDoubtful(),
      noticed: rows.noticed(),
    },
    leftOut,
    replacedBy,
    batchesTotal: liveChunks,
    chunks: builder.chunks(),
    phones: rows.phones,
  }
}

/** `runIntake` with something turned off or down. */
export const createRunIntake =
  (tuning: Partial<IntakeTuning> = {}): RunIntake =>
  async (body, spec, sink) => {
    const rows = createRowIntake(spec, { ...TUNING, ...tuning })
    const reader = createReader(spec, rows)
    const text = createTextBlocks(spec.options.encoding)
    const received = createBlocks(body, spec.maxBytes)
    const { meter } = received
    const { blocks, compression } = createFileBlocks(received.blocks, spec.maxBytes)
    const read = (bytes: Buffer): void => {
      reader.push(bytes)
      text.refuseBad(reader.place)
    }
    const passOn = async (): Promise<void> => {
      for (const chunk of rows.opened()?.builder.takeClosed() ?? []) await sink.take(chunk)
    }
    for await (const block of blocks) {
      read(text.push(block))
      await passOn()
    }
    if (meter.bytes === 0) throw new FileRefused('upload-empty', 'The file is empty.')
    read(text.end())
    reader.end()
    rows.end()
    const open = rows.opened()
    if (open === null && spec.format === 'csv') {
      throw new FileRefused('upload-empty', 'The file has nothing but white space.')
    }
    if (open === null || rows.counts.read === rows.counts.blank) {
      throw new FileRefused('upload-no-rows', 'The file has no rows.')
    }
    open.builder.close()
    await passOn()
    const replaced = await open.builder.findReplaced(() => sink.idDigests())
    return resultOf(spec, rows, open, { reader, text, compression, meter }, replaced)
  }

/** See the contract. Lets the event loop turn after every 64 KiB, so that other requests are answered meanwhile. */
export const runIntake: RunIntake = createRunIntake()
