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

export const createRowIntake = (spec: IntakeSpec): RowIntake => {
  const counts = { ...ZERO_COUNTS }
  const rejections = new Map<string, number>()
  const phones = { direct: 0, library: 0 }
  let open: OpenIntake | null = null
  /** Elements before the first object, which have no columns yet; kept few by the cap on rejected rows of a chunk. */
  const early: RawRow[] = []

  const refuseRow = (
    into: OpenIntake,
    raw: RawRow,
    cells: string[],
    code: string,
    column: string | null,
  ): void => {
    counts.rejected += 1
    rejections.set(code, (rejections.get(code) ?? 0) + 1)
    const shown = cells.length > MOST_SHOWN_CELLS ? cells.slice(0, MOST_SHOWN_CELLS) : cells
    into.builder.reject({ line: raw.line, code, column, cells: shown })
  }
  const dataCells = (plan: ColumnPlan, raw: RawRow): string[] => {
    if (plan.keep === null) return raw.cells
    return plan.keep.map((index) => unguardCell(raw.cells[index] ?? ''))
  }
  const take = (into: OpenIntake, raw: RawRow): void => {
    const cells = dataCells(into.plan, raw)
    if (raw.fault !== null) {
      refuseRow(into, raw, cells, raw.fault.code, raw.fault.column)
      return
    }
    if (cells.every((cell) => cell === '' || cell.trim() === '')) {
      counts.blank += 1
      into.builder.blank(raw.line)
      return
    }
    if (raw.cells.length !== into.plan.width) {
      refuseRow(into, raw, raw.cells, 'row-ragged', null)
      return
    }
    const checked = into.check(cells, raw.suspect)
    if (checked.fault !== null) {
      refuseRow(into, raw, cells, checked.fault.code, checked.fault.column)
      return
    }
    into.builder.accept(raw.line, checked)
  }
  return {
    counts,
    rejections,
    phones,
    opened: () => open,
    header: (names) => {
      const plan = planColumns(names, spec)
      const targetColumns = plan.targets.map((target) => target.name)
      const digests = createRowDigests(spec.digestKey, targetColumns)
      const { batchRows } = spec.limits
      const builder = createChunkBuilder({ width: targetColumns.length, batchRows, digests })
      open = { plan, builder, check: createRowCheck(plan, spec, phones) }
      for (const raw of early.splice(0)) take(open, raw)
    },
    row: (raw) => {
      counts.read += 1
      if (counts.read > spec.maxRows) {
        throw new FileRefused('upload-too-many-rows', `The file has over ${spec.maxRows} rows.`, {
          maxRows: spec.maxRows,
        })
      }
      if (open !== null) take(open, raw)
      else if (early.push(raw) > 1000) {
        throw new FileRefused('json-malformed', 'The first 1000 elements are no objects.')
      }
    },
  }
}
