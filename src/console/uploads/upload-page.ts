import { Readable } from 'node:stream'

import { z } from 'zod'

import type { Upload } from '../../domain/uploads/upload.ts'
import { CONTROL_ACTIONS } from '../../workflows/ports/uploads/uploads.ts'
import { RETRY_OUTCOMES } from '../../workflows/uploads/control/retry-rows.ts'
import { lookQueryWithSeen, type NextLook, nextLook } from '../frame/live.ts'
import { form, page, type Visit } from '../frame/page.ts'
import { seenUpload, uploadOfGrantedList, uploadParams } from './own-upload.ts'
import { rowListModel } from './rows/row-list-model.ts'
import { foreignTenant } from './tenant-choice.ts'
import { timelineOf } from './timeline.ts'
import { uploadModel } from './upload-model.ts'

type Asking = Pick<Visit, 'deps' | 'caller'>

const viewOf = async (asking: Asking, upload: Upload, next: NextLook, template: string) => {
  const [history, tenant] = await Promise.all([
    timelineOf(asking, upload),
    foreignTenant(asking, upload),
  ])
  const model = uploadModel(upload, history, tenant)
  return {
    title: model.name,
    template,
    model: { upload: model, live: model.ended ? null : next },
  }
}

const SHOWN_REJECTIONS = 5

/**
 * The first rejected rows, with masked cells. They no longer change, so the live part does not
 * contain them.
 */
const firstRejected = async ({ deps, caller }: Asking, upload: Upload) => {
  if (upload.counts.rejected === 0 || upload.tenantId !== caller.tenantId) return []
  const asked = { outcomes: ['rejected'], afterLine: 0, limit: SHOWN_REJECTIONS }
  const { rows } = await deps.uploads.ledger(upload.id, asked)
  const found = { rows, nextLine: null, cutShort: false }
  return rowListModel(upload, found, { filter: {}, after: 0, revealed: false }).lines
}

export const UPLOAD = page({
  at: '/uploads/:uploadId',
  scope: 'uploads',
  params: uploadParams,
  load: async (visit) => {
    const upload = await seenUpload(visit)
    const view = await viewOf(visit, upload, nextLook(null), '/uploads/upload')
    return { ...view, model: { ...view.model, firstRejected: await firstRejected(visit, upload) } }
  },
})

/** The part that the page reloads: soon after a change, and less often while nothing changes. */
export const UPLOAD_LIVE = page({
  at: '/uploads/:uploadId/live',
  scope: 'uploads',
  part: true,
  params: uploadParams,
  query: lookQueryWithSeen,
  load: async (visit) => {
    const upload = await seenUpload(visit)
    const next = nextLook(visit.query.look, upload.version !== visit.query.seen)
    return viewOf(visit, upload, next, '/uploads/upload-live')
  },
})

const placeOf = (uploadId: string): string => `/console/uploads/${uploadId}`

export const UPLOAD_MOVE = form({
  at: '/uploads/:uploadId/move',
  scope: 'uploads',
  params: uploadParams,
  form: z.strictObject({ action: z.enum(CONTROL_ACTIONS) }),
  act: async ({ deps, caller, params: { uploadId }, form: { action } }) => {
    await deps.controlUpload({ caller, uploadId, action })
    return { goTo: placeOf(uploadId), said: action }
  },
})

export const UPLOAD_APPLY = form({
  at: '/uploads/:uploadId/apply',
  scope: 'uploads',
  params: uploadParams,
  form: z.strictObject({ plan: z.string().max(200) }),
  act: async (visit) => {
    const { id: uploadId } = await uploadOfGrantedList(visit)
    const { deps, caller, form: agreed } = visit
    await deps.applyUpload({ caller, uploadId, planDigests: [agreed.plan] })
    return { goTo: placeOf(uploadId), said: 'apply' }
  },
})

const outcomeSchema = z.enum(RETRY_OUTCOMES)

export const UPLOAD_RETRY = form({
  at: '/uploads/:uploadId/retry',
  scope: 'uploads',
  params: uploadParams,
  form: z.strictObject({
    outcome: z.union([outcomeSchema.transform((one) => [one]), z.array(outcomeSchema)]),
    /** Made with the page, so that a button that is pressed twice retries once. */
    once: z.string().min(8).max(100),
  }),
  act: async (visit) => {
    const { id: uploadId } = await uploadOfGrantedList(visit)
    const { deps, caller, form: asked } = visit
    const answer = await deps.retryUpload({
      ...{ caller, uploadId, outcomes: asked.outcome, idempotencyKey: `console-${asked.once}` },
      ...{ method: 'POST', path: `/v1/uploads/${uploadId}/retry` },
    })
    const { id } = JSON.parse(answer.body) as { id: string }
    return { goTo: placeOf(id), said: 'retry' }
  },
})

/**
 * The entries and registries that the rows were checked against, as one signed text that anyone can
 * verify offline.
 */
export const UPLOAD_CERTIFICATE = form({
  at: '/uploads/:uploadId/certificate',
  scope: 'uploads',
  params: uploadParams,
  act: async ({ deps, caller, params: { uploadId } }) => {
    const text = await deps.issueCertificate(caller, uploadId)
    return {
      download: {
        name: `${uploadId}-scrub-certificate.json`,
        type: 'application/json; charset=utf-8',
        body: Readable.from([text], { objectMode: false }),
      },
    }
  },
})
