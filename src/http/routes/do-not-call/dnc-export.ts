import { Readable } from 'node:stream'

import { guardCell } from '../../../intake/formats/cell-guard.ts'
import { csvCell } from '../../../intake/formats/ledger-csv.ts'
import type { ExportedEntry } from '../../../workflows/ports/do-not-call/submissions.ts'
import type { AddRoute } from '../../server/route.ts'
import { wantsCsv } from '../../submissions/ledger-pages.ts'
import { checkDncListGranted, checkDncListKnown } from './dnc-access.ts'
import { EXPORT_EXAMPLES } from './dnc-examples.ts'
import { dncListParamsSchema } from './dnc-schemas.ts'

const COLUMNS = [
  'phoneNumber',
  'email',
  'reason',
  'originalReason',
  'source',
  'receivedAt',
  'expiresAt',
  'contactListIds',
] as const

/**
 * The fields of an entry, with the names that a caller uses to send them. Fields without a value
 * are left out.
 */
const fieldsOf = ({ kind, subject, terms }: ExportedEntry) => {
  const { reason, originalReason, source, receivedAt, expiresAt, contactListIds } = terms
  return {
    ...(kind === 'phone' ? { phoneNumber: subject } : { email: subject }),
    reason,
    ...(originalReason !== null && { originalReason }),
    ...(source !== null && { source }),
    ...(receivedAt !== null && { receivedAt }),
    ...(expiresAt !== null && { expiresAt }),
    ...(contactListIds !== null && { contactListIds }),
  }
}

/** One line of NDJSON. */
export const ndjsonLine = (entry: ExportedEntry): string => `${JSON.stringify(fieldsOf(entry))}\n`

/**
 * The columns with text that somebody outside the gateway can choose freely. A mark before the text
 * keeps a spreadsheet from running it as a formula. Intake removes the mark.
 */
const GUARDED: readonly string[] = ['email', 'originalReason', 'source']

/** One line of CSV, with the columns of `csvHeader`. */
export const csvLine = (entry: ExportedEntry): string => {
  const fields: Partial<Record<string, string | readonly string[]>> = fieldsOf(entry)
  const cells = COLUMNS.map((name) => {
    const cell = [fields[name] ?? ''].flat().join(',')
    return csvCell(GUARDED.includes(name) ? guardCell(cell) : cell)
  })
  return `${cells.join(',')}\r\n`
}

export const csvHeader = `${COLUMNS.join(',')}\r\n`

/**
 * The entries as text, read no faster than the caller takes them. Reads the first entries before it
 * returns, so that an error there can still be answered with a problem.
 */
const streamOf = async (
  entries: AsyncGenerator<readonly ExportedEntry[], void>,
  header: string,
  lineOf: (entry: ExportedEntry) => string,
): Promise<Readable> => {
  const first = await entries.next()
  const text = async function* (): AsyncGenerator<string> {
    try {
      if (header !== '') yield header
      for (let found = first; found.done !== true; found = await entries.next()) {
        yield found.value.map(lineOf).join('')
      }
    } finally {
      await entries.return(undefined)
    }
  }
  return Readable.from(text(), { objectMode: false })
}

/** GET /v1/dnc-lists/{dncListId}/entries/export. */
export const registerDncExport = (add: AddRoute): void => {
  add({
    access: { scope: 'dnc' },
    tag: 'do-not-call',
    method: 'GET',
    url: '/v1/dnc-lists/:dncListId/entries/export',
    // With a HEAD route, a HEAD would read every entry only to discard it.
    exposeHeadRoute: false,
    id: 'exportDncEntries',
    summary:
      'Export the entries in force. If the entries of one person apply to different sets of contact lists, the person has several lines. You can send the exported file to the gateway again, as a file of entries',
    params: dncListParamsSchema,
    answers: {
      200: {
        about: 'NDJSON. CSV if Accept is text/csv',
        mediaTypes: ['application/x-ndjson', 'text/csv'],
        headers: ['Content-Disposition', 'Vary'],
      },
    },
    problems: ['not-found'],
    examples: EXPORT_EXAMPLES,
    handler: async (request, reply, deps) => {
      const { dncListId } = request.params
      const { tenantId } = request.caller!
      await checkDncListGranted(deps, request.caller!, dncListId)
      await checkDncListKnown(deps, dncListId)
      const entries = deps.dncSubmissions.exportEntries(tenantId, dncListId)
      const csv = wantsCsv(request)
      const [header, lineOf] = csv ? [csvHeader, csvLine] : ['', ndjsonLine]
      return reply
        .header('vary', 'Accept')
        .header('content-type', csv ? 'text/csv; charset=utf-8' : 'application/x-ndjson')
        .header('content-disposition', `attachment; filename="entries.${csv ? 'csv' : 'ndjson'}"`)
        .send(await streamOf(entries, header, lineOf))
    },
  })
}
