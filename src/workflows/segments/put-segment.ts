import { byCaller, createAuditEntry } from '../../domain/audit/audit.ts'
import { GatewayProblem, type ProblemCode } from '../../domain/problems/problem.ts'
import type { Refusing } from '../../domain/problems/refusing.ts'
import type { CampaignSegment } from '../../domain/segments/campaign-segment.ts'
import type { ReadDefinition } from '../../domain/segments/read-definition.ts'
import { canonicalJson } from '../../lib/canonical-json.ts'
import { sha256Hex } from '../../lib/digest.ts'
import type { Ids } from '../../lib/ids.ts'
import type { UploadAnswer } from '../contract.ts'
import type { AuditStore } from '../ports/audit/audit.ts'
import type { ExpectedVersions, SegmentStore } from '../ports/segments/segments.ts'
import type { StoredAnswer } from '../ports/uploads/small-uploads.ts'
import type { IdempotencyStore } from '../ports/uploads/uploads.ts'
import { answerOnce, keepingClaim } from '../uploads/receive/answer-once.ts'
import type { ClaimScope } from '../uploads/receive/idempotency-claim.ts'
import { checkCampaignGranted } from './campaign-access.ts'
import { confirmReasons, type ConfirmReason } from './confirm-reasons.ts'
import {
  prepareSegment,
  type PreparedSegment,
  type PrepareDeps,
  type SegmentAsked,
} from './prepare-segment.ts'
import type {
  PREVIEW_SEGMENT_REFUSALS,
  PUT_SEGMENT_REFUSALS,
  ROLL_BACK_SEGMENT_REFUSALS,
} from './refusals.ts'
import { refuseSettings } from './refuse-settings.ts'
import { auditOfEnd, auditOfRequest } from './segment-audit.ts'

/** The idempotency key of a call, and the versions that its If-Match names. */
export type KeyedSegmentCall = {
  idempotencyKey: string
  method: string
  path: string
  expected: ExpectedVersions
}

export type PutSegment = Refusing<
  (typeof PUT_SEGMENT_REFUSALS)[number],
  (asked: SegmentAsked, call: KeyedSegmentCall) => Promise<UploadAnswer>
>

export type RollBackSegment = Refusing<
  (typeof ROLL_BACK_SEGMENT_REFUSALS)[number],
  (
    asked: Pick<SegmentAsked, 'caller' | 'campaignId'> & {
      version: number
      confirm: string | null
      read: (sent: unknown) => ReadDefinition
    },
    call: KeyedSegmentCall,
  ) => Promise<UploadAnswer>
>

export type PreviewSegment = Refusing<
  (typeof PREVIEW_SEGMENT_REFUSALS)[number],
  (asked: SegmentAsked) => Promise<PreparedSegment & { reasons: ConfirmReason[] }>
>

export type PutSegmentDeps = Omit<PrepareDeps, 'segments'> & {
  segments: Pick<SegmentStore, 'put' | 'version' | 'inForce' | 'latest'>
  idempotency: IdempotencyStore
  audit: AuditStore
  /**
   * Renders the version as callers see it. The result is stored with the idempotency key and
   * replayed.
   */
  renderSegment: (segment: CampaignSegment) => object
  /**
   * The largest change that needs no confirmation (SEGMENT_CONFIRM_SHARE): the contacts that enter
   * or leave, in percent of the contacts that the version in force selects.
   */
  confirmSharePercent: number
  ids: Ids
  /** The id of this process, which names it as the holder of claims. */
  owner: string
  wake: () => void
}

/**
 * Prepares the definition as a put does, but stores nothing. `reasons`: why a put would need a
 * confirmation. Empty: it would need none.
 */
export const createPreviewSegment =
  (deps: PutSegmentDeps): PreviewSegment =>
  async (asked) => {
    await checkCampaignGranted(deps, asked.caller, asked.campaignId)
    const prepared = await prepareSegment(deps, refuseSettings(deps, asked))
    const { analysis, inForce } = prepared
    return { ...prepared, reasons: confirmReasons(analysis, inForce, deps.confirmSharePercent) }
  }

/**
 * Stores the campaign's next version and the answer under the idempotency key in one transaction.
 * After that, any instance can apply the version. If the call is refused, the key can be used
 * again.
 */
export const createPutSegment =
  (deps: PutSegmentDeps): PutSegment =>
  async (asked, call) => {
    await checkCampaignGranted(deps, asked.caller, asked.campaignId)
    const fingerprint = sha256Hex(canonicalJson(asked.sent))
    return withKey(deps, asked, call, fingerprint, async () => refuseSettings(deps, asked))
  }

/**
 * Stores an earlier version again as the newest version. Reads, analyses and compiles it with the
 * current lists and configuration.
 */
export const createRollBackSegment =
  (deps: PutSegmentDeps): RollBackSegment =>
  async ({ caller, campaignId, version, confirm, read }, call) => {
    await checkCampaignGranted(deps, caller, campaignId)
    const fingerprint = sha256Hex(canonicalJson({ version, confirm }))
    return withKey(deps, { caller, campaignId }, call, fingerprint, async () => {
      const earlier = await deps.segments.version(campaignId, version)
      if (earlier === null) {
        throw new GatewayProblem('not-found', 'The campaign does not have this version.')
      }
      const sent = { ...(earlier.sent as object), confirm }
      return { caller, campaignId, sent, read: read(sent) }
    })
  }

