import { z } from 'zod'

import { hasScope } from '../../../domain/access/access.ts'
import { GatewayProblem, PROBLEMS } from '../../../domain/problems/problem.ts'
import type { Upload } from '../../../domain/uploads/upload.ts'
import { fixedFileName } from '../../../workflows/uploads/control/fix-rows.ts'
import { checkMayReveal } from '../../../workflows/uploads/watch/reveal-cells.ts'
import { form, page, type View, type Visit } from '../../frame/page.ts'
import { type ProblemWords, problemWords } from '../../frame/problem-words.ts'
import { ENGLISH, fill } from '../../texts/texts.ts'
import { uploadOfGrantedList, uploadParams, uploadWithRows } from '../own-upload.ts'
import { changedRows, type FixForm, fixFormSchema, typedCells } from './fix-form.ts'
import { fixModel, type NewFaults } from './fix-model.ts'

/**
 * The most rows of a page. A page of wide rows has fewer rows, because a row that is faulty as a
 * whole needs a field for each column.
 */
const MOST_ROWS = 20
const MOST_CELLS = 600
const SHOWN_EARLIER = 5

const { fix: words } = ENGLISH

type Asking = Pick<Visit, 'deps' | 'caller'>

const rowsOf = ({ deps }: Pick<Visit, 'deps'>, upload: Upload, after: number) => {
  const width = Math.max(1, upload.columns.length)
  const limit = Math.max(1, Math.min(MOST_ROWS, Math.floor(MOST_CELLS / width)))
  return deps.uploads.ledger(upload.id, { outcomes: ['rejected'], afterLine: after, limit })
}

const sentBefore = async ({ deps, caller }: Asking, upload: Upload): Promise<Upload[]> => {
  const asked = { limit: SHOWN_EARLIER, cursor: null, fileName: fixedFileName(upload.id) }
  return (await deps.uploads.list(caller.tenantId, asked))?.items ?? []
}

type Shown = {
  found: Awaited<ReturnType<typeof rowsOf>>
  after: number
  revealed: boolean
  typed?: ReadonlyMap<string, string>
  faults?: NewFaults
  apply?: 'manual' | 'auto'
  key?: string
  problem?: ProblemWords
  status?: number
}

const viewOf = async (asking: Asking, upload: Upload, shown: Shown): Promise<View> => {
  const { found, after, revealed, typed = new Map(), faults = new Map(), apply = 'auto' } = shown
  const { key = asking.deps.ids.newUuid(), problem = null, status = 200 } = shown
  const sent = await sentBefore(asking, upload)
  const model = fixModel(upload, found, { after, revealed, typed, faults, apply, sent })
  return {
    title: fill(words.title, { name: model.name }),
    template: '/uploads/rows/fix',
    status,
    model: {
      fix: model,
      mayReveal: hasScope(asking.caller.scopes, 'cells:reveal'),
      ...{ key, problem },
    },
  }
}

const after = z.coerce.number().int().min(0).max(2_000_000_000).default(0)

/** Rejected rows, to be fixed cell by cell. */
export const UPLOAD_FIX = page({
  at: '/uploads/:uploadId/rows/fix',
  scope: 'uploads',
  params: uploadParams,
  query: z.strictObject({ after }),
  load: async (visit) => {
    const upload = await uploadWithRows(visit)
    const found = await rowsOf(visit, upload, visit.query.after)
    return viewOf(visit, upload, { found, after: visit.query.after, revealed: false })
  },
})

/** Shows the page once with the real cells. */
export const UPLOAD_FIX_REVEAL = form({
  at: '/uploads/:uploadId/rows/fix/reveal',
  scope: 'uploads',
  params: uploadParams,
  form: z.strictObject({ after }),
  act: async (visit) => {
    const { deps, caller, form: asked } = visit
    checkMayReveal(caller)
    const upload = await uploadWithRows(visit)
    const found = await rowsOf(visit, upload, asked.after)
    const rows = await deps.revealCells({ caller, uploadId: upload.id, rows: found.rows })
    const shown = { ...found, rows: [...rows] }
    return viewOf(visit, upload, { found: shown, after: asked.after, revealed: true })
  },
})

type Sent = Visit<z.output<typeof uploadParams>, unknown, FixForm>

/** Shows the page again with everything that the user typed, and with the faults beside it. */
const again = async (
  visit: Sent,
  upload: Upload,
  found: Shown['found'],
  about: Pick<Shown, 'faults' | 'problem' | 'status'>,
): Promise<View> => {
  const { form: asked, deps, caller } = visit
  const revealed = asked.revealed === 'yes'
  if (revealed) await deps.revealCells({ caller, uploadId: upload.id, rows: found.rows })
  const { apply, key } = asked
  const typed = typedCells(asked)
  return viewOf(visit, upload, { found, after: asked.after, revealed, typed, apply, key, ...about })
}

const problemOf = (heading: string, hint: string, detail = words.notSent): ProblemWords => ({
  ...{ code: 'rows-not-sent', heading, detail, hint },
})

/**
 * Sends only the changed rows, as a new upload that refers to the upload with the rejected rows.
 */
export const UPLOAD_FIX_SEND = form({
  at: '/uploads/:uploadId/rows/fix/send',
  scope: 'uploads',
  params: uploadParams,
  form: fixFormSchema,
  act: async (visit) => {
    const { deps, caller, form: asked } = visit
    await uploadOfGrantedList(visit)
    const upload = await uploadWithRows(visit)
    const found = await rowsOf(visit, upload, asked.after)
    const rows = changedRows(asked, new Map(found.rows.map(({ line, cells }) => [line, cells])))
    if (rows.length === 0) {
      const problem = problemOf(words.nothingChanged, words.nothingChangedHint, '')
      return again(visit, upload, found, { problem, status: 422 })
    }
    try {
      const result = await deps.fixRows({
        ...{ caller, upload, rows, apply: asked.apply },
        ...{ steps: deps.judgeContacts, idempotencyKey: `console-${asked.key}` },
      })
      if (result.kind === 'sent')
        return { goTo: `/console/uploads/${result.uploadId}`, said: 'fixed' }
      const faults = new Map(result.rows.map(({ line, faults: all }) => [line, all]))
      const heading = fill(words.stillFaulty, { count: faults.size })
      const problem = problemOf(heading, words.stillFaultyHint)
      return await again(visit, upload, found, { faults, problem, status: 422 })
    } catch (error) {
      if (!(error instanceof GatewayProblem)) throw error
      const problem = problemWords(deps.problemFor(error, visit.request))
      return again(visit, upload, found, { problem, status: PROBLEMS[error.code].status })
    }
  },
})
