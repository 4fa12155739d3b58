import type { Caller } from '../../../domain/access/access.ts'
import { byCaller, createAuditEntry } from '../../../domain/audit/audit.ts'
import type { DncSubmission } from '../../../domain/do-not-call/dnc-submission.ts'
import { GatewayProblem } from '../../../domain/problems/problem.ts'
import type { Refusing } from '../../../domain/problems/refusing.ts'
import { sha256Hex } from '../../../lib/digest.ts'
import type { Ids } from '../../../lib/ids.ts'
import type { UploadAnswer } from '../../contract.ts'
import type { DncPullStore } from '../../ports/do-not-call/pulls.ts'
import { StagingLost } from '../../ports/uploads/uploads.ts'
import {
  claimKey,
  inProgress,
  releaseClaim,
  type ClaimDeps,
} from '../../uploads/receive/idempotency-claim.ts'
import type { ASK_PULL_REFUSALS } from '../refusals.ts'

export type AskPullDeps = ClaimDeps & {
  pulls: Pick<DncPullStore, 'ask'>
  /** False in the guide dialect, which has no call that shows the entries of a list. */
  canPull: boolean
  renderSubmission: (submission: DncSubmission) => object
  ids: Ids
  owner: string
}

export type AskPull = Refusing<
  (typeof ASK_PULL_REFUSALS)[number],
  (asked: {
    caller: Caller
    dncListId: string
    idempotencyKey: string
    path: string
  }) => Promise<UploadAnswer>
>

/**
 * Requests a pull of the entries that were added to a list inside Genesys. Answers 202 with a
 * submission, to which the entries are added afterwards.
 */
export const createAskPull =
  (deps: AskPullDeps): AskPull =>
  async ({ caller, dncListId, idempotencyKey, path }) => {
    if (!deps.canPull) {
      const detail = 'The guide dialect has no call that shows the entries of a list.'
      throw new GatewayProblem('dnc-pull-not-possible', detail)
    }
    const { tenantId, keyId, requestId } = caller
    const scope = {
      ...{ tenantId, method: 'POST', path, key: idempotencyKey },
      owner: `${deps.owner}:${deps.ids.newUuid()}`,
    }
    const done = await claimKey(deps, scope)
    // The path names the list, and keys are stored by path. So the same key always means the same
    // call.
    if (done !== null) return { ...done, replayed: true }
    try {
      const id = deps.ids.newId('dns')
      const about = { action: 'dnc.accepted', object: id } as const
      const asked = await deps.pulls.ask({
        ...{ id, tenantId, dncListId, actor: keyId, requestId, owner: deps.owner, scope },
        audit: createAuditEntry(deps.ids, byCaller(caller), about),
        answerOf: (submission) => ({
          ...{ fingerprint: sha256Hex(path), status: 202, location: `/v1/dnc-submissions/${id}` },
          body: JSON.stringify(deps.renderSubmission(submission)),
        }),
      })
      if (asked !== 'running') return { ...asked.answer, replayed: false }
      const detail = 'The list is being pulled already.'
      throw new GatewayProblem('dnc-pull-running', detail, {}, 60)
    } catch (error) {
      await releaseClaim(deps, scope)
      throw error instanceof StagingLost ? inProgress() : error
    }
  }
