import { Readable } from 'node:stream'

import type { Refuse } from '../../../domain/problems/refusing.ts'
import { rejectionReason } from '../../../domain/uploads/rejection.ts'
import type { Upload } from '../../../domain/uploads/upload.ts'
import { ledgerFaults, ledgerReason } from '../../../intake/formats/ledger-csv.ts'
import { ifKept, type LedgerRow } from '../../../workflows/ports/uploads/uploads.ts'
import { inFileOrder, writeLedger } from '../../../workflows/uploads/watch/write-ledger.ts'
import type { HttpDeps } from '../../server/deps.ts'
import type { AddRoute } from '../../server/route.ts'
import { pageOf, uploadParamsSchema } from '../../server/schemas.ts'
import { cursorOfLine, lineOfCursor, wantsCsv } from '../../submissions/ledger-pages.ts'
import { ROWS_EXAMPLES } from './upload-examples.ts'
import { rowSchema, rowsQuerySchema } from './upload-row-schemas.ts'
import { ownUpload } from './uploads.ts'

/**
 * Makes a function that renders rows as JSON. A rejected row has the contact id from the file, even
 * if that text is not a valid contact id.
 */
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

const rowsGone = ({ refuse }: { refuse: Refuse<'rows-gone'> }) =>
  refuse('rows-gone', 'The rows of this upload were deleted at the end of their retention.')

const checkRowsKept = async (
  deps: Pick<HttpDeps, 'uploads'> & { refuse: Refuse<'rows-gone'> },
  upload: Upload,
): Promise<void> => {
  const staging = await deps.uploads.staging(upload.tenantId, upload.id)
  if (staging?.rowsKept !== false) return
  throw rowsGone(deps)
}

/**
 * GET /v1/uploads/{uploadId}/rows: the ledger in input order, as JSON, or as a CSV that the caller
 * fixes and sends back.
 */
export const registerUploadRows = (add: AddRoute): void => {
  add({
    method: 'GET',
    url: '/v1/uploads/:uploadId/rows',
    // With a HEAD route, a HEAD of the CSV would read every row only to discard it.
    exposeHeadRoute: false,
    access: { scope: 'uploads' },
    id: 'listUploadRows',
    tag: 'uploads',
    summary:
      'Read the outcome of each row, in input order. The CSV has the original columns and _line, _outcome, _code, _reason, _row',
    params: uploadParamsSchema,
    query: rowsQuerySchema,
    answers: {
      200: {
        about: 'A page of rows, or all rows as CSV',
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
        const asked = { outcomes: query.outcome ?? [], afterLine }
        const csv = await ifKept(
          writeLedger(deps, upload, { ...asked, forSpreadsheet: query.spreadsheet }),
        )
        if (csv === null) throw rowsGone(deps)
        return reply
          .header('content-type', 'text/csv; charset=utf-8')
          .header('content-disposition', `attachment; filename="${upload.id}-rows.csv"`)
          .send(Readable.from(csv, { objectMode: false }))
      }
      const asked = { outcomes: query.outcome ?? [], afterLine, limit: query.limit }
      const page = await ifKept(deps.uploads.ledger(upload.id, asked))
      if (page === null) throw rowsGone(deps)
      return {
        items: page.rows.map(rowRenderer(upload)),
        next: page.nextLine === null ? null : cursorOfLine(page.nextLine),
      }
    },
  })
}
