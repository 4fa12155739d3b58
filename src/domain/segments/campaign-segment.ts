import type { SegmentFinding } from './analysis/finding.ts'
import type { CompiledSegment } from './compiled-segment.ts'
import type { Leaf, SegmentDefinition } from './segment.ts'

/**
 * From each state, the states that may follow. A version that was replaced before it was sent ends
 * as `failed`, `segment-superseded`.
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

/** For each reason, what ends the hold. */
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
  /** The share of the lists' contacts that was checked, 0 to 1. null if unknown. */
  coverage: number | null
  total: number
  selected: number
  excluded: number
  /** In the order of the exclusions: how many each one takes out of what those before it left. */
  byExclusion: { path: string; removed: number }[]
  overlaps: { path: string; otherPath: string; count: number }[]
}

/**
 * Compared with the version in force. `doNotCall`: how many of those who enter must not be called.
 * null if unknown.
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
 * What is still to be done, and what was done. Stored before the next call, so that another
 * instance can continue.
 */
export type SegmentProgress = {
  step: 'begin' | 'sending' | 'sent'
  /** Platform: the name of this version's filter, kept before it is made. null: there is none. */
  filterName: string | null
  /** Platform: its id, once it is known. */
  filterId: string | null
  filterDeleted: boolean
  /**
   * Platform: that the gateway stops the campaign, since when, and the version that it left. null:
   * it was not running.
   */
  stopped: { at: string; leftVersion: number | null } | null
  /** Why it fails, if the campaign must be started again first. */
  failure: SegmentProblem | null
  /** When Genesys was first seen to hold the rules. */
  sentAt: string | null
  /** When Genesys was first seen to be busy. */
  busySince: string | null
  /** How many checks since then, for the growing pauses between them. */
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
  /** The author. */
  tenantId: string
  campaignId: string
  version: number
  state: SegmentState
  hold: { reason: SegmentHoldReason; since: string } | null
  waitingFor: 'index' | 'campaign' | null
  /** The definition as it was sent. */
  sent: unknown
  definition: SegmentDefinition
  house: Leaf[]
  compiled: CompiledSegment
  analysis: AnalysisReport
  progress: SegmentProgress
  problem: SegmentProblem | null
  indexStatus: 'ready' | 'processing' | null
  /** From its acceptance to its last change of state. */
  latencyMs: number | null
  actor: string
  requestId: string
  createdAt: string
  updatedAt: string
  appliedAt: string | null
  /** Grows with every change of the campaign; orders its events. */
  revision: number
}

/** What endpoints receive about a version. */
export type SegmentEventData = Pick<
  CampaignSegment,
  'campaignId' | 'version' | 'state' | 'indexStatus' | 'latencyMs' | 'problem' | 'revision'
> & { ruleCount: number; findings: Pick<SegmentFinding, 'code' | 'severity' | 'path'>[] }

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
