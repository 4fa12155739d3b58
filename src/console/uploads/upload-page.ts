import { z } from 'zod'

import { gatewayIdSchema } from '../../domain/ids/ids.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import type { Upload } from '../../domain/uploads/upload.ts'
import { CONTROL_ACTIONS } from '../../workflows/ports/uploads/uploads.ts'
import { RETRY_OUTCOMES } from '../../workflows/uploads/control/retry-rows.ts'
import { nextLook } from '../frame/live.ts'
import { form, page, type Visit } from '../frame/page.ts'
import { ENGLISH } from '../texts/texts.ts'
import { uploadModel } from './upload-model.ts'

const params = z.strictObject({ uploadId: gatewayIdSchema })
type Params = z.output<typeof params>

const unknown = (): GatewayProblem => new GatewayProblem('not-found', ENGLISH.upload.unknown)

/** The visitor's upload; another tenant's is unknown. */
const ownUpload = async ({
  deps,
  caller,
  params: { uploadId },
}: Visit<Params>): Promise<Upload> => {
  const upload = await deps.uploads.find(caller.tenantId, uploadId)
  if (upload === null) throw unknown()
  return upload
}

/** What sends rows asks for the grant anew. */
const uploadOfGrantedList = async (visit: Visit<Params>): Promise<Upload> => {
  const upload = await ownUpload(visit)
  const { deps, caller } = visit
  if (await deps.access.isGranted(caller.tenantId, 'contact_list', upload.contactListId))
    return upload
  throw unknown()
}

const viewOf = (upload: Upload, look: number | null, template: string) => {
  const model = uploadModel(upload)
  return {
    title: model.name,
    template,
    model: { upload: model, live: model.ended ? null : nextLook(look) },
  }
}

export const UPLOAD = page({
  at: '/uploads/:uploadId',
  scope: 'uploads',
  params,
  load: async (visit) => viewOf(await ownUpload(visit), null, '/uploads/upload'),
})

/** The part that moves: looked at again soon after it moved, and less often while it does not. */
export const UPLOAD_LIVE = page({
  at: '/uploads/:uploadId/live',
  scope: 'uploads',
  part: true,
  params,
  query: z.object({
    look: z.coerce.number().int().min(0).max(1_000).catch(0),
    seen: z.coerce.number().int().catch(0),
  }),
  load: async (visit) => {
    const upload = await ownUpload(visit)
    const look = upload.version === visit.query.seen ? visit.query.look : null
    return viewOf(upload, look, '/uploads/upload-live')
  },
})

const placeOf = (uploadId: string): string => `/console/uploads/${uploadId}`

export const UPLOAD_MOVE = form({
  at: '/uploads/:uploadId/move',
  scope: 'uploads',
  params,
  form: z.strictObject({ action: z.enum(CONTROL_ACTIONS) }),
  act: async ({ deps, caller, params: { uploadId }, form: { action } }) => {
    await deps.controlUpload({ caller, uploadId, action })
    return { goTo: placeOf(uploadId), said: action }
  },
})

export const UPLOAD_APPLY = form({
  at: '/uploads/:uploadId/apply',
  scope: 'uploads',
  params,
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
  params,
  form: z.strictObject({
    outcome: z.union([outcomeSchema.transform((one) => [one]), z.array(outcomeSchema)]),
    /** Made with the page: a button that is pressed twice retries once. */
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
