import type { AuditEntry } from '../../../domain/audit/audit.ts'
import type {
  CampaignSegment,
  SegmentHoldReason,
  SegmentProgress,
  SegmentState,
} from '../../../domain/segments/campaign-segment.ts'
import type { Lease } from '../delivery/lease.ts'
import type { StoredAnswer } from '../uploads/small-uploads.ts'
import type { Page } from '../uploads/uploads.ts'

export type NewSegment = Pick<
  CampaignSegment,
  | 'tenantId'
  | 'campaignId'
  | 'sent'
  | 'definition'
  | 'house'
  | 'compiled'
  | 'analysis'
  | 'actor'
  | 'requestId'
>

/** The claim of an Idempotency-Key that a write answers. */
export type KeptCall = {
  scope: { tenantId: string; method: string; path: string; key: string; owner: string }
  answerOf(segment: CampaignSegment): StoredAnswer
}

/** Versions that the caller has seen. `any`: there must be a version. null: it does not matter. */
export type ExpectedVersions = readonly number[] | 'any' | null

export type SegmentClaim = { campaignId: string; owner: string; fence: string; leaseMs: number }

/** What one step of the work changes in a version. Members that are left out stay unchanged. */
export type SegmentStep = {
  state?: SegmentState
  hold?: { reason: SegmentHoldReason } | null
  waitingFor?: CampaignSegment['waitingFor']
  progress?: SegmentProgress
  problem?: CampaignSegment['problem']
  indexStatus?: CampaignSegment['indexStatus']
  /** From now on Genesys holds the rules of this version. */
  inForce?: true
  audit?: readonly AuditEntry[]
  /** An event to the endpoints of the tenant, in the same transaction. */
  tell?: 'segment.applied' | 'segment.failed'
}

export type SegmentPut =
  | { kind: 'made'; segment: CampaignSegment; answer: StoredAnswer }
  | { kind: 'other-version' }
  | { kind: 'claim-lost' }

export type SegmentStore = {
  /**
   * Makes the campaign's next version and its newest work, in one transaction with the answer of
   * the call. Versions that were not sent yet end as `failed`, `segment-superseded`, and a campaign
   * that one of them had stopped is this one's to start.
   */
  put(
    segment: NewSegment,
    about: {
      expected: ExpectedVersions
      kept: KeptCall
      audit: (version: number) => AuditEntry
    },
  ): Promise<SegmentPut>
  latest(campaignId: string): Promise<CampaignSegment | null>
  /**
   * The newest version of each campaign that the tenant is granted, by the campaigns' ids. null:
   * the cursor is none of ours.
   */
  granted(
    tenantId: string,
    page: { cursor: string | null; limit: number },
  ): Promise<Page<CampaignSegment> | null>
  version(campaignId: string, version: number): Promise<CampaignSegment | null>
  /** Newest first. null: the cursor is not one of ours. */
  versions(
    campaignId: string,
    page: { cursor: string | null; limit: number },
  ): Promise<Page<CampaignSegment> | null>
  /** The version that Genesys holds by our knowledge. */
  inForce(campaignId: string): Promise<CampaignSegment | null>
  /** Versions whose filters are neither in force nor kept for a rollback, and not deleted yet. */
  withOldFilters(claim: SegmentClaim): Promise<CampaignSegment[]>
  forgetFilter(claim: SegmentClaim, version: number): Promise<void>
  /**
   * Resumes the newest version, which was held for a person. null when it is not held like that.
   */
  resume(campaignId: string, audit: AuditEntry): Promise<CampaignSegment | null>
  /** A campaign with work that no worker holds, and its newest version. */
  claim(owner: string): Promise<{ claim: SegmentClaim; segment: CampaignSegment } | null>
  /** False when another worker has the campaign. */
  renew(claim: SegmentClaim): Promise<boolean>
  /** null: there is nothing to do until there is new work. */
  release(claim: SegmentClaim, readyInMs: number | null): Promise<void>
  /**
   * Throws `FenceLost` when another worker has the campaign, `SegmentReplaced` when a newer version
   * came.
   */
  step(claim: SegmentClaim, version: number, step: SegmentStep): Promise<CampaignSegment>
  /** Frees every campaign; only for the embedded home. */
  freeAll(): Promise<void>
}

/** Thrown by a step if a newer version has come meanwhile. Leave this one. */
export class SegmentReplaced extends Error {
  override readonly name = 'SegmentReplaced'
}

/**
 * Continues a version as far as possible now. Returns the milliseconds until the next step. null:
 * nothing is left to do.
 */
export type ApplySegment = (
  claim: SegmentClaim,
  segment: CampaignSegment,
  lease: Pick<Lease, 'signal' | 'assertHeld'>,
) => Promise<number | null>

/** A contact of a list, as it was delivered. */
export type DeliveredContact = {
  contactListId: string
  /** Its phones and emails, normalised. */
  reachedBy: readonly string[]
  cellOf: (column: string) => string | undefined
}

/** Contacts that the gateway knows to be in Genesys, to count whom rules select (guide). */
export type DeliveredContacts = {
  /** How many contacts of the lists were delivered. */
  count(tenantId: string, contactListIds: readonly string[]): Promise<number>
  /**
   * The newest delivered content of a share of them (more than 0, at most 1), each with the same
   * chance and the same ones each time, by lots between which the event loop turns. Contacts whose
   * rows are past their retention are left out. `known` is the result of `count`.
   */
  read(
    tenantId: string,
    contactListIds: readonly string[],
    sample: { known: number; share: number },
  ): AsyncIterable<readonly DeliveredContact[]>
}

/**
 * How many of these people must not be dialled in a list because of do-not-call entries. Each
 * person is the phones and emails that reach them. null: unknown.
 */
export type SuppressedAmong = (
  contactListId: string,
  people: readonly (readonly string[])[],
) => Promise<number | null>