const withKey = async (
  deps: PutSegmentDeps,
  { caller, campaignId }: Pick<SegmentAsked, 'caller' | 'campaignId'>,
  call: KeyedSegmentCall,
  fingerprint: string,
  asked: () => Promise<SegmentAsked>,
): Promise<UploadAnswer> => {
  const { method, path, idempotencyKey: key } = call
  const keyed = {
    ...{ tenantId: caller.tenantId, method, path, key, fingerprint: () => fingerprint },
    reused: 'This Idempotency-Key was used for a different definition.',
  }
  return answerOnce(deps, keyed, async (scope) => {
    try {
      return await keepingClaim(deps, scope, async () =>
        put(deps, await asked(), call.expected, scope, fingerprint),
      )
    } catch (error) {
      if (error instanceof GatewayProblem)
        await auditRefusal(deps, caller, campaignId, { fingerprint, code: error.code })
      throw error
    }
  })
}

const put = async (
  deps: PutSegmentDeps,
  asked: SegmentAsked,
  expected: ExpectedVersions,
  scope: ClaimScope,
  fingerprint: string,
): Promise<UploadAnswer> => {
  const { caller, campaignId, sent } = asked
  const prepared = await prepareSegment(deps, asked)
  await refuseStale(deps, campaignId, expected)
  refuseRunning(prepared)
  refuseUnconfirmed(prepared, deps.confirmSharePercent)
  const { definition, house, compiled, analysis } = prepared
  const made = await deps.segments.put(
    {
      ...{ campaignId, sent, definition, house, compiled, analysis },
      tenantId: caller.tenantId,
      actor: caller.keyId,
      requestId: caller.requestId,
    },
    {
      expected,
      kept: { scope, answerOf: (segment) => answerOf(deps, segment, fingerprint) },
      audit: (version) => auditOfRequest(deps.ids, asked, prepared, version),
      auditOfEnd: (segment) => auditOfEnd(deps.ids, segment),
    },
  )
  if (made.kind === 'other-version') throw otherVersion()
  if (made.kind === 'claim-lost') {
    const detail = 'The call was interrupted. Send it again with the same Idempotency-Key.'
    throw new GatewayProblem('database-unavailable', detail, {}, 1)
  }
  deps.wake()
  const { status, body, location } = made.answer
  return { status, body, location, replayed: false }
}

const otherVersion = (): GatewayProblem =>
  new GatewayProblem(
    'precondition-failed',
    'The segment has changed since the version in If-Match.',
  )

/**
 * Refuses a caller who has not seen the newest version, before the caller is asked to confirm a
 * change of that version. The store compares once more when it writes.
 */
const refuseStale = async (
  { segments }: PutSegmentDeps,
  campaignId: string,
  expected: ExpectedVersions,
): Promise<void> => {
  if (expected === null) return
  const newest = await segments.latest(campaignId)
  if (newest === null || (expected !== 'any' && !expected.includes(newest.version)))
    throw otherVersion()
}

const refuseRunning = ({ campaign, definition }: PreparedSegment): void => {
  const isRunning =
    campaign !== null && !['off', 'forced_off', 'complete', 'invalid'].includes(campaign.status)
  if (!isRunning || definition.activation === 'restart') return
  const detail = `The campaign is ${campaign.status}. Genesys cannot change the filter of a running campaign.`
  throw new GatewayProblem('campaign-running', detail)
}

const refuseUnconfirmed = (
  { analysis, inForce, definition }: PreparedSegment,
  sharePercent: number,
): void => {
  const reasons = confirmReasons(analysis, inForce, sharePercent)
  if (reasons.length === 0 || definition.confirm === analysis.digest) return
  const detail = `If this is what you want, send the same definition with confirm = ${analysis.digest}.`
  throw new GatewayProblem('segment-needs-confirm', detail, {
    reasons,
    digest: analysis.digest,
    analysis,
  })
}

const answerOf = (
  deps: PutSegmentDeps,
  segment: CampaignSegment,
  fingerprint: string,
): StoredAnswer => ({
  fingerprint,
  status: 202,
  body: JSON.stringify(deps.renderSegment(segment)),
  location: `/v1/campaigns/${encodeURIComponent(segment.campaignId)}/segment`,
})

/**
 * Writes a refusal to the audit trail. If that fails, the call fails with the error of the
 * database, so the caller sends the call again. The refusal is then recorded.
 */
const auditRefusal = (
  { audit, ids }: PutSegmentDeps,
  caller: SegmentAsked['caller'],
  campaignId: string,
  { fingerprint, code }: { fingerprint: string; code: ProblemCode },
): Promise<void> =>
  audit.append([
    createAuditEntry(ids, byCaller(caller), {
      action: 'segment.refused',
      object: campaignId,
      outcome: 'failed',
      details: { code },
      digest: fingerprint,
    }),
  ])
