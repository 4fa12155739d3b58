import { GenesysFailure } from '../../../domain/genesys/genesys-failure.ts'
import type { SegmentProblem } from '../../../domain/segments/campaign-segment.ts'
import { canonicalJson } from '../../../lib/canonical-json.ts'
import { sha256Hex } from '../../../lib/digest.ts'
import type { PlatformCampaign, PlatformCampaignPort } from '../../ports/segments/campaigns.ts'
import {
  audited,
  contextOf,
  fail,
  goOn,
  problemOfRefusal,
  progressed,
  released,
  step,
  succeed,
  waitForCampaign,
  type SegmentRun,
} from './segment-run.ts'

/**
 * If the gateway stopped a campaign longer ago than this, the gateway does not start it again
 * [contracts: 2].
 */
const START_WITHIN_MS = 10 * 60 * 1000
/**
 * The wait before the first check of a campaign that the gateway has stopped. The waits between
 * later checks are five times as long.
 */
const STOPPING_LOOK_MS = 1_000
const AT_ONCE = 0

/** How many hexadecimal digits of the digest of its rules the name of a filter has. */
const NAMED_DIGITS = 16

/**
 * The name of the filter of a version. The gateway finds the filter by this name if the answer to
 * the call that made the filter was lost. The name has a digest of the rules: a database that was
 * restored or begun anew uses the numbers of versions again, and the filter of another version with
 * this number must not be found.
 */
const filterNameOf = ({ segment }: SegmentRun): string => {
  const { campaignId, version, compiled, definition } = segment
  const lists = definition.contactListIds
  const digest = sha256Hex(canonicalJson({ lists, rules: compiled.body }))
  return `outbound-gateway ${campaignId} v${version} ${digest.slice(0, NAMED_DIGITS)}`
}

/**
 * Reads the campaign and takes the next step to apply the newest version. Each step is stored
 * before it is taken. Returns the milliseconds until the next step. null: the version has ended.
 */
export const applyToPlatform = async (
  run: SegmentRun,
  campaigns: PlatformCampaignPort,
): Promise<number | null> => {
  const { campaignId } = run.segment
  const campaign = await campaigns.readCampaign(campaignId, contextOf(run))
  await goOn(run)
  const { progress, definition } = run.segment
  if (progress.step === 'sent' || progress.failure !== null) {
    return startAgain(run, campaigns, campaign)
  }
  if (campaign.contactListId !== definition.contactListIds[0]) {
    return failWith(run, {
      code: 'campaign-list-differs',
      detail: 'Someone moved the campaign to a different contact list.',
      path: '/contactListIds/0',
    })
  }
  const filterId = await filterOf(run, campaigns)
  if (progress.step === 'sending' && campaign.filterId === filterId) return taken(run, campaign)
  if (isMoving(campaign)) return untilInactive(run)
  if (campaign.status === 'on') return stop(run, campaigns, campaign)
  return put(run, campaigns, campaign, filterId)
}

const isMoving = ({ status }: PlatformCampaign): boolean =>
  status === 'stopping' || status === 'forced_stopping'

const filterOf = async (
  run: SegmentRun,
  campaigns: PlatformCampaignPort,
): Promise<string | null> => {
  const { compiled, definition, progress } = run.segment
  if (compiled.body['filter'] === null) return null
  if (progress.filterId !== null) return progress.filterId
  const name = progress.filterName ?? filterNameOf(run)
  // Only an earlier try can have made a filter. Without an earlier try, there is nothing to search
  // for.
  const known =
    progress.filterName === null ? null : await campaigns.findFilter(name, contextOf(run))
  if (progress.filterName === null) {
    await step(run, { progress: progressed(run, { filterName: name }) })
  }
  const contactListId = definition.contactListIds[0] ?? ''
  const filterId =
    known ?? (await campaigns.makeFilter({ name, contactListId, compiled }, contextOf(run, 0)))
  await step(run, { progress: progressed(run, { filterId }) })
  return filterId
}

/**
 * Stops a running campaign if the caller allowed this (`activation`: restart), or if the gateway
 * itself has stopped the campaign before. Otherwise the version fails. Before the stop, stores that
 * the campaign must be started again. If the campaign is on although the gateway has stopped it
 * before, the campaign counts as busy, and the waits grow: Genesys may accept the stop without an
 * effect.
 */
const stop = async (
  run: SegmentRun,
  campaigns: PlatformCampaignPort,
  campaign: PlatformCampaign,
): Promise<number | null> => {
  const { campaignId, definition, progress } = run.segment
  if (definition.activation !== 'restart' && progress.stopped === null) {
    return failWith(run, {
      code: 'campaign-running',
      detail:
        'Someone started the campaign, and Genesys cannot change the filter of a running campaign.',
    })
  }
  const isAgain = progress.stopped !== null
  const at = run.deps.clock.now().toISOString()
  await step(run, {
    waitingFor: 'campaign',
    progress: progressed(run, { stopped: { at, leftVersion: campaign.version } }),
    audit: [audited(run, 'segment.campaign_stopped', { outcome: 'intended' })],
  })
  await campaigns.stop(campaignId, contextOf(run))
  return isAgain ? waitForCampaign(run, 'campaign') : STOPPING_LOOK_MS
}

