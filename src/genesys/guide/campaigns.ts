import { z } from 'zod'

import type { CompiledSegment } from '../../domain/segments/compiled-segment.ts'
import { canonicalJson } from '../../lib/canonical-json.ts'
import { sha256Hex } from '../../lib/digest.ts'
import type { GuideCampaign, GuideCampaignPort } from '../../workflows/ports/segments/campaigns.ts'
import { pathSegment } from '../calls/path-segment.ts'
import type { Caller } from '../calls/retry.ts'
import { compileGuideSegment } from './segment-rules.ts'

/**
 * `indexStatus` may have values that the gateway does not know. The gateway sends rules only if it
 * is `ready` [guide-api: Campaign segments].
 */
const campaignSchema = z.looseObject({
  id: z.string(),
  rules: z.array(z.unknown()).nullish(),
  indexStatus: z.string().nullish(),
})

const digestOf = (rules: unknown): string => sha256Hex(canonicalJson(rules))

const campaignOf = (wire: z.infer<typeof campaignSchema>): GuideCampaign => ({
  indexReady: wire.indexStatus === 'ready',
  rulesDigest: digestOf(wire.rules ?? []),
})

/**
 * Campaigns in the guide dialect [guide-004]. One call replaces all rules. Genesys rebuilds the
 * index afterwards.
 */
export const createGuideCampaigns = (deps: { call: Caller }): GuideCampaignPort => {
  const pathOf = (campaignId: string): string =>
    `/api/v2/outbound/campaigns/${pathSegment(campaignId)}`
  return {
    dialect: 'guide',
    reading: 'positive',
    compile: compileGuideSegment,
    rulesDigestOf: ({ body }: CompiledSegment) => digestOf(body['rules']),
    readCampaign: async (campaignId, context) =>
      campaignOf(
        await deps.call(
          {
            operation: 'read-campaign',
            method: 'GET',
            path: pathOf(campaignId),
            schema: campaignSchema,
            right: 'outbound:campaign:view',
          },
          context,
        ),
      ),
    putRules: async (campaignId, { compiled, dialingMode, useOnlyOnce }, context) =>
      campaignOf(
        await deps.call(
          {
            operation: 'write-campaign-rules',
            method: 'PATCH',
            path: pathOf(campaignId),
            body: Buffer.from(
              JSON.stringify({
                ...compiled.body,
                ...(dialingMode === null ? {} : { dialingMode }),
                ...(useOnlyOnce === null ? {} : { useOnlyOnce }),
              }),
            ),
            schema: campaignSchema,
            right: 'outbound:campaign:edit',
            rows: true,
          },
          context,
        ),
      ),
  }
}
