import { byGateway, createAuditEntry } from '../../domain/audit/audit.ts'
import type { Ids } from '../../lib/ids.ts'
import type { Emit } from '../../telemetry/events.ts'
import type {
  IgnoreReason,
  OpenReceipt,
  ReceiptStore,
  ReceiptSubject,
} from '../ports/genesys-events/webhooks.ts'

export type VerifyWebhookDeps = {
  receipts: Pick<ReceiptStore, 'load' | 'nudge' | 'postpone' | 'settle'>
  /** Ends the lane's wait if this process holds the lane. */
  nudgeLane: (laneKey: string, count: number) => void
  ids: Ids
  emit: Emit
}

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
/**
 * The waits between the checks of a receipt while its job is not settled. The lane also polls the
 * job without these checks. A check only makes the next poll come earlier.
 */
const CHECKS_MS = [2 * SECOND, 10 * SECOND, MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, 24 * HOUR] as const
/**
 * A job that is still unknown after this many checks (72 s) counts as no job of this gateway. A
 * webhook may arrive before the answer that names its job, but by less than this time.
 */
const CHECKS_OF_UNKNOWN = 3

/**
 * Checks one receipt. A receipt is only a hint. While its job is not settled, the check nudges the
 * lane that waits for the job, so that the lane polls the job earlier. After the lane has settled
 * the job, the next check records whether the receipt was right. Finished receipts are skipped.
 */
export const createVerifyWebhook =
  (deps: VerifyWebhookDeps) =>
  async (receiptId: string): Promise<void> => {
    const receipt = await deps.receipts.load(receiptId)
    if (receipt === null) return
    const { subject, checks } = receipt
    if (subject !== null && !subject.pending) {
      await answered(deps, receipt, subject)
      return
    }
    const nextInMs = subject === null && checks >= CHECKS_OF_UNKNOWN ? undefined : CHECKS_MS[checks]
    if (nextInMs === undefined) {
      await ignored(deps, receipt, subject === null ? 'unknown' : 'unsettled')
      return
    }
    if (subject !== null) {
      const count = await deps.receipts.nudge(subject)
      if (count !== null) deps.nudgeLane(subject.laneKey, count)
    }
    await deps.receipts.postpone(receiptId, nextInMs)
  }

/**
 * Whether the status in the receipt contradicts the end of the job that Genesys reported. Also
 * false if no end is stored, because older versions of the gateway did not store the end.
 */
const isContradicted = ({ status }: OpenReceipt, { ended }: ReceiptSubject): boolean =>
  ended !== null &&
  ((status === 'error' && ended === 'completed') || (status === 'success' && ended !== 'completed'))

/** Records the result for the receipt after the lane has settled the job. */
const answered = async (
  deps: VerifyWebhookDeps,
  receipt: OpenReceipt,
  subject: ReceiptSubject,
): Promise<void> => {
  const { id, route, bodyDigest, checks, sinceReceivedMs } = receipt
  const state = isContradicted(receipt, subject) ? 'contradicted' : 'verified'
  const audit = createAuditEntry(deps.ids, byGateway(subject), {
    action: `webhook.${state}`,
    object: subject.uploadId,
    details: { receiptId: id, route, status: receipt.status, ended: subject.ended },
    attempt: checks + 1,
    latencyMs: Math.round(sinceReceivedMs),
    digest: bodyDigest.toString('hex'),
  })
  await deps.receipts.settle(id, { state, uploadId: subject.uploadId, audit })
  deps.emit('webhook.settled', {
    receiptId: id,
    route,
    uploadId: subject.uploadId,
    outcome: state,
    reason: null,
    sinceReceivedMs: Math.round(sinceReceivedMs),
  })
}

const ignored = async (
  deps: VerifyWebhookDeps,
  { id, route, subject, sinceReceivedMs }: OpenReceipt,
  reason: IgnoreReason,
): Promise<void> => {
  await deps.receipts.settle(id, { state: 'ignored', reason })
  deps.emit('webhook.settled', {
    receiptId: id,
    route,
    uploadId: subject?.uploadId ?? null,
    outcome: 'ignored',
    reason,
    sinceReceivedMs: Math.round(sinceReceivedMs),
  })
}
