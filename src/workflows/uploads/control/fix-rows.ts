import type { Caller } from '../../../domain/access/access.ts'
import { GatewayProblem } from '../../../domain/problems/problem.ts'
import { subjectKindOf } from '../../../domain/uploads/subject-columns.ts'
import { type UploadOptions, uploadOptionsSchema } from '../../../domain/uploads/upload-options.ts'
import type { Upload } from '../../../domain/uploads/upload.ts'
import { createLedgerCsv } from '../../../intake/formats/ledger-csv.ts'
import type { BuildContactSteps } from '../../../intake/rows/contact-steps.ts'
import type { RowMarks } from '../../../intake/rows/row-mark.ts'
import type { ReceiveUpload, UploadRequest } from '../../contract.ts'
import type { LedgerRow, UploadStore } from '../../ports/uploads/uploads.ts'

/**
 * New contents for cells of a rejected row. The key is the index of the column in the file, from 0.
 */
export type FixedRow = { line: number; cells: ReadonlyMap<number, string> }

type StillFaulty = { line: number; faults: { code: string; column: string | null }[] }

export type FixRows = (input: {
  caller: Caller
  upload: Upload
  rows: readonly FixedRow[]
  apply: UploadOptions['apply']
  steps: BuildContactSteps
  idempotencyKey: string
}) => Promise<{ kind: 'sent'; uploadId: string } | { kind: 'faulty'; rows: StillFaulty[] }>

export type FixRowsDeps = {
  uploads: Pick<UploadStore, 'ledger' | 'staging'>
  receiveUpload: ReceiveUpload
  rowMarks: RowMarks
}

/**
 * The name of the file with fixed rows. It contains the id of the upload that rejected them, so
 * that the file can be found by this id.
 */
export const fixedFileName = (uploadId: string): string => `fixed-${uploadId}.csv`

/**
 * How many rejected rows are read to find the rows to fix. The reading begins with the first row to
 * fix. A page of the console shows no more rows than this.
 */
const MOST_LOOKED = 500

const readRows = async (
  { uploads }: FixRowsDeps,
  upload: Upload,
  fixed: readonly FixedRow[],
): Promise<LedgerRow[]> => {
  const afterLine = Math.min(...fixed.map(({ line }) => line)) - 1
  const asked = { outcomes: ['rejected'], afterLine, limit: MOST_LOOKED }
  const lines = new Set(fixed.map(({ line }) => line))
  return (await uploads.ledger(upload.id, asked)).rows.filter(({ line }) => lines.has(line))
}

/**
 * The options for the fixed rows. Columns are mapped by name as before, whatever the format of the
 * original file. Options that concern a whole file are left out: overwriting the list, a start
 * time, and how the file was written.
 */
const optionsOf = (
  upload: Upload,
  given: UploadOptions,
  apply: UploadOptions['apply'],
): UploadOptions => {
  const { mode: _mode, confirmOverwrite: _confirmed, notBefore: _time, ...kept } = given
  const { encoding: _encoding, delimiter: _delimiter, hasHeader: _header, ...options } = kept
  const { columns } = upload
  const named = (kind: string) =>
    columns.filter((one) => subjectKindOf(one) === kind).map(({ name }) => name)
  const idColumn = columns.find(({ kind }) => kind === 'contactId')?.name
  return uploadOptionsSchema.parse({
    ...options,
    apply,
    mapping: Object.fromEntries(columns.map(({ name, mappedTo }) => [name, mappedTo])),
    phoneColumns: named('phone'),
    emailColumns: named('email'),
    ...(idColumn !== undefined && { contactIdColumn: idColumn }),
  })
}

type Written = { body: Buffer; lineOf: Map<number, number> }

/**
 * Returns a CSV file of the fixed rows and, for each of its lines, the line of the old upload. The
 * file has the guards of spreadsheets, because intake removes a guard from every CSV: a cell that
 * begins with an apostrophe would otherwise lose it.
 */
const writeFile = (
  { rowMarks: marks }: FixRowsDeps,
  { id, columns }: Upload,
  rows: readonly LedgerRow[],
  fixed: readonly FixedRow[],
): Written => {
  const csv = createLedgerCsv({ id, columns, delimiter: null, forSpreadsheet: true, marks })
  const changes = new Map(fixed.map(({ line, cells }) => [line, cells]))
  const parts = [csv.header]
  const lineOf = new Map<number, number>()
  let at = 1 + csv.header.split('\n').length - 1
  for (const row of rows) {
    const cells = columns.map((_, index) => {
      const changed = changes.get(row.line)?.get(index)
      return changed ?? row.cells[index] ?? ''
    })
    const text = csv.row({ ...row, cells })
    lineOf.set(at, row.line)
    at += text.split(/\r\n|\r|\n/u).length - 1
    parts.push(text)
  }
  return { body: Buffer.from(parts.join('')), lineOf }
}

const bytesOf = async function* (body: Buffer): AsyncGenerator<Uint8Array> {
  yield body
}

type Validated = { rejectedRows: StillFaulty[] }

/**
 * Sends fixed rows as a new upload. The name of its file contains the id of the upload that
 * rejected them. All rows are checked first. If a row is still faulty, nothing is sent and the
 * faults are returned, for at most 100 rows. Throws `rows-gone`, `nothing-to-retry`, and the
 * refusals of an upload.
 */
export const createFixRows =
  (deps: FixRowsDeps): FixRows =>
  async ({ caller, upload, rows: fixed, apply, steps, idempotencyKey }) => {
    const staging = await deps.uploads.staging(caller.tenantId, upload.id)
    if (staging?.rowsKept !== true) {
      throw new GatewayProblem(
        'rows-gone',
        'The rows of this upload were deleted at the end of their retention.',
      )
    }
    const rows = fixed.length === 0 ? [] : await readRows(deps, upload, fixed)
    if (rows.length === 0) {
      throw new GatewayProblem('nothing-to-retry', 'None of these rows was rejected.')
    }
    const { contactListId } = upload
    const { body, lineOf } = writeFile(deps, upload, rows, fixed)
    const request: Omit<UploadRequest, 'body' | 'validateOnly' | 'idempotencyKey'> = {
      ...{ caller, contactListId, steps, format: 'csv' },
      options: optionsOf(upload, staging.options, apply),
      fileName: fixedFileName(upload.id),
      ...{ method: 'POST', path: `/v1/contact-lists/${contactListId}/uploads` },
    }
    const only = { body: bytesOf(body), validateOnly: true, idempotencyKey: null }
    const checked = await deps.receiveUpload({ ...request, ...only })
    const { rejectedRows } = JSON.parse(checked.body) as Validated
    if (rejectedRows.length > 0) {
      const faulty = rejectedRows.map(({ line, faults }) => ({ line: lineOf.get(line)!, faults }))
      return { kind: 'faulty', rows: faulty }
    }
    const whole = { body: bytesOf(body), validateOnly: false, idempotencyKey }
    const answer = await deps.receiveUpload({ ...request, ...whole })
    return { kind: 'sent', uploadId: (JSON.parse(answer.body) as { id: string }).id }
  }
