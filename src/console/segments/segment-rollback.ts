import { z } from 'zod'

import { GatewayProblem } from '../../domain/problems/problem.ts'
import type { AnalysisReport, CampaignSegment } from '../../domain/segments/campaign-segment.ts'
import { readDefinition } from '../../domain/segments/read-definition.ts'
import type { ConfirmReason } from '../../workflows/segments/confirm-reasons.ts'
import { filled } from '../frame/fields.ts'
import { form, type View } from '../frame/page.ts'
import { ENGLISH } from '../texts/texts.ts'
import { reasonWords } from './segment-edit.ts'
import { campaignParams, placeOf } from './segment-pages.ts'
import { analysisModel } from './segment-words.ts'

const { segments: words } = ENGLISH

/** The page that shows the effect of a rollback and asks for a confirmation. */
const confirmView = (
  earlier: { campaignId: string; version: number; once: string },
  { about }: GatewayProblem,
  definition: Pick<CampaignSegment, 'definition' | 'house'>,
): View => {
  const analysis = about['analysis'] as AnalysisReport
  return {
    title: words.rollback.title,
    template: '/segments/segment-confirm',
    model: {
      ...earlier,
      at: placeOf(earlier.campaignId),
      preview: {
        ...analysisModel({ ...definition, analysis }),
        reasons: reasonWords(about['reasons'] as ConfirmReason[]),
        confirm: analysis.digest,
      },
    },
  }
}

/**
 * Puts an earlier version in force again, as a new version. The gateway analyses the rules again,
 * because the contacts may have changed since.
 */
export const SEGMENT_ROLLBACK = form({
  at: '/segments/:campaignId/rollback',
  scope: 'segments',
  params: campaignParams,
  form: z.strictObject({
    version: z.coerce.number().int().min(1).max(2_147_483_647),
    once: z.uuid(),
    confirm: filled(z.string().regex(/^[\w-]{1,100}$/u)),
  }),
  act: async ({ deps, caller, params: { campaignId }, form: { version, once, confirm } }) => {
    try {
      await deps.rollBackSegment(
        { caller, campaignId, version, confirm: confirm ?? null, read: readDefinition },
        {
          ...{ idempotencyKey: once, method: 'POST', expected: null },
          path: `/v1/campaigns/${campaignId}/segment/rollback`,
        },
      )
    } catch (error) {
      if (!(error instanceof GatewayProblem) || error.code !== 'segment-needs-confirm') throw error
      const { definition, house } = await deps.readSegments.version(caller, campaignId, version)
      const about = { campaignId, version, once: deps.ids.newUuid() }
      return confirmView(about, error, { definition, house })
    }
    return { goTo: placeOf(campaignId), said: 'segmentRolledBack' }
  },
})
