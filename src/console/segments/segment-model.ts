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

/** A version in a list: the newest one of a campaign, or one of its history. */
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

/** The newest version, as its page shows it. */
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
    /** Grows with whatever changes: what the page has seen. */
    revision: segment.revision,
  }
}
