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

/** A version to store. The store adds its number. It begins as `applying`. */
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

/** The call's Idempotency-Key, and the answer that is stored under it. */
export type KeptCall = {
  scope: { tenantId: string; method: string; path: string; key: string; owner: string }
  answerOf(segment: CampaignSegment): StoredAnswer
}

/**
 * The versions that the caller has seen. The newest version must be one of them. `any`: there must
 * be a version. null: any version, or none.
 */
export type ExpectedVersions = readonly number[] | 'any' | null

/**
 * The right to work on a campaign's segment. `fence` grows with every claim. A claim with a smaller
 * fence can no longer store a step. `leaseMs`: how many milliseconds the claim lasts after it is
 * made or renewed.
 */
export type SegmentClaim = { campaignId: string; owner: string; fence: string; leaseMs: number }

/** What one step of the work changes in a version. Members that are left out stay unchanged. */
export type SegmentStep = {
  state?: SegmentState
  hold?: { reason: SegmentHoldReason } | null
  waitingFor?: CampaignSegment['waitingFor']
  progress?: SegmentProgress
  problem?: CampaignSegment['problem']
  indexStatus?: CampaignSegment['indexStatus']
  /** Genesys now has the rules of this version. */
  inForce?: true
  audit?: readonly AuditEntry[]
  /** The event to send to the tenant's endpoints, in the same transaction. */
  tell?: 'segment.applied' | 'segment.failed'
}

/** The result of `SegmentStore.put`. If it is not `made`, nothing was written. */
export type SegmentPut =
  | { kind: 'made'; segment: CampaignSegment; answer: StoredAnswer }
  | { kind: 'other-version' }
  | { kind: 'claim-lost' }

/**
 * The segments of campaigns, with all their versions. One worker at a time holds a campaign, and
 * works only on its newest version. The methods do not check grants, except `granted`.
 */
export type SegmentStore = {
  /**
   * Makes the campaign's next version and gives it to the workers, in one transaction with the
   * answer of the call.
   * - Earlier versions that were not sent yet end as `failed`, `segment-superseded`. A version that
   *   was sent, and only waited for its index or for the start of its campaign, ends as `applied`.
   *   Endpoints get an event in both cases. `auditOfEnd` makes the audit entry of such a version.
   * - If an earlier version had stopped the campaign, this version starts it again.
   *
   * `other-version`: the newest version is not one of `expected`. `claim-lost`: another call has
   * taken over the idempotency key.
   */
  put(
    segment: NewSegment,
    about: {
      expected: ExpectedVersions
      kept: KeptCall
      audit: (version: number) => AuditEntry
      auditOfEnd: (segment: CampaignSegment) => AuditEntry
    },
  ): Promise<SegmentPut>
  latest(campaignId: string): Promise<CampaignSegment | null>
  /**
   * The newest version of each campaign that the tenant is granted, in the order of the campaigns'
   * ids. null: the cursor cannot be read.
   */
  granted(
    tenantId: string,
    page: { cursor: string | null; limit: number },
  ): Promise<Page<CampaignSegment> | null>
  version(campaignId: string, version: number): Promise<CampaignSegment | null>
  /** Newest first. null: the cursor cannot be read. */
  versions(
    campaignId: string,
    page: { cursor: string | null; limit: number },
  ): Promise<Page<CampaignSegment> | null>
  /** The version whose rules Genesys has, as far as the gateway knows. null: none. */
  inForce(campaignId: string): Promise<CampaignSegment | null>
  /**
   * Versions whose filters must still be deleted. They are neither in force nor kept for a
   * rollback.
   */
  withOldFilters(claim: SegmentClaim): Promise<CampaignSegment[]>
  /** Records that the filter of a version is deleted. */
  forgetFilter(claim: SegmentClaim, version: number): Promise<void>
  /**
   * Resumes the newest version if it is in a hold that only a person can end. null: it is not in
   * such a hold.
   */
  resume(campaignId: string, audit: AuditEntry): Promise<CampaignSegment | null>
  /** A campaign with work that no worker holds, and its newest version. null: there is none. */
  claim(owner: string): Promise<{ claim: SegmentClaim; segment: CampaignSegment } | null>
  /** false: another worker has the campaign. */
  renew(claim: SegmentClaim): Promise<boolean>
  /** `readyInMs` null: the campaign is claimed again when it has new work. */
  release(claim: SegmentClaim, readyInMs: number | null): Promise<void>
  /**
   * Stores a step. Throws `FenceLost` if another worker has the campaign, and `SegmentReplaced` if
   * a newer version exists.
   */
  step(claim: SegmentClaim, version: number, step: SegmentStep): Promise<CampaignSegment>
  /**
   * Frees every campaign. Call it only on the embedded home, whose process lock proves that no
   * other process holds a campaign.
   */
  freeAll(): Promise<void>
}

/** Thrown by a step if a newer version exists. Stop work on the older version. */
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
  /** The contact's phones and addresses, normalised. */
  reachedBy: readonly string[]
  cellOf: (column: string) => string | undefined
}

/**
 * Contacts that the gateway knows to be in Genesys. With them, the gateway counts how many contacts
 * a segment's rules select (guide).
 */
export type DeliveredContacts = {
  /** How many contacts of these lists the gateway knows to be in Genesys. */
  count(tenantId: string, contactListIds: readonly string[]): Promise<number>
  /**
   * The newest delivered content of a random sample of these contacts. The sample is the same each
   * time. `share`: the part of the contacts to read (more than 0, at most 1). `known`: the result
   * of `count`. Yields lots, so that other work of the process has its turn between them. Contacts
   * whose rows are past their retention are left out.
   */
  read(
    tenantId: string,
    contactListIds: readonly string[],
    sample: { known: number; share: number },
  ): AsyncIterable<readonly DeliveredContact[]>
}

/**
 * How many of these people must not be dialled in a list because of do-not-call entries or
 * registries. Each person is given by the phones and addresses that reach the person. null:
 * unknown.
 */
export type SuppressedAmong = (
  contactListId: string,
  people: readonly (readonly string[])[],
) => Promise<number | null>
