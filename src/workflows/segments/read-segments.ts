import type { Caller } from '../../domain/access/access.ts'
import { byCaller, createAuditEntry } from '../../domain/audit/audit.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import type { Refusing } from '../../domain/problems/refusing.ts'
import type { CampaignSegment } from '../../domain/segments/campaign-segment.ts'
import type { Ids } from '../../lib/ids.ts'
import type { AccessStore } from '../ports/access/access.ts'
import type { SegmentStore } from '../ports/segments/segments.ts'
import type { Page } from '../ports/uploads/uploads.ts'
import { checkCampaignGranted } from './campaign-access.ts'
import type { READ_SEGMENT_REFUSALS, RESUME_SEGMENT_REFUSALS } from './refusals.ts'

export type ReadSegments = {
  /** Returns the newest version. */
  find: Refusing<
    (typeof READ_SEGMENT_REFUSALS)[number],
    (caller: Caller, campaignId: string) => Promise<CampaignSegment>
  >
  /** Returns one version. */
  version: Refusing<
    (typeof READ_SEGMENT_REFUSALS)[number],
    (caller: Caller, campaignId: string, version: number) => Promise<CampaignSegment>
  >
  /**
   * Returns the newest version of each campaign that the caller's tenant may use. null: the cursor
   * cannot be read.
   */
  list(
    caller: Caller,
    page: { cursor: string | null; limit: number },
  ): Promise<Page<CampaignSegment> | null>
  /** Returns the versions of a campaign, the newest first. null: the cursor cannot be read. */
  versions: Refusing<
    (typeof READ_SEGMENT_REFUSALS)[number],
    (
      caller: Caller,
      campaignId: string,
      page: { cursor: string | null; limit: number },
    ) => Promise<Page<CampaignSegment> | null>
  >
}

export type ResumeSegment = Refusing<
  (typeof RESUME_SEGMENT_REFUSALS)[number],
  (caller: Caller, campaignId: string) => Promise<CampaignSegment>
>

export type ReadSegmentsDeps = {
  segments: Pick<SegmentStore, 'latest' | 'version' | 'granted' | 'versions' | 'resume'>
  access: Pick<AccessStore, 'isGranted'>
  ids: Ids
  wake: () => void
}

const findSegment = async (
  deps: ReadSegmentsDeps,
  caller: Caller,
  campaignId: string,
): Promise<CampaignSegment> => {
  await checkCampaignGranted(deps, caller, campaignId)
  const segment = await deps.segments.latest(campaignId)
  if (segment !== null) return segment
  throw new GatewayProblem('not-found', 'This campaign has no segment yet.')
}

/**
 * All calls but `list` throw `not-found` if the caller's tenant may not use the campaign. `find`
 * and `version` also throw it if there is no such version.
 */
export const createReadSegments = (deps: ReadSegmentsDeps): ReadSegments => ({
  find: (caller, campaignId) => findSegment(deps, caller, campaignId),
  version: async (caller, campaignId, version) => {
    await checkCampaignGranted(deps, caller, campaignId)
    const segment = await deps.segments.version(campaignId, version)
    if (segment !== null) return segment
    throw new GatewayProblem('not-found', 'The campaign does not have this version.')
  },
  list: ({ tenantId }, page) => deps.segments.granted(tenantId, page),
  versions: async (caller, campaignId, page) => {
    await checkCampaignGranted(deps, caller, campaignId)
    return deps.segments.versions(campaignId, page)
  },
})

/**
 * Resumes the newest version from a hold that only a person can end, and wakes a worker. Throws
 * `not-found`, and `segment-not-held` if there is no such hold.
 */
export const createResumeSegment =
  (deps: ReadSegmentsDeps): ResumeSegment =>
  async (caller, campaignId) => {
    const { state } = await findSegment(deps, caller, campaignId)
    const audit = createAuditEntry(deps.ids, byCaller(caller), {
      action: 'segment.resumed',
      object: campaignId,
    })
    const segment = await deps.segments.resume(campaignId, audit)
    if (segment === null) {
      const detail = `The segment is ${state}, so there is nothing to resume.`
      throw new GatewayProblem('segment-not-held', detail, { state })
    }
    deps.wake()
    return segment
  }
