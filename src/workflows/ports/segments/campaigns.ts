import type { ExclusionReading } from '../../../domain/segments/analysis/analysed-rules.ts'
import type { Compilation, CompiledSegment } from '../../../domain/segments/compiled-segment.ts'
import type { PlacedRules } from '../../../domain/segments/placed.ts'
import type { DialingMode } from '../../../domain/segments/segment.ts'
import type { CallContext } from '../genesys/genesys.ts'

type Compile = (rules: PlacedRules, contactListIds: readonly string[]) => Compilation

/** A campaign as the guide dialect shows it. */
export type GuideCampaign = {
  /** False while Genesys rebuilds the index, during which it takes no rules. */
  indexReady: boolean
  /** Digest of the rules that are in force. */
  rulesDigest: string
}

export type GuideCampaignPort = {
  readonly dialect: 'guide'
  readonly reading: ExclusionReading
  compile: Compile
  /** Of the rules of a compiled segment, as `GuideCampaign` tells it. */
  rulesDigestOf(compiled: CompiledSegment): string
  readCampaign(campaignId: string, context: CallContext): Promise<GuideCampaign>
  /**
   * A refused rule is `rows_refused` with its index among `rowErrors`, a rebuilding index
   * `conflict`.
   */
  putRules(
    campaignId: string,
    change: {
      compiled: CompiledSegment
      dialingMode: DialingMode | null
      useOnlyOnce: boolean | null
    },
    context: CallContext,
  ): Promise<GuideCampaign>
}

export const CAMPAIGN_STATUSES = [
  'on',
  'stopping',
  'off',
  'complete',
  'invalid',
  'forced_off',
  'forced_stopping',
] as const
export type CampaignStatus = (typeof CAMPAIGN_STATUSES)[number]

/** A campaign as the platform shows it. A write sends `entity` back, with every member as read. */
export type PlatformCampaign = {
  contactListId: string | null
  status: CampaignStatus
  version: number
  /** Its one contact list filter. null if it has none. */
  filterId: string | null
  entity: Readonly<Record<string, unknown>>
}

export type FilterPreview = { selected: number; total: number }

export type PlatformCampaignPort = {
  readonly dialect: 'platform'
  readonly reading: ExclusionReading
  compile: Compile
  readCampaign(campaignId: string, context: CallContext): Promise<PlatformCampaign>
  /**
   * Null filter: everybody in the list. A running campaign is `refused`, a stale version
   * `conflict`.
   */
  putFilter(
    campaignId: string,
    campaign: PlatformCampaign,
    filterId: string | null,
    context: CallContext,
  ): Promise<PlatformCampaign>
  start(campaignId: string, context: CallContext): Promise<void>
  stop(campaignId: string, context: CallContext): Promise<void>
  /** The id of the filter with exactly this name. null if there is none. */
  findFilter(name: string, context: CallContext): Promise<string | null>
  makeFilter(
    filter: { name: string; contactListId: string; compiled: CompiledSegment },
    context: CallContext,
  ): Promise<string>
  /** A filter that is gone already is deleted; one that a campaign uses is `refused`. */
  deleteFilter(filterId: string, context: CallContext): Promise<void>
  /** How many contacts a compiled segment selects now. */
  preview(
    contactListId: string,
    compiled: CompiledSegment,
    context: CallContext,
  ): Promise<FilterPreview>
}

/**
 * Campaigns of Genesys in either dialect. Every call may throw `GenesysFailure`. Apart from bugs
 * and aborts, nothing else is thrown.
 */
export type CampaignPort = GuideCampaignPort | PlatformCampaignPort
