import {
  SegmentReplaced,
  type ApplySegment,
  type SegmentClaim,
  type SegmentStore,
} from '../workflows/ports/segments/segments.ts'
import { createObjectWorker, type ObjectWorker, type ObjectWorkerDeps } from './object-worker.ts'

export type CampaignWorkerDeps = Omit<ObjectWorkerDeps<SegmentClaim>, 'lane'> & {
  segments: Pick<SegmentStore, 'claim' | 'renew' | 'release'>
  apply: ApplySegment
}

/** Works on campaigns, one at a time. Continues with each campaign until its work must wait. */
export const createCampaignWorker = ({
  segments,
  apply,
  ...deps
}: CampaignWorkerDeps): ObjectWorker =>
  createObjectWorker({
    ...deps,
    lane: {
      claim: async (owner) => {
        const claimed = await segments.claim(owner)
        if (claimed === null) return null
        const { claim, segment } = claimed
        const key = `campaign:${claim.campaignId}`
        return { claim, key, work: (lease) => apply(claim, segment, lease) }
      },
      renew: (claim) => segments.renew(claim),
      release: (claim, readyInMs) => segments.release(claim, readyInMs),
      isReplaced: (reason) => reason instanceof SegmentReplaced,
    },
  })
