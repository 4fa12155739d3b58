/** The events of segments. */
export type SegmentEvents = {
  'segment.analysed': {
    campaignId: string
    tenantId: string
    durationMs: number
    /** How many findings there were, by code. */
    findings: Record<string, number>
    /**
     * How many contacts were counted, and how many of them are selected. null: nothing could be
     * counted.
     */
    counted: number | null
    selected: number | null
  }
  'segment.held': { campaignId: string; tenantId: string; version: number; reason: string }
  'segment.ended': {
    campaignId: string
    tenantId: string
    version: number
    state: string
    problem: string | null
    rules: number
    /**
     * The time from the 202 until Genesys accepted the rules. If Genesys did not accept them, the
     * time until this state.
     */
    pushMs: number
    /**
     * The time from the acceptance of the rules until this state. null: Genesys did not accept the
     * rules.
     */
    indexMs: number | null
  }
  /** The gateway stopped a campaign and did not start it again. A person must start it. */
  'segment.campaign_left_off': { campaignId: string; tenantId: string; version: number }
  'segment.filter_kept': { campaignId: string; version: number; failure: string }
}

export const SEGMENT_EVENT_LEVELS = {
  'segment.analysed': 'info',
  'segment.held': 'warn',
  'segment.ended': 'info',
  'segment.campaign_left_off': 'error',
  'segment.filter_kept': 'warn',
} as const
