import type { BatchToSend } from '../../workflows/ports/genesys/genesys.ts'

/** Nothing that JSON writes in another way: then quotes around it are the whole work. */
const PLAIN = /^[\u0020\u0021\u0023-\u005b\u005d-\ud7ff\ue000-\uffff]*$/

/**
 * A string as JSON. The plain way is several times faster than JSON.stringify on short cells, with
 * the same result.
 */
export const jsonString = (text: string): string =>
  PLAIN.test(text) ? `"${text}"` : JSON.stringify(text)

/**
 * How a dialect writes one row around its cells. `empty`: the text for an empty cell of each
 * column.
 */
export type RowForm = {
  open: (contactId: string) => string
  close: string
  empty: (column: { required: boolean }) => string
  /** A column that `open` writes already. */
  skip: string | null
  /** Whether a comma follows `open` before the first cell. */
  joined: boolean
}

/**
 * The batch's rows as a JSON array, in order. The keys are escaped once a column, not once a cell.
 */
export const batchBody = (batch: BatchToSend, form: RowForm): Buffer => {
  const width = batch.columns.length
  const fields = batch.columns
    .map((column, at) => ({ at, name: column.name, empty: form.empty(column) }))
    .filter(({ name }) => name !== form.skip)
    .map(({ at, name, empty }, order) => ({
      at,
      empty,
      prefix: `${order > 0 || form.joined ? ',' : ''}${JSON.stringify(name)}:`,
    }))
  let body = '['
  for (const [row, contactId] of batch.contactIds.entries()) {
    const start = row * width
    body += (row === 0 ? '' : ',') + form.open(jsonString(contactId))
    for (const { at, empty, prefix } of fields) {
      const cell = batch.cells[start + at] ?? ''
      body += prefix + (cell === '' ? empty : jsonString(cell))
    }
    body += form.close
  }
  return Buffer.from(`${body}]`)
}
