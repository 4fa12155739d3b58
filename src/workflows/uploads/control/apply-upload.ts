import type { Caller } from '../../../domain/access/access.ts'
import type { ContactList } from '../../../domain/contact-lists/contact-list.ts'
import { listChangesOf, rowsStillFit } from '../../../domain/contact-lists/list-changes.ts'
import { GatewayProblem } from '../../../domain/problems/problem.ts'
import type { Refusing } from '../../../domain/problems/refusing.ts'
import type { Upload } from '../../../domain/uploads/upload.ts'
import type { Ids } from '../../../lib/ids.ts'
import type { ListCache } from '../../ports/contact-lists/list-cache.ts'
import type { SuppressionPort } from '../../ports/do-not-call/suppressions.ts'
import type { ContactListPort } from '../../ports/genesys/genesys.ts'
import type { UploadStore } from '../../ports/uploads/uploads.ts'
import { readContext, readListSchema } from '../receive/list-schema.ts'
import type { APPLY_REFUSALS } from '../refusals.ts'
import { auditOfControl } from './control-audit.ts'
import { planDigestOf } from './plan-digest.ts'

/** `planDigests`: the digests of the plans that the caller agrees to. */
export type ApplyUpload = Refusing<
  (typeof APPLY_REFUSALS)[number],
  (input: { caller: Caller; uploadId: string; planDigests: readonly string[] }) => Promise<Upload>
>

export type ApplyDeps = {
  uploads: Pick<UploadStore, 'find' | 'staging' | 'apply' | 'replan'>
  suppressions: Pick<SuppressionPort, 'suppressedSince'>
  contactLists: ContactListPort
  lists: ListCache
  ids: Ids
  wake: () => void
  signal?: AbortSignal
}

/**
 * The list is read from Genesys, because a stored copy would not show what has changed since the
 * plan was made. The stored copy is used only if Genesys does not answer.
 */
const FRESH_MS = 0

/**
 * Releases an upload with `apply=manual` to its lane. Computes the digest of its plan again, from
 * the current list and suppressions. A second call with the applied digest returns the upload
 * unchanged. Throws the problems of reading the list, `not-found` (404), and
 * - `plan-changed` (412) with the new digest, if the caller agreed to a different plan,
 * - `schema-drift` (422), if the rows no longer fit the list,
 * - `rows-gone` (410), if the retention of the rows has ended,
 * - `state-conflict` (409), if the upload does not wait to be applied.
 */
export const createApplyUpload =
  (deps: ApplyDeps): ApplyUpload =>
  async ({ caller, uploadId, planDigests }) => {
    const upload = await deps.uploads.find(caller.tenantId, uploadId)
    if (upload === null) throw unknown()
    if (upload.hold?.reason !== 'apply') {
      if (upload.appliedAt !== null && planDigests.includes(upload.planDigest)) return upload
      throw conflict(upload.state)
    }
    const context = readContext(caller.tenantId, deps.signal ?? new AbortController().signal)
    const { list } = await readListSchema(deps, upload.contactListId, context, FRESH_MS)
    const { planDigest, suppressed } = await presentPlan(deps, upload, list)
    if (!planDigests.includes(planDigest)) {
      const wasAgreedTo = planDigests.includes(upload.planDigest)
      throw await changed(deps, { upload, list, planDigest, suppressed, wasAgreedTo })
    }
    refuseMisfit(upload, list)
    const result = await deps.uploads.apply({
      tenantId: caller.tenantId,
      uploadId,
      planDigest,
      schemaVersion: list.schemaVersion,
      audit: auditOfControl(deps.ids, caller, uploadId, 'apply', planDigest),
    })
    if (result === null) throw unknown()
    if (result.kind === 'refused') throw conflict(result.state)
    deps.wake()
    return result.upload
  }

const unknown = (): GatewayProblem => new GatewayProblem('not-found', 'The upload does not exist.')

const conflict = (state: Upload['state']): GatewayProblem =>
  new GatewayProblem('state-conflict', `The upload is ${state}, so there is nothing to apply.`, {
    state,
    action: 'apply',
  })

const presentPlan = async (
  deps: ApplyDeps,
  { tenantId, id, counts }: Upload,
  { schemaVersion }: ContactList,
): Promise<{ planDigest: string; suppressed: number }> => {
  const staging = await deps.uploads.staging(tenantId, id)
  if (staging === null) throw unknown()
  if (!staging.rowsKept) {
    throw new GatewayProblem(
      'rows-gone',
      'The rows of this upload were deleted at the end of their retention.',
    )
  }
  // Also counts rows that newer entries suppress. Otherwise, the upload would leave out more rows
  // than the operator agreed to.
  const suppressed = counts.suppressed + (await deps.suppressions.suppressedSince(id))
  const planDigest = planDigestOf({ basis: staging.planBasis, schemaVersion, suppressed })
  return { planDigest, suppressed }
}

type Changed = {
  upload: Upload
  list: ContactList
  planDigest: string
  suppressed: number
  /** Whether the caller agreed to the plan that the upload showed until now. */
  wasAgreedTo: boolean
}

/**
 * Two things can change a plan: the columns of the list, and who must not be called. Either change
 * may have been undone since the caller saw the plan.
 */
const reasonOf = ({ upload, list, suppressed, wasAgreedTo }: Changed): string => {
  const reasons = [
    ...(list.schemaVersion === upload.schemaVersion
      ? []
      : ['The contact list has changed since the rows were checked, so the plan has changed too.']),
    ...(suppressed === upload.counts.suppressed
      ? []
      : [
          'Since the rows were checked, do-not-call entries or registries have changed which rows are suppressed.',
        ]),
  ]
  if (reasons.length > 0) return reasons.join(' ')
  return wasAgreedTo
    ? 'A change of the contact list or of do-not-call entries was undone, so the plan is the first plan again.'
    : 'If-Match does not name the plan of this upload.'
}

/**
 * The problem for a plan that has changed. Stores the new digest, which the upload shows from then
 * on.
 */
const changed = async (deps: ApplyDeps, about: Changed): Promise<GatewayProblem> => {
  const { upload, list, planDigest, suppressed } = about
  await deps.uploads.replan(upload.tenantId, upload.id, planDigest)
  const changes = list.schemaVersion === upload.schemaVersion ? null : listChangesOf(upload, list)
  return new GatewayProblem('plan-changed', reasonOf(about), { planDigest, suppressed, changes })
}

const refuseMisfit = (upload: Upload, list: ContactList): void => {
  if (list.schemaVersion === upload.schemaVersion) return
  const diff = listChangesOf(upload, list)
  if (rowsStillFit(diff)) return
  const detail = 'The columns of the list have changed since the rows were checked.'
  throw new GatewayProblem('schema-drift', detail, { diff })
}
