import { GenesysFailure } from '../../../domain/genesys/genesys-failure.ts'
import type { CampaignPort, PlatformCampaignPort } from '../../ports/segments/campaigns.ts'
import type { ApplySegment } from '../../ports/segments/segments.ts'
import { applyToGuide } from './apply-guide.ts'
import { applyToPlatform, refusedByPlatform } from './apply-platform.ts'
import {
  afterFailure,
  contextOf,
  waitsForResume,
  type ApplyDeps,
  type SegmentRun,
} from './segment-run.ts'

const isOver = ({ segment }: SegmentRun): boolean =>
  segment.state === 'applied' || segment.state === 'failed' || waitsForResume(segment)

/**
 * Whether a failure ends the version immediately (platform). A refusal of the request's content
 * ends the version. While the gateway has stopped the campaign and is not yet starting it again,
 * other failures that no retry fixes also end the version. Refused credentials never end it.
 */
const endsOnPlatform = (
  { segment: { progress } }: SegmentRun,
  { kind, retry }: GenesysFailure,
): boolean =>
  kind === 'refused' ||
  kind === 'rows_refused' ||
  kind === 'too_large' ||
  (retry === 'never' &&
    kind !== 'unauthorized' &&
    progress.stopped !== null &&
    !isStarting(progress))

const isStarting = ({ step, failure }: SegmentRun['segment']['progress']): boolean =>
  step === 'sent' || failure !== null

/**
 * Continues a campaign's newest version from the last stored step. Returns the milliseconds until
 * the campaign must be worked on again. null: no work is left, or only a person can end the hold.
 */
export const createApplySegment =
  (deps: ApplyDeps & { campaigns: CampaignPort }): ApplySegment =>
  async (claim, segment, lease) => {
    const { campaigns } = deps
    const run: SegmentRun = { deps, claim, segment, lease }
    if (!isOver(run)) {
      try {
        const nextMs =
          campaigns.dialect === 'guide'
            ? await applyToGuide(run, campaigns)
            : await applyToPlatform(run, campaigns)
        if (nextMs !== null) return nextMs
      } catch (error) {
        if (!(error instanceof GenesysFailure)) throw error
        return campaigns.dialect === 'platform' && endsOnPlatform(run, error)
          ? refusedByPlatform(run, error)
          : afterFailure(run, error)
      }
    }
    if (campaigns.dialect === 'platform') await deleteOldFilters(run, campaigns)
    return null
  }

/**
 * Deletes the filters of old versions. The two versions before the version in force keep their
 * filters for a rollback. If Genesys does not delete a filter, the gateway tries again after the
 * next version.
 */
const deleteOldFilters = async (
  run: SegmentRun,
  campaigns: PlatformCampaignPort,
): Promise<void> => {
  const { segments, emit } = run.deps
  for (const old of await segments.withOldFilters(run.claim)) {
    const { filterId, filterName } = old.progress
    try {
      const id = filterId ?? (await campaigns.findFilter(filterName ?? '', contextOf(run)))
      if (id !== null) await campaigns.deleteFilter(id, contextOf(run))
      await segments.forgetFilter(run.claim, old.version)
    } catch (error) {
      if (!(error instanceof GenesysFailure)) throw error
      const { campaignId, version } = old
      emit('segment.filter_kept', { campaignId, version, failure: error.kind })
    }
  }
}
