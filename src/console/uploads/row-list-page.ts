import { z } from 'zod'

import { gatewayIdSchema } from '../../domain/ids/ids.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import { ROW_OUTCOMES, type RowOutcome, type Upload } from '../../domain/uploads/upload.ts'
import type { LedgerRow } from '../../workflows/ports/uploads/uploads.ts'
import { page } from '../frame/page.ts'
import { ENGLISH, fill } from '../texts/texts.ts'
import { type CodeWords, rowCodeWords } from './upload-words.ts'

const PAGE_ROWS = 50

const params = z.strictObject({ uploadId: gatewayIdSchema })
const query = z.strictObject({
  outcome: z.preprocess(
    (value) => (value === '' ? undefined : value),
    z.enum(ROW_OUTCOMES).optional(),
  ),
  after: z.coerce.number().int().min(0).default(0),
})

type RowLine = {
  line: number
  outcome: string
  contactId: string | null
  column: string | null
  words: CodeWords | null
}

const lineOf = (row: LedgerRow): RowLine => ({
  line: row.line,
  outcome: ENGLISH.rows.outcomes[row.outcome as RowOutcome] ?? row.outcome,
  contactId: row.contactId,
  column: row.column,
  words: row.code === null ? null : rowCodeWords(row.code),
})

const linkOf = (uploadId: string, outcome: RowOutcome | undefined, after: number): string => {
  const narrowed = outcome === undefined ? '' : `outcome=${outcome}&`
  return `/console/uploads/${uploadId}/rows?${narrowed}after=${after}`
}

/** The rows of an upload as its page shows them: no cells, only what became of each. */
export const rowListModel = (
  upload: Upload,
  found: { rows: LedgerRow[]; nextLine: number | null },
  asked: z.output<typeof query>,
) => ({
  uploadId: upload.id,
  name: upload.source.fileName ?? upload.id,
  outcome: asked.outcome ?? null,
  outcomes: ROW_OUTCOMES.map((outcome) => ({ outcome, label: ENGLISH.rows.outcomes[outcome] })),
  lines: found.rows.map(lineOf),
  first: asked.after > 0 ? linkOf(upload.id, asked.outcome, 0) : null,
  next: found.nextLine === null ? null : linkOf(upload.id, asked.outcome, found.nextLine),
})

/** What became of every row, in the order of the file. */
export const UPLOAD_ROWS = page({
  at: '/uploads/:uploadId/rows',
  scope: 'uploads',
  params,
  query,
  load: async ({ deps, caller, params: { uploadId }, query: asked }) => {
    const upload = await deps.uploads.find(caller.tenantId, uploadId)
    if (upload === null) throw new GatewayProblem('not-found', ENGLISH.upload.unknown)
    const outcomes = asked.outcome === undefined ? [] : [asked.outcome]
    const wanted = { outcomes, afterLine: asked.after, limit: PAGE_ROWS }
    const staging = await deps.uploads.staging(caller.tenantId, uploadId)
    if (staging?.rowsKept !== true) throw new GatewayProblem('rows-gone', ENGLISH.rows.gone)
    const found = await deps.uploads.ledger(uploadId, wanted)
    const model = rowListModel(upload, found, asked)
    return {
      title: fill(ENGLISH.rows.title, { name: model.name }),
      template: '/uploads/row-list',
      model: { list: model },
    }
  },
})
