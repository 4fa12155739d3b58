import { type CampaignSegment, SEGMENT_HOLDS } from '../../domain/segments/campaign-segment.ts'
import { ENGLISH } from '../texts/texts.ts'
import { analysisModel, ruleLines } from './segment-words.ts'

const { segments: words } = ENGLISH

const BADGE_OF = {
  applying: 'working',
  index_pending: 'working',
  held: 'held',
  applied: 'completed',
  failed: 'failed',
} as const

/**
 * A version as a line of a list. The list has the newest version of each campaign, or the history
 * of one campaign.
 */
export const segmentLine = (segment: CampaignSegment) => ({
  campaignId: segment.campaignId,
  version: segment.version,
  badge: BADGE_OF[segment.state],
  state: words.states[segment.state],
  selected: segment.analysis.matches?.selected ?? null,
  total: segment.analysis.matches?.total ?? null,
  lists: segment.definition.contactListIds.join(', '),
  findings: segment.analysis.findings.filter(({ severity }) => severity !== 'info').length,
  createdAt: segment.createdAt,
  updatedAt: segment.updatedAt,
  appliedAt: segment.appliedAt,
  actor: segment.actor,
})

const ENDED: readonly string[] = ['applied', 'failed']

/** The model of the newest version on its page. */
export const segmentModel = (segment: CampaignSegment) => {
  const { definition, house, hold, problem, state } = segment
  return {
    ...segmentLine(segment),
    hold: hold && {
      since: hold.since,
      ...words.holds[hold.reason],
      forPerson: SEGMENT_HOLDS[hold.reason] === 'resume',
    },
    waiting: segment.waitingFor === null ? null : words.waiting[segment.waitingFor],
    problem,
    conditions: definition.conditions === null ? null : ruleLines(definition.conditions),
    exclusions: definition.exclusions.map(ruleLines),
    house: house.map(ruleLines),
    analysis: analysisModel(segment),
    ended: ENDED.includes(state),
    /**
     * Grows with every change. The page sends it back, so that a reload can find out whether
     * anything changed.
     */
    revision: segment.revision,
  }
}
