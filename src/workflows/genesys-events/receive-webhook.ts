import { DEFAULT_TENANT } from '../../domain/access/tenant.ts'
import { type AuditEntry, byGateway, createAuditEntry } from '../../domain/audit/audit.ts'
import { claimedPart, provesPart } from '../../domain/genesys-events/capability-token.ts'
import {
  type Notice,
  noticeFault,
  readNotice,
  receiptKey,
  SUBSCRIPTIONS,
  TOKEN_DEAD_AFTER_MS,
  type UploadWebhookRoute,
  type WebhookRoute,
} from '../../domain/genesys-events/genesys-webhook.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import type { Refusing } from '../../domain/problems/refusing.ts'
import { sha256 } from '../../lib/digest.ts'
import type { IgnoreReason, ReceiptStore } from '../ports/genesys-events/webhooks.ts'
import type { WEBHOOK_REFUSALS } from './refusals.ts'
import { takeDncChange, type TakeDncChangeDeps } from './take-dnc-change.ts'

/**
 * How a caller proves that it is Genesys. `signed`: the signature over the raw bytes is already
 * checked and valid.
 */
export type WebhookProof =
  | { kind: 'token'; token: string }
  | { kind: 'signed'; messageId: string }
  | { kind: 'none' }

/**
 * Receives a call of Genesys: checks the proof, reads the body, and stores a receipt. A repeated
 * call stores no second receipt. The commit of an upload's receipt does not wait for the disk, so a
 * crash of the machine may lose the receipt. The gateway then learns of the end of the job from its
 * polls. Makes no call to Genesys. Throws `GatewayProblem`. 401: there is no valid proof, and
 * nothing is stored. 400: the body does not have the expected form, and a receipt is stored.
 */
export type ReceiveWebhook = Refusing<
  (typeof WEBHOOK_REFUSALS)[number],
  (input: { route: WebhookRoute; proof: WebhookProof; body: Uint8Array }) => Promise<void>
>

export type ReceiveWebhookDeps = TakeDncChangeDeps & {
  receipts: Pick<ReceiptStore, 'listOfPart' | 'record'>
  /**
   * The first secret signs new tokens. Tokens of the other secrets are still valid. Empty: no token
   * is valid.
   */
  secrets: readonly string[]
}

/**
 * Reports accepted, repeated and refused calls as `webhook.received`. `takeDncChange` receives the
 * calls about DNC lists.
 */
export const createReceiveWebhook =
  (deps: ReceiveWebhookDeps): ReceiveWebhook =>
  async ({ route, proof, body }) => {
    const proven = await proveSender(deps, route, proof)
    if (proven === null) {
      deps.emit('webhook.received', { receiptId: null, route, outcome: 'forged', status: null })
      throw new GatewayProblem(
        'webhook-proof-invalid',
        'The gateway cannot verify who sent this call.',
      )
    }
    if (route === 'dnc') return takeDncChange(deps, { ...proven, body })
    const notice = readNotice(route, body)
    const id = deps.ids.newId('rcp')
    const recorded = await deps.receipts.record({
      id,
      route,
      key: receiptKey({ route, ...proven, notice, body }),
      partId: proven.partId,
      ...(notice ?? NOTHING_READ),
      bodyDigest: sha256(body),
      ignored: ignoredAtOnce(notice),
      ...(notice === null && { audit: malformed(deps, { id, route, body }) }),
    })
    if (notice === null) {
      deps.emit('webhook.received', { receiptId: id, route, outcome: 'malformed', status: null })
      throw new GatewayProblem(
        'webhook-malformed',
        'The body does not have the form that this address accepts.',
      )
    }
    const outcome = recorded === 'recorded' ? 'accepted' : 'duplicate'
    deps.emit('webhook.received', { receiptId: id, route, outcome, status: notice.status })
  }

/**
 * The audit entry of a malformed body. It belongs to the default tenant, because such a body does
 * not show which tenant it concerns.
 */
const malformed = (
  { ids }: ReceiveWebhookDeps,
  { id, route, body }: { id: string; route: UploadWebhookRoute; body: Uint8Array },
): AuditEntry =>
  createAuditEntry(ids, byGateway({ tenantId: DEFAULT_TENANT, requestId: id }), {
    action: 'webhook.malformed',
    object: id,
    outcome: 'failed',
    details: { route, field: noticeFault(route, body) },
    digest: sha256(body).toString('hex'),
  })

const NOTHING_READ = { jobId: null, listId: null, status: null, processed: null, failed: null }

/**
 * Why a receipt needs no check: its body is malformed, or it only reports progress, which has no
 * effect. null: it must be checked.
 */
const ignoredAtOnce = (notice: Notice | null): IgnoreReason | null => {
  if (notice === null) return 'malformed'
  return notice.status === 'in_progress' ? 'progress' : null
}

/**
 * Checks a proof. null: not proven. The token of a callback is valid for one part. The token of a
 * subscription is valid for that subscription.
 */
const proveSender = async (
  deps: ReceiveWebhookDeps,
  route: WebhookRoute,
  proof: WebhookProof,
): Promise<{ messageId: string | null; partId: string | null } | null> => {
  if (proof.kind === 'none') return null
  if (proof.kind === 'signed') return { messageId: proof.messageId, partId: null }
  const partId = claimedPart(proof.token)
  if (partId === null) return null
  if (route !== 'callback') {
    const { part, eventType } = SUBSCRIPTIONS[route]
    const proven = partId === part && provesPart(deps.secrets, proof.token, eventType)
    return proven ? { messageId: null, partId: null } : null
  }
  const listId = await deps.receipts.listOfPart(partId, TOKEN_DEAD_AFTER_MS)
  if (listId === null || !provesPart(deps.secrets, proof.token, listId)) return null
  return { messageId: null, partId }
}
