import type { ListColumn } from '../../../domain/contact-lists/contact-list.ts'
import { contactIdColumnOf, freeIdName } from '../../../domain/contacts/contact-id-column.ts'
import type { ChunkPlan } from '../batches/plan-batch.ts'
import type { DeliveryRun } from '../run.ts'
import { DeliveryEnds } from '../run.ts'
import { csvRecord } from './contact-csv.ts'

/** How rows of a chunk become records of a file. */
export type PartColumns = {
  columns: readonly ListColumn[]
  contactIdColumn: string
  /** The header as a record. */
  header: string
  /** Row `row` of the plan's chunk as a record. */
  record(plan: ChunkPlan, row: number): string
}

/**
 * The list's columns in their order. One column has the contact id. If the list has no such column,
 * the file gets one more column (platform), or the upload fails (guide).
 */
export const partColumnsOf = (run: DeliveryRun): PartColumns => {
  const { upload, deps } = run
  const list = run.reading.list()
  if (list === null) throw new Error(`Upload ${upload.id}: the list was not read`)
  const carried = contactIdColumnOf(list, upload.columns)
  const named = deps.contactFiles.startImport !== null
  if (carried === null && !named) {
    const detail = 'The contact list has no column for the contact id.'
    throw new DeliveryEnds({
      kind: 'fail',
      problem: { code: 'contact-id-column-not-in-list', detail },
    })
  }
  const contactIdColumn = carried ?? freeIdName(list.columns.map(({ name }) => name))
  const columns: ListColumn[] = [
    ...list.columns,
    ...(carried === null ? [{ name: contactIdColumn, kind: 'text' as const, required: true }] : []),
  ]
  const sources = columns.map(({ name }) => upload.targetColumns.indexOf(name))
  const idAt = columns.findIndex(({ name }) => name === contactIdColumn)
  return {
    columns,
    contactIdColumn,
    header: csvRecord(columns.map(({ name }) => name)),
    record: ({ chunk }, row) => {
      const start = row * chunk.width
      const cells = sources.map((source) => (source < 0 ? '' : chunk.cells[start + source]!))
      cells[idAt] = chunk.contactIds[row]!
      return csvRecord(cells)
    },
  }
}
