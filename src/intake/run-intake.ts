import { createBlocks } from './blocks.ts'
import type { BodyMeter } from './blocks.ts'
import { FileRefused } from './contract.ts'
import type { IntakeResult, IntakeSpec, RunIntake } from './contract.ts'
import { createCsvReader } from './csv-reader.ts'
import { createJsonReader, createNdjsonReader } from './json-reader.ts'
import type { RowReader } from './raw-row.ts'
import { createRowIntake } from './row-intake.ts'
import type { OpenIntake, RowIntake } from './row-intake.ts'
import { createUtf8Decoder } from './utf8.ts'

const createReader = (spec: IntakeSpec, sink: RowIntake): RowReader => {
  const { maxRecordBytes } = spec
  switch (spec.format) {
    case 'csv':
      return createCsvReader({ delimiter: spec.options.delimiter, maxRecordBytes, sink })
    case 'ndjson':
      return createNdjsonReader({ maxRecordBytes, sink })
    case 'json':
      return createJsonReader({ maxRecordBytes, sink })
  }
}

const resultOf = (
  spec: IntakeSpec,
  rows: RowIntake,
  open: OpenIntake,
  reader: RowReader,
  meter: BodyMeter,
): IntakeResult => {
  const { builder, plan } = open
  const { counts } = rows
  const duplicates = builder.duplicates()
  const accepted = counts.read - counts.rejected - counts.blank - duplicates
  return {
    counts: { ...counts, duplicates, accepted },
    rejections: Object.fromEntries(rows.rejections),
    columns: plan.columns,
    targetColumns: plan.targets.map((target) => target.name),
    source: {
      fileName: spec.fileName,
      format: spec.format,
      encoding: 'utf-8',
      delimiter: reader.delimiter(),
      bytes: meter.bytes,
      sha256: meter.sha256(),
    },
    leftOut: builder.leftOut(),
    batchesTotal: builder.liveChunks(),
    chunks: builder.chunks(),
    phones: rows.phones,
  }
}

/** See the contract. Lets the event loop turn after every 64 KiB, so that other requests are answered meanwhile. */
export const runIntake: RunIntake = async (body, spec, sink) => {
  const rows = createRowIntake(spec)
  const reader = createReader(spec, rows)
  const decoder = createUtf8Decoder()
  const { blocks, meter } = createBlocks(body, spec.maxBytes)
  const passOn = async (): Promise<void> => {
    for (const chunk of rows.opened()?.builder.takeClosed() ?? []) await sink.take(chunk)
  }
  for await (const block of blocks) {
    reader.push(decoder.push(block))
    await passOn()
  }
  if (meter.bytes === 0) throw new FileRefused('upload-empty', 'The file is empty.')
  reader.push(decoder.end())
  reader.end()
  const open = rows.opened()
  if (open === null && spec.format === 'csv') {
    throw new FileRefused('upload-empty', 'The file has nothing but white space.')
  }
  if (open === null || rows.counts.read === rows.counts.blank) {
    throw new FileRefused('upload-no-rows', 'The file has no rows.')
  }
  open.builder.close()
  await passOn()
  return resultOf(spec, rows, open, reader, meter)
}
