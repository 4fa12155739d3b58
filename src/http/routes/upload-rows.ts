import { Readable } from 'node:stream'

import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { z } from 'zod'

import { GatewayProblem } from '../../domain/problem.ts'
import { rejectionReason } from '../../domain/rejection.ts'
import type { Upload } from '../../domain/upload.ts'
import { fileOrderCells, ledgerCsvHeader, ledgerCsvRow } from '../../intake/ledger-csv.ts'
import type { LedgerRow } from '../../workflows/ports/uploads.ts'
import type { HttpDeps } from '../deps.ts'
import { rowsQuerySchema, uploadParamsSchema } from '../schemas.ts'
import { ownUpload } from './uploads.ts'

/** Rows read at once while a CSV streams out. */
const CSV_PAGE_ROWS = 1000

type Query = z.output<typeof rowsQuerySchema>

/** Why a row was not sent, in the words of its code's page; "" when there is nothing to say. */
const reasonOf = (row: LedgerRow): string =>
  row.code === null ? '' : rejectionReason(row.code, row.column)

const cursorOf = (line: number): string => Buffer.from(`line:${line}`).toString('base64url')

const lineOf = (cursor: string | undefined): number => {
  if (cursor === undefined) return 0
  const line = /^line:([0-9]{1,15})$/u.exec(Buffer.from(cursor, 'base64url').toString())?.[1]
  if (line === undefined) {
    throw new GatewayProblem('parameter-invalid', 'The cursor cannot be read.', {
      parameters: ['cursor'],
    })
  }
  return Number(line)
}

const renderRow = (upload: Upload, row: LedgerRow) => ({
  line: row.line,
  outcome: row.outcome,
  contactId: row.contactId,
  code: row.code,
  column: row.column,
  reason: row.code === null ? null : reasonOf(row),
  cells: cellsOf(upload, row),
})

/** The cells in the order of the file's columns: rejected rows keep their raw cells, staged ones those of the list. */
const cellsOf = (upload: Upload, row: LedgerRow): string[] =>
  row.outcome === 'rejected' || row.contactId === null || row.cells.length === 0
    ? row.cells
    : fileOrderCells(upload.columns, upload.targetColumns, row.contactId, row.cells)

const csvText = (upload: Upload, rows: readonly LedgerRow[]): string =>
  rows
    .map((row) => ledgerCsvRow({ ...row, cells: cellsOf(upload, row) }, upload.columns.length))
    .join('')

/** CSV of the whole ledger from `afterLine`, page by page; the first page is read before the answer begins. */
const ledgerCsv = async (
  deps: HttpDeps,
  upload: Upload,
  query: Query,
  afterLine: number,
): Promise<Readable> => {
  const read = (line: number) =>
    deps.uploads.ledger(upload.id, {
      outcomes: query.outcome ?? [],
      afterLine: line,
      limit: CSV_PAGE_ROWS,
    })
  const first = await read(afterLine)
  const text = async function* (): AsyncGenerator<string> {
    yield ledgerCsvHeader(upload.columns)
    for (let page = first; ; page = await read(page.nextLine)) {
      if (page.rows.length > 0) yield csvText(upload, page.rows)
      if (page.nextLine === null) return
    }
  }
  return Readable.from(text(), { objectMode: false })
}

/** Whether the caller prefers CSV: named in Accept, and not after JSON. */
const wantsCsv = (request: FastifyRequest): boolean => {
  const accept = (request.headers.accept ?? '').toLowerCase()
  const csv = accept.indexOf('text/csv')
  const json = accept.indexOf('application/json')
  return csv !== -1 && (json === -1 || csv < json)
}

/** GET /v1/uploads/{uploadId}/rows: the ledger in input order, as JSON or as CSV to mend and send back. */
export const registerUploadRows = (app: FastifyInstance, deps: HttpDeps): void => {
  app.get(
    '/v1/uploads/:uploadId/rows',
    {
      // A HEAD of the CSV would read every row only to drop it.
      exposeHeadRoute: false,
      config: {
        access: { scope: 'uploads' },
        paramsSchema: uploadParamsSchema,
        querySchema: rowsQuerySchema,
      },
    },
    async (request, reply) => {
      const query = request.valid.query as Query
      const afterLine = lineOf(query.cursor)
      const upload = await ownUpload(deps, request)
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
        items: page.rows.map((row) => renderRow(upload, row)),
        next: page.nextLine === null ? null : cursorOf(page.nextLine),
      }
    },
  )
}
