import type { SegmentFinding } from './analysis/finding.ts'
import type { CompiledSegment } from './compiled-segment.ts'
import type { Leaf, SegmentDefinition } from './segment.ts'

/**
 * For each state, the states that may follow it. If a newer version arrives before an older version
 * was sent, the older version ends as `failed`, with the problem `segment-superseded`. An older
 * version that was already sent, and had no failure, ends as `applied`.
 */
export const SEGMENT_TRANSITIONS = {
  applying: ['applied', 'index_pending', 'failed', 'held'],
  index_pending: ['applied', 'failed', 'held'],
  held: ['applying', 'failed'],
  applied: [],
  failed: [],
} as const satisfies Record<string, readonly string[]>

export type SegmentState = keyof typeof SEGMENT_TRANSITIONS
export const SEGMENT_STATES = Object.keys(SEGMENT_TRANSITIONS) as SegmentState[]

/** For each reason of a hold, what ends the hold. */
export const SEGMENT_HOLDS = {
  genesys_unavailable: 'itself',
  campaign_busy: 'itself',
  campaign_refused: 'resume',
} as const
export type SegmentHoldReason = keyof typeof SEGMENT_HOLDS
export const SEGMENT_HOLD_REASONS = Object.keys(SEGMENT_HOLDS) as SegmentHoldReason[]

export const MATCH_BASES = ['preview', 'rows', 'sample'] as const

/** How many contacts the rules select. */
export type SegmentMatches = {
  basis: (typeof MATCH_BASES)[number]
  /** The share of the lists' contacts that was counted, from 0 to 1. null: unknown. */
  coverage: number | null
  total: number
  selected: number
  excluded: number
  /**
   * How many contacts each exclusion removes, in the order of the exclusions. Contacts that an
   * earlier exclusion removed do not count.
   */
  byExclusion: { path: string; removed: number }[]
  overlaps: { path: string; otherPath: string; count: number }[]
}

/**
 * How many contacts enter and leave the selection, compared with the version in force. `doNotCall`:
 * how many of the entering contacts must not be called. null: unknown.
 */
export type SegmentChange = { enter: number; leave: number; doNotCall: number | null }

export type AnalysisReport = {
  digest: string
  findings: SegmentFinding[]
  matches: SegmentMatches | null
  change: SegmentChange | null
}

export type SegmentProblem = { code: string; detail: string; path?: string }

/**
 * How far the gateway has got in applying the version. The progress is stored before each call that
 * changes something in Genesys, so that another instance can continue after a crash.
 */
export type SegmentProgress = {
  step: 'begin' | 'sending' | 'sent'
  /**
   * Platform: the name of the filter for this version. It is stored before the filter is made, so
   * that the filter can be found again. null: there is no filter.
   */
  filterName: string | null
  /** Platform: the id of the filter. null: not known yet. */
  filterId: string | null
  filterDeleted: boolean
  /**
   * Platform: when the gateway stopped the campaign, and the version of the campaign after the
   * stop. null: the gateway has not stopped the campaign.
   */
  stopped: { at: string; leftVersion: number | null } | null
  /**
   * Why the version will end as `failed`. Set while the gateway must first start the campaign
   * again.
   */
  failure: SegmentProblem | null
  /** When the gateway first saw that Genesys has the rules. */
  sentAt: string | null
  /** Guide: endpoints were told that Genesys has the rules and its index is pending. */
  isPendingTold?: boolean
  /** When the gateway first saw that Genesys is busy with the campaign. */
  busySince: string | null
  /**
   * How many checks the gateway has made since `busySince`. The pauses between checks grow with
   * this number.
   */
  looks: number
}

export const FIRST_PROGRESS: SegmentProgress = {
  step: 'begin',
  filterName: null,
  filterId: null,
  filterDeleted: false,
  stopped: null,
  failure: null,
  sentAt: null,
  busySince: null,
  looks: 0,
}

/** One version of a campaign's segment. */
export type CampaignSegment = {
  /** The tenant that sent the version. */
  tenantId: string
  campaignId: string
  version: number
  state: SegmentState
  hold: { reason: SegmentHoldReason; since: string } | null
  waitingFor: 'index' | 'campaign' | null
  /** The definition exactly as the caller sent it. */
  sent: unknown
  definition: SegmentDefinition
  house: Leaf[]
  compiled: CompiledSegment
  analysis: AnalysisReport
  progress: SegmentProgress
  problem: SegmentProblem | null
  indexStatus: 'ready' | 'processing' | null
  /**
   * The time from acceptance to the last change of state by a worker, in milliseconds. null: no
   * worker has changed the state yet.
   */
  latencyMs: number | null
  actor: string
  requestId: string
  createdAt: string
  updatedAt: string
  appliedAt: string | null
  /**
   * A number that grows with every change of the campaign's segment. Receivers use it to put events
   * in order.
   */
  revision: number
}

/** What endpoints receive about a version. */
export type SegmentEventData = Pick<
  CampaignSegment,
  'campaignId' | 'version' | 'state' | 'indexStatus' | 'latencyMs' | 'problem' | 'revision'
> & { ruleCount: number; findings: Pick<SegmentFinding, 'code' | 'severity' | 'path'>[] }

/**
 * The event about a version. It leaves out the rules, and also the texts, the examples and the
 * counts of the analysis.
 */
export const segmentEventOf = (segment: CampaignSegment): SegmentEventData => ({
  campaignId: segment.campaignId,
  version: segment.version,
  state: segment.state,
  ruleCount: segment.compiled.ruleCount,
  indexStatus: segment.indexStatus,
  latencyMs: segment.latencyMs,
  findings: segment.analysis.findings.map(({ code, severity, path }) => ({ code, severity, path })),
  problem: segment.problem,
  revision: segment.revision,
})
