/** What is told of the segments of campaigns. */
export type SegmentEvents = {
  'segment.analysed': {
    campaignId: string
    tenantId: string
    durationMs: number
    /** By code. */
    findings: Record<string, number>
    /** Contacts counted, and those selected. null if there was no basis. */
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
    /** From the 202 until Genesys accepted the rules. */
    pushMs: number
    /** From then until this state. null: they were not taken. */
    indexMs: number | null
  }
  /** A campaign that the gateway stopped and did not start again: somebody has to. */
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
