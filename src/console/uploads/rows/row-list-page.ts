import { Readable } from 'node:stream'

import { z } from 'zod'

import { hasScope } from '../../../domain/access/access.ts'
import { GatewayProblem } from '../../../domain/problems/problem.ts'
import { ROW_OUTCOMES, type Upload } from '../../../domain/uploads/upload.ts'
import { ifKept } from '../../../workflows/ports/uploads/uploads.ts'
import { checkMayReveal } from '../../../workflows/uploads/watch/reveal-cells.ts'
import type { RowsSearched } from '../../../workflows/uploads/watch/search-rows.ts'
import { writeLedger } from '../../../workflows/uploads/watch/write-ledger.ts'
import { filled } from '../../frame/fields.ts'
import { form, page, type View, type Visit } from '../../frame/page.ts'
import { ENGLISH, fill } from '../../texts/texts.ts'
import { uploadParams, uploadWithRows } from '../own-upload.ts'
import { type RowFilter, rowListModel } from './row-list-model.ts'

const PAGE_ROWS = 50

const line = z.coerce.number().int().min(0).max(2_000_000_000)
const filterFields = {
  outcome: filled(z.enum(ROW_OUTCOMES)),
  code: filled(
    z
      .string()
      .trim()
      .regex(/^[A-Za-z][\w.-]{0,63}$/u),
  ),
  from: filled(line),
  to: filled(line),
}
const afterField = z.preprocess((value) => (value === '' ? undefined : value), line.default(0))
const query = z.strictObject({ ...filterFields, after: afterField })
type Query = z.output<typeof query>

const search = (
  { deps }: Pick<Visit, 'deps'>,
  upload: Upload,
  { outcome, code, from, to, after }: Query,
): Promise<RowsSearched> =>
  deps.searchRows.list(upload, {
    ...{ outcome: outcome ?? null, code: code ?? null, toLine: to ?? null },
    afterLine: Math.max(after, (from ?? 1) - 1),
    limit: PAGE_ROWS,
  })

const viewOf = (
  { caller }: Pick<Visit, 'caller'>,
  model: ReturnType<typeof rowListModel>,
): View => ({
  title: fill(ENGLISH.rows.title, { name: model.name }),
  template: '/uploads/rows/row-list',
  model: { list: model, mayReveal: hasScope(caller.scopes, 'cells:reveal') },
})

const filterOf = ({ after: _after, ...filter }: Query): RowFilter => filter

/** The outcome of every row, in the order of the file. */
export const UPLOAD_ROWS = page({
  at: '/uploads/:uploadId/rows',
  scope: 'uploads',
  params: uploadParams,
  query,
  load: async (visit) => {
    const upload = await uploadWithRows(visit)
    const { query: asked } = visit
    const found = await search(visit, upload, asked)
    const about = { filter: filterOf(asked), after: asked.after, revealed: false }
    return viewOf(visit, rowListModel(upload, found, about))
  },
})

/** Shows the page once with the real cells. The audit trail records who saw which lines. */
export const UPLOAD_ROWS_REVEAL = form({
  at: '/uploads/:uploadId/rows/reveal',
  scope: 'uploads',
  params: uploadParams,
  form: z.strictObject({
    ...filterFields,
    after: afterField,
    contactId: filled(z.string().max(128)),
  }),
  act: async (visit) => {
    const { deps, caller, form: asked } = visit
    checkMayReveal(caller)
    const upload = await uploadWithRows(visit)
    const { contactId, ...narrowed } = asked
    const found =
      contactId === undefined
        ? await search(visit, upload, narrowed)
        : await deps.searchRows.ofContact(upload, contactId)
    const rows = await deps.revealCells({ caller, uploadId: upload.id, rows: found.rows })
    const about = {
      ...{ filter: filterOf(narrowed), after: asked.after, revealed: true },
      ...(contactId !== undefined && { contactId }),
    }
    return viewOf(visit, rowListModel(upload, { ...found, rows: [...rows] }, about))
  },
})

/** The rows of one contact. A POST, because the id may be personal and must not appear in a URL. */
export const UPLOAD_ROWS_FIND = form({
  at: '/uploads/:uploadId/rows/find',
  scope: 'uploads',
  params: uploadParams,
  form: z.strictObject({ contactId: z.string().trim().min(1).max(128) }),
  act: async (visit) => {
    const upload = await uploadWithRows(visit)
    const { contactId } = visit.form
    const found = await visit.deps.searchRows.ofContact(upload, contactId)
    const about = { filter: {}, after: 0, contactId, revealed: false }
    return viewOf(visit, rowListModel(upload, found, about))
  },
})

/**
 * The rejected rows as a CSV file, as the API returns it. The user fixes the file and uploads it
 * again.
 */
export const UPLOAD_ROWS_FILE = form({
  at: '/uploads/:uploadId/rows/file',
  scope: 'uploads',
  params: uploadParams,
  act: async (visit) => {
    const { deps, caller } = visit
    checkMayReveal(caller)
    const upload = await uploadWithRows(visit)
    const asked = { outcomes: ['rejected'], afterLine: 0, forSpreadsheet: true } as const
    const text = await ifKept(writeLedger(deps, upload, asked))
    if (text === null) throw new GatewayProblem('rows-gone', ENGLISH.rows.gone)
    await deps.revealCells({ caller, uploadId: upload.id, rows: [], all: upload.counts.rejected })
    return {
      download: {
        name: `${upload.id}-rejected.csv`,
        type: 'text/csv; charset=utf-8',
        body: Readable.from(text, { objectMode: false }),
      },
    }
  },
})
