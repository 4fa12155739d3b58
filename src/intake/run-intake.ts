import { FileRefused } from './contract.ts'
import type { IntakeResult, IntakeSpec, RunIntake } from './contract.ts'
import { readFile, type ReadFile } from './read-file.ts'
import type { ReplacedRows } from './rows/accepted-rows.ts'
import { createRowIntake } from './rows/row-intake.ts'
import type { IntakeTuning, OpenIntake, RowIntake } from './rows/row-intake.ts'

/** The digests of 2^20 rows need 16 MiB, and about 18 MiB more while they are compared. */
const TUNING: IntakeTuning = { plainRows: true, rowsInMemory: 1_048_576 }

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

/** Creates `runIntake`. `tuning`: settings that tests use instead of those in `TUNING`. */
export const createRunIntake =
  (tuning: Partial<IntakeTuning> = {}): RunIntake =>
  async (body, spec, sink) => {
    const { readBy, ...settings } = { ...TUNING, ...tuning }
    const rows = createRowIntake(spec, settings)
    const passOn = async (): Promise<void> => {
      for (const chunk of rows.opened()?.builder.takeClosed() ?? []) await sink.take(chunk)
    }
    const file = await readFile(body, spec, rows, passOn)
    rows.end()
    const open = rows.opened()
    if (open === null && spec.format === 'csv') {
      throw new FileRefused('upload-empty', 'The file has only white space.')
    }
    if (open === null || rows.counts.read === rows.counts.blank) {
      throw new FileRefused('upload-no-rows', 'The file has no rows.')
    }
    readBy?.({ rows, file, open, spec })
    open.builder.close()
    await passOn()
    const replaced = await open.builder.findReplaced(() => sink.idDigests())
    return resultOf(spec, rows, open, file, replaced)
  }

/**
 * Implements the contract `RunIntake`. After every 64 KiB, the event loop can answer other
 * requests.
 */
export const runIntake: RunIntake = createRunIntake()
