import type { z } from 'zod'

import type { CampaignSegment } from '../../../domain/segments/campaign-segment.ts'
import type { Leaf } from '../../../domain/segments/segment.ts'
import type { segmentSchema } from './segment-schemas.ts'

/**
 * The exclusions of the configuration. `by` distinguishes them from the exclusions of the caller.
 */
export const houseOf = (house: readonly Leaf[]) =>
  house.map((leaf) => ({ ...leaf, by: 'house' as const }))

/** A version as callers see it. */
export const renderSegment = (segment: CampaignSegment): z.output<typeof segmentSchema> => ({
  campaignId: segment.campaignId,
  version: segment.version,
  state: segment.state,
  hold: segment.hold,
  waitingFor: segment.waitingFor,
  ruleCount: segment.compiled.ruleCount,
  definition: segment.sent,
  house: houseOf(segment.house),
  analysis: segment.analysis,
  compiled: { ...segment.compiled.body },
  indexStatus: segment.indexStatus,
  problem: segment.problem,
  latencyMs: segment.latencyMs,
  createdAt: segment.createdAt,
  updatedAt: segment.updatedAt,
  appliedAt: segment.appliedAt,
})
