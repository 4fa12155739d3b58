import type { Caller } from '../../domain/access/access.ts'
import { byCaller, createAuditEntry } from '../../domain/audit/audit.ts'
import type { Erasure, ErasureSubject } from '../../domain/erasures/erasure.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import type { Refusing } from '../../domain/problems/refusing.ts'
import { canonicalJson } from '../../lib/canonical-json.ts'
import { keyedDigest } from '../../lib/keyed-digest.ts'
import type { UploadAnswer } from '../contract.ts'
import type { AccessStore } from '../ports/access/access.ts'
import type { ErasureStore } from '../ports/erasures/erasures.ts'
import { answerOnce, type AnswerOnceDeps } from '../uploads/receive/answer-once.ts'
import { inProgress } from '../uploads/receive/idempotency-claim.ts'
import type { ASK_ERASURE_REFUSALS } from './refusals.ts'

export type AskErasureDeps = AnswerOnceDeps & {
  erasures: Pick<ErasureStore, 'ask'>
  access: Pick<AccessStore, 'isGranted'>
  /**
   * Renders the erasure as callers see it. The result is stored with the idempotency key and
   * replayed.
   */
  renderErasure: (erasure: Erasure) => object
  digestKey: Buffer
  /** Called when there is an erasure to work on. */
  wake: () => void
}

/** `subject`: the person, with the phone or email already normalised. */
export type AskErasure = Refusing<
  (typeof ASK_ERASURE_REFUSALS)[number],
  (request: {
    caller: Caller
    subject: ErasureSubject
    idempotencyKey: string
    method: string
    path: string
  }) => Promise<UploadAnswer>
>

/**
 * Accepts an erasure. After the 202, the gateway works on the erasure until it is done. The data
 * stored with the idempotency key identifies the person only by a keyed digest.
 */
export const createAskErasure =
  (deps: AskErasureDeps): AskErasure =>
  async ({ caller, subject, idempotencyKey: key, method, path }) => {
    const { tenantId } = caller
    const { kind, contactListId } = subject
    if (
      contactListId !== null &&
      !(await deps.access.isGranted(tenantId, 'contact_list', contactListId))
    ) {
      throw new GatewayProblem(
        'not-found',
        'The contact list does not exist, or your tenant may not use it.',
      )
    }
    const fingerprint = keyedDigest(deps.digestKey, canonicalJson(subject)).toString('hex')
    const call = {
      ...{ tenantId, method, path, key, fingerprint: () => fingerprint },
      reused: 'This Idempotency-Key was used to erase a different person.',
    }
    return answerOnce(deps, call, async (scope) => {
      const id = deps.ids.newId('era')
      const answer = await deps.erasures.ask({
        ...{ id, tenantId, subject, scope, actor: caller.keyId },
        answerOf: (erasure) => ({
          fingerprint,
          status: 202,
          body: JSON.stringify(deps.renderErasure(erasure)),
          location: `/v1/erasures/${id}`,
        }),
        audit: createAuditEntry(deps.ids, byCaller(caller), {
          action: 'erasure.accepted',
          details: { kind },
          object: id,
          counts: { [kind]: 1 },
        }),
      })
      if (answer === null) throw inProgress()
      deps.wake()
      const { status, body, location } = answer
      return { status, body, location, replayed: false }
    })
  }