const untilInactive = async (run: SegmentRun): Promise<number> => {
  const waitMs = await waitForCampaign(run, 'campaign')
  return run.segment.progress.stopped === null ? waitMs : Math.min(waitMs, 5 * STOPPING_LOOK_MS)
}

const put = async (
  run: SegmentRun,
  campaigns: PlatformCampaignPort,
  campaign: PlatformCampaign,
  filterId: string | null,
): Promise<number | null> => {
  const { campaignId, progress } = run.segment
  const left = progress.stopped && { ...progress.stopped, leftVersion: campaign.version }
  await step(run, {
    waitingFor: null,
    progress: progressed(run, { step: 'sending', stopped: left }),
    audit: [audited(run, 'segment.sent', { outcome: 'intended' })],
  })
  let present = campaign
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await taken(
        run,
        await campaigns.putFilter(campaignId, present, filterId, contextOf(run)),
      )
    } catch (error) {
      if (!(error instanceof GenesysFailure)) throw error
      // The status that Genesys shows may lag behind, so the next check may find the same status.
      // Without a wait, the gateway would repeat the write as fast as Genesys refuses it.
      if (error.upstreamCode === 'invalid.update.campaign.active') return untilInactive(run)
      if (error.kind !== 'conflict') throw error
      // Another person has changed the campaign since it was read, so it is read again. After a
      // second conflict, the campaign counts as busy.
      if (attempt === 2) return waitForCampaign(run, 'campaign')
      present = await campaigns.readCampaign(campaignId, contextOf(run))
      if (present.status === 'on' || isMoving(present)) return AT_ONCE
    }
  }
}

const taken = async (run: SegmentRun, campaign: PlatformCampaign): Promise<number | null> => {
  const { progress } = run.segment
  const sentAt = run.deps.clock.now().toISOString()
  const stopped = progress.stopped && { ...progress.stopped, leftVersion: campaign.version }
  await step(run, {
    ...released(run),
    inForce: true,
    waitingFor: stopped === null ? null : 'campaign',
    progress: progressed(run, { step: 'sent', sentAt, stopped, busySince: null, looks: 0 }),
  })
  if (stopped !== null) return AT_ONCE
  await succeed(run, null)
  return null
}

/**
 * Ends the version as failed. If the gateway has stopped the campaign, `startAgain` follows before
 * the version ends.
 */
const failWith = async (run: SegmentRun, failure: SegmentProblem): Promise<number | null> => {
  if (run.segment.progress.stopped === null) {
    await fail(run, failure)
    return null
  }
  await step(run, { progress: progressed(run, { failure }) })
  return AT_ONCE
}

/**
 * Ends the version as `failWith` does, because Genesys refused a call for the version permanently.
 */
export const refusedByPlatform = (
  run: SegmentRun,
  failure: GenesysFailure,
): Promise<number | null> => failWith(run, problemOfRefusal(run.segment, failure))

const startAgain = async (
  run: SegmentRun,
  campaigns: PlatformCampaignPort,
  campaign: PlatformCampaign,
): Promise<number | null> => {
  const { campaignId, progress } = run.segment
  const { stopped } = progress
  if (stopped === null) return end(run, null)
  if (isMoving(campaign)) return untilInactive(run)
  if (campaign.status === 'on') return end(run, null)
  const sinceMs = run.deps.clock.now().getTime() - Date.parse(stopped.at)
  // If this segment version has failed, the gateway has not written to the campaign. The campaign's
  // version is then higher only because the campaign stopped.
  const untouched = progress.failure !== null || campaign.version === stopped.leftVersion
  if (campaign.status !== 'off' || !untouched || sinceMs > START_WITHIN_MS) {
    return leftOff(run, 'someone changed it, or it was stopped for more than 10 minutes')
  }
  await step(run, { audit: [audited(run, 'segment.campaign_started', { outcome: 'intended' })] })
  try {
    await campaigns.start(campaignId, contextOf(run))
  } catch (error) {
    if (!(error instanceof GenesysFailure) || error.retry === 'later') throw error
    return leftOff(run, `Genesys refused the start (${error.kind})`)
  }
  return end(run, null)
}

const leftOff = (run: SegmentRun, why: string): Promise<null> => {
  const { campaignId, tenantId, version } = run.segment
  run.deps.emit('segment.campaign_left_off', { campaignId, tenantId, version })
  return end(run, {
    code: 'campaign-left-off',
    detail: `The gateway stopped the campaign and did not start the campaign again: ${why}. Start the campaign in Genesys.`,
  })
}

const end = async (run: SegmentRun, problem: SegmentProblem | null): Promise<null> => {
  const { failure } = run.segment.progress
  if (failure === null) await succeed(run, null, problem)
  else await fail(run, failure)
  return null
}
