import type { ExclusionReading } from '../../../domain/segments/analysis/analysed-rules.ts'
import type { Compilation, CompiledSegment } from '../../../domain/segments/compiled-segment.ts'
import type { PlacedRules } from '../../../domain/segments/placed.ts'
import type { DialingMode } from '../../../domain/segments/segment.ts'
import type { CallContext } from '../genesys/genesys.ts'

type Compile = (rules: PlacedRules, contactListIds: readonly string[]) => Compilation

/** A campaign as the guide dialect shows it. */
export type GuideCampaign = {
  /** false: Genesys is rebuilding the campaign's index, and takes no rules meanwhile. */
  indexReady: boolean
  /** A digest of the rules in force. Compare it with the result of `rulesDigestOf`. */
  rulesDigest: string
}

/**
 * Campaigns in the guide dialect, which have their rules as a member. Genesys rebuilds the index of
 * a campaign after each change of its rules.
 */
export type GuideCampaignPort = {
  readonly dialect: 'guide'
  readonly reading: ExclusionReading
  compile: Compile
  /** The `GuideCampaign.rulesDigest` of a campaign in which these rules are in force. */
  rulesDigestOf(compiled: CompiledSegment): string
  readCampaign(campaignId: string, context: CallContext): Promise<GuideCampaign>
  /**
   * Sets the campaign's rules. Throws `GenesysFailure`. `rows_refused`: a rule was refused, and
   * `rowErrors` has its index. `conflict`: the index is being rebuilt.
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
/** The statuses as Genesys writes them. An answer with any other status is a `malformed_answer`. */
export type CampaignStatus = (typeof CAMPAIGN_STATUSES)[number]

/**
 * A campaign as the platform shows it. A write must send back `entity` as it was read, with the
 * change and without the members that Genesys does not accept in a write.
 */
export type PlatformCampaign = {
  contactListId: string | null
  status: CampaignStatus
  version: number
  /** The id of the campaign's only contact list filter. null: it has no filter. */
  filterId: string | null
  entity: Readonly<Record<string, unknown>>
}

/** Numbers of contacts. `total`: all contacts of the list. */
export type FilterPreview = { selected: number; total: number }

/**
 * Campaigns in the platform dialect. Their rules are a contact list filter, a separate object to
 * which a campaign refers [platform-api: 2.8].
 */
export type PlatformCampaignPort = {
  readonly dialect: 'platform'
  readonly reading: ExclusionReading
  compile: Compile
  readCampaign(campaignId: string, context: CallContext): Promise<PlatformCampaign>
  /**
   * Sets the campaign's filter. `filterId` null: none, so everyone in the list is dialled. Throws
   * `GenesysFailure`: `refused` if the campaign is running, `conflict` if the version is no longer
   * the newest.
   */
  putFilter(
    campaignId: string,
    campaign: PlatformCampaign,
    filterId: string | null,
    context: CallContext,
  ): Promise<PlatformCampaign>
  start(campaignId: string, context: CallContext): Promise<void>
  stop(campaignId: string, context: CallContext): Promise<void>
  /** The id of the filter with exactly this name. null: there is none. */
  findFilter(name: string, context: CallContext): Promise<string | null>
  makeFilter(
    filter: { name: string; contactListId: string; compiled: CompiledSegment },
    context: CallContext,
  ): Promise<string>
  /**
   * Deletes a filter, or does nothing if it is gone already. Throws `refused` if a campaign uses
   * it.
   */
  deleteFilter(filterId: string, context: CallContext): Promise<void>
  /** How many contacts of the list a compiled segment selects now. */
  preview(
    contactListId: string,
    compiled: CompiledSegment,
    context: CallContext,
  ): Promise<FilterPreview>
}

/**
 * Campaigns of Genesys in either dialect. Every call may throw `GenesysFailure`. Apart from bugs,
 * aborts and the errors of `beforeSend`, nothing else is thrown.
 */
export type CampaignPort = GuideCampaignPort | PlatformCampaignPort
