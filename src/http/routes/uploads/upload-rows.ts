import { Readable } from 'node:stream'

import type { z } from 'zod'

import type { Refuse } from '../../../domain/problems/refusing.ts'
import { rejectionReason } from '../../../domain/uploads/rejection.ts'
import type { Upload } from '../../../domain/uploads/upload.ts'
import {
  createLedgerCsv,
  fileOrder,
  ledgerFaults,
  ledgerReason,
} from '../../../intake/formats/ledger-csv.ts'
import type { LedgerRow } from '../../../workflows/ports/uploads/uploads.ts'
import type { HttpDeps } from '../../server/deps.ts'
import type { AddRoute } from '../../server/route.ts'
import { pageOf, uploadParamsSchema } from '../../server/schemas.ts'
import { cursorOfLine, lineOfCursor, wantsCsv } from '../../submissions/ledger-pages.ts'
import { ROWS_EXAMPLES } from './upload-examples.ts'
import { rowSchema, rowsQuerySchema } from './upload-row-schemas.ts'
import { ownUpload } from './uploads.ts'

/** Rows written at once while a CSV streams out: whoever reads slowly has no more of them in memory. */
const CSV_ROWS_AT_ONCE = 500

type Query = z.output<typeof rowsQuerySchema>

/** Brings a row's cells into the order of the file's columns; rejected rows have them so already. */
const inFileOrder = (upload: Upload) => {
  const order = fileOrder(upload.columns, upload.targetColumns)
  return (row: LedgerRow): LedgerRow =>
    row.contactId === null ? row : { ...row, cells: order(row.contactId, row.cells) }
}

/** Rows as JSON. A rejected row has the contact id that stands in the file, valid or not. */
const rowRenderer = (upload: Upload) => {
  const ordered = inFileOrder(upload)
  const idAt = upload.columns.findIndex((column) => column.kind === 'contactId')
  return (row: LedgerRow) => {
    const { line, outcome, contactId, code, column, cells, replacedByLine } = ordered(row)
    return {
      line,
      outcome,
      contactId: contactId ?? (cells[idAt] || null),
      code,
      column,
      reason:
        code === null ? null : ledgerReason({ ...row, faults: ledgerFaults(row).slice(0, 1) }),
      faults: ledgerFaults(row).map((fault) => ({
        code: fault.code,
        column: fault.column,
        reason: rejectionReason(fault),
      })),
      replacedByLine,
      suppressedBy: row.suppressedBy ?? null,
      cells,
    }
  }
}

/**
 * CSV of the ledger from `afterLine` on, as fast as the caller reads it; one that goes away ends the scan. The first rows are read
 * before the answer begins, so that what is wrong by then is still a problem document.
 */
const ledgerCsv = async (
  deps: Pick<HttpDeps, 'uploads' | 'rowMarks'>,
  upload: Upload,
  query: Query,
  afterLine: number,
): Promise<Readable> => {
  const outcomes = query.outcome ?? []
  const scan = deps.uploads.ledgerRows(upload.id, { outcomes, afterLine })
  const first = await scan.next()
  const csv = createLedgerCsv({
    id: upload.id,
    columns: upload.columns,
    delimiter: upload.source.delimiter,
    forSpreadsheet: query.spreadsheet,
    marks: deps.rowMarks,
  })
  const ordered = inFileOrder(upload)
  const text = async function* (): AsyncGenerator<string> {
    try {
      yield csv.header
      for (let found = first; found.done !== true; found = await scan.next()) {
        for (let from = 0; from < found.value.length; from += CSV_ROWS_AT_ONCE) {
          const rows = found.value.slice(from, from + CSV_ROWS_AT_ONCE)
          yield rows.map((row) => csv.row(ordered(row))).join('')
        }
      }
    } finally {
      await scan.return(undefined)
    }
  }
  return Readable.from(text(), { objectMode: false })
}

const checkRowsKept = async (
  deps: Pick<HttpDeps, 'uploads'> & { refuse: Refuse<'rows-gone'> },
  upload: Upload,
): Promise<void> => {
  const staging = await deps.uploads.staging(upload.tenantId, upload.id)
  if (staging?.rowsKept !== false) return
  throw deps.refuse('rows-gone', 'The rows of this upload are past their retention.')
}

/** GET /v1/uploads/{uploadId}/rows: the ledger in input order, as JSON or as CSV to mend and send back. */
export const registerUploadRows = (add: AddRoute): void => {
  add({
    method: 'GET',
    url: '/v1/uploads/:uploadId/rows',
    // A HEAD of the CSV would read every row only to drop it.
    exposeHeadRoute: false,
    access: { scope: 'uploads' },
    id: 'listUploadRows',
    tag: 'uploads',
    summary:
      'The outcome of each row, in input order. The CSV has the original columns and _line, _outcome, _code, _reason',
    params: uploadParamsSchema,
    query: rowsQuerySchema,
    answers: {
      200: {
        about: 'A page of rows, or all as CSV',
        schema: pageOf(rowSchema),
        mediaTypes: ['application/json', 'text/csv'],
        headers: ['Content-Disposition', 'Vary'],
      },
    },
    problems: ['not-found', 'rows-gone'],
    examples: ROWS_EXAMPLES,
    handler: async (request, reply, deps) => {
      const { query } = request
      const afterLine = lineOfCursor(deps.refuse, query.cursor)
      const upload = await ownUpload(deps, request, request.params.uploadId)
      await checkRowsKept(deps, upload)
      reply.header('vary', 'Accept')
      if (wantsCsv(request)) {
        const csv = await ledgerCsv(deps, upload, query, afterLine)
        return reply
          .header('content-type', 'text/csv; charset=utf-8')
          .header('content-disposition', `attachment; filename="${upload.id}-rows.csv"`)
          .send(csv)
      }
      const page = await deps.uploads.ledger(upload.id, {
        outcomes: query.outcome ?? [],
        afterLine,
        limit: query.limit,
      })
      return {
        items: page.rows.map(rowRenderer(upload)),
        next: page.nextLine === null ? null : cursorOfLine(page.nextLine),
      }
    },
  })
}
