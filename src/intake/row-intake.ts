import type { RowFault } from '../domain/rejection.ts'
import { ZERO_COUNTS } from '../domain/upload.ts'
import type { UploadCounts } from '../domain/upload.ts'
import { unguardCell } from './cell-guard.ts'
import { createChunkBuilder } from './chunk-builder.ts'
import type { ChunkBuilder } from './chunk-builder.ts'
import { planColumns } from './column-plan.ts'
import type { ColumnPlan } from './column-plan.ts'
import { FileRefused } from './contract.ts'
import type { IntakeSpec } from './contract.ts'
import type { RawRow, RowSink } from './raw-row.ts'
import { createRowCheck } from './row-check.ts'
import type { CheckRow, PhoneCounters } from './row-check.ts'
import { createRowDigests } from './row-digests.ts'

/** What is there once the header is known. */
export type OpenIntake = { plan: ColumnPlan; check: CheckRow; builder: ChunkBuilder }

/** Takes rows from a reader and carries them into chunks, counting each. */
export type RowIntake = RowSink & {
  readonly counts: UploadCounts
  readonly rejections: Map<string, number>
  readonly phones: PhoneCounters
  /** null until the header is known. */
  opened(): OpenIntake | null
}

/** A wild row is shown by its first cells only: a megabyte of delimiters is no row to mend by hand. */
const MOST_SHOWN_CELLS = 2000

type Tally = { counts: UploadCounts; rejections: Map<string, number> }

/** The record's cells in the order of the file's columns, without what a ledger added. */
const dataCells = (plan: ColumnPlan, raw: RawRow): string[] =>
  plan.keep === null ? raw.cells : plan.keep.map((index) => unguardCell(raw.cells[index] ?? ''))

/** Judges a record and puts it where it belongs: blank, rejected or accepted. */
const takeRow = ({ plan, check, builder }: OpenIntake, raw: RawRow, tally: Tally): void => {
  const cells = dataCells(plan, raw)
  if (raw.fault === null && cells.every((cell) => cell === '' || cell.trim() === '')) {
    tally.counts.blank += 1
    builder.blank(raw.line)
    return
  }
  const ragged: RowFault | null =
    raw.cells.length === plan.width ? null : { code: 'row-ragged', column: null }
  const formFault = raw.fault ?? ragged
  const judged = formFault === null ? check(cells, raw.suspect) : { fault: formFault }
  if (judged.fault === null) {
    builder.accept(raw.line, judged)
    return
  }
  const { code, column } = judged.fault
  tally.counts.rejected += 1
  tally.rejections.set(code, (tally.rejections.get(code) ?? 0) + 1)
  builder.reject({ line: raw.line, code, column, cells: cells.slice(0, MOST_SHOWN_CELLS) })
}

export const createRowIntake = (spec: IntakeSpec): RowIntake => {
  const counts = { ...ZERO_COUNTS }
  const rejections = new Map<string, number>()
  const phones = { direct: 0, library: 0 }
  const tally = { counts, rejections }
  let open: OpenIntake | null = null
  /** Elements before the first object: they have no columns yet, and no cells. */
  const early: RawRow[] = []

  return {
    counts,
    rejections,
    phones,
    opened: () => open,
    header: (names) => {
      const plan = planColumns(names, spec)
      const targetColumns = plan.targets.map((target) => target.name)
      const digests = createRowDigests(spec.digestKey)
      const { batchRows } = spec.limits
      const builder = createChunkBuilder({ width: targetColumns.length, batchRows, digests })
      open = { plan, builder, check: createRowCheck(plan, spec, phones) }
      for (const raw of early.splice(0)) takeRow(open, raw, tally)
    },
    row: (raw) => {
      counts.read += 1
      if (counts.read > spec.maxRows) {
        throw new FileRefused('upload-too-many-rows', `The file has over ${spec.maxRows} rows.`, {
          maxRows: spec.maxRows,
        })
      }
      if (open !== null) takeRow(open, raw, tally)
      else if (early.push(raw) > 1000) {
        throw new FileRefused('json-malformed', 'The first 1000 elements are no objects.')
      }
    },
  }
}
