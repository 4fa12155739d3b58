import { GenesysFailure } from '../../../domain/genesys/genesys-failure.ts'
import type { GuideCampaign, GuideCampaignPort } from '../../ports/segments/campaigns.ts'
import {
  audited,
  contextOf,
  goOn,
  nextLookMs,
  progressed,
  released,
  sentSinceMs,
  step,
  succeed,
  waitForCampaign,
  type SegmentRun,
} from './segment-run.ts'

/**
 * Applies the newest version to a campaign of the guide dialect. A request replaces all rules, so
 * sending the same rules twice has no second effect. Nevertheless, after an unknown outcome the
 * rules are read first, because another person may have changed the campaign meanwhile. Returns the
 * milliseconds until the next check. null: the version is applied.
 */
export const applyToGuide = async (
  run: SegmentRun,
  campaigns: GuideCampaignPort,
): Promise<number | null> => {
  const { campaignId } = run.segment
  const campaign = await campaigns.readCampaign(campaignId, contextOf(run))
  await goOn(run)
  if (run.segment.progress.step === 'sent') return lookAtIndex(run, campaign)
  if (run.segment.progress.step === 'sending' && isThere(run, campaigns, campaign)) {
    return taken(run, campaign)
  }
  if (!campaign.indexReady) return waitForCampaign(run, 'index')
  await step(run, {
    waitingFor: null,
    progress: progressed(run, { step: 'sending' }),
    audit: [audited(run, 'segment.sent', { outcome: 'intended' })],
  })
  return send(run, campaigns)
}

/**
 * Whether the campaign already has the rules of this version. `dialingMode` and `useOnlyOnce`
 * cannot be read from Genesys, so a version that sets one of them is sent again.
 */
const isThere = (
  { segment: { compiled, definition } }: SegmentRun,
  campaigns: GuideCampaignPort,
  campaign: GuideCampaign,
): boolean =>
  definition.dialingMode === null &&
  definition.useOnlyOnce === null &&
  campaign.rulesDigest === campaigns.rulesDigestOf(compiled)

const send = async (run: SegmentRun, campaigns: GuideCampaignPort): Promise<number | null> => {
  const { campaignId, compiled, definition } = run.segment
  const { dialingMode, useOnlyOnce } = definition
  try {
    const change = { compiled, dialingMode, useOnlyOnce }
    return await taken(run, await campaigns.putRules(campaignId, change, contextOf(run)))
  } catch (error) {
    // Another person has changed the campaign since it was read, so Genesys is rebuilding its
    // index.
    if (!(error instanceof GenesysFailure) || error.kind !== 'conflict') throw error
    return waitForCampaign(run, 'index')
  }
}

const taken = async (run: SegmentRun, campaign: GuideCampaign): Promise<number | null> => {
  const sentAt = run.deps.clock.now().toISOString()
  await step(run, {
    ...released(run),
    inForce: true,
    waitingFor: campaign.indexReady ? null : 'index',
    indexStatus: campaign.indexReady ? 'ready' : 'processing',
    progress: progressed(run, { step: 'sent', sentAt, busySince: null, looks: 0 }),
  })
  if (!campaign.indexReady) return nextIndexLookMs(run)
  await succeed(run, 'ready')
  return null
}

/**
 * The wait until the index is checked again. One check is made exactly when `indexWaitMs` ends, so
 * that a late index is reported in time.
 */
const nextIndexLookMs = (run: SegmentRun): number => {
  const lookMs = nextLookMs(run.segment.progress)
  const leftMs = run.deps.indexWaitMs - sentSinceMs(run)
  return leftMs > 0 ? Math.min(lookMs, leftMs) : lookMs
}

const lookAtIndex = async (run: SegmentRun, campaign: GuideCampaign): Promise<number | null> => {
  if (campaign.indexReady) {
    await succeed(run, 'ready')
    return null
  }
  const { progress, state } = run.segment
  await step(run, { progress: progressed(run, { looks: progress.looks + 1 }) })
  if (state !== 'index_pending' && sentSinceMs(run) >= run.deps.indexWaitMs) {
    // A hold has ended since endpoints got the event, and they need not get the event again.
    if (progress.isPendingTold) await step(run, { state: 'index_pending' })
    else await succeed(run, 'processing')
  }
  return nextIndexLookMs(run)
}
