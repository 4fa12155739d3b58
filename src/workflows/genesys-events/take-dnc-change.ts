import { DEFAULT_TENANT } from '../../domain/access/tenant.ts'
import { createAuditEntry } from '../../domain/audit/audit.ts'
import { dncChangeKey, readDncChange } from '../../domain/genesys-events/dnc-change.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import type { Clock } from '../../lib/clock.ts'
import { sha256 } from '../../lib/digest.ts'
import type { Ids } from '../../lib/ids.ts'
import type { Emit } from '../../telemetry/events.ts'
import type { DncChangeStore } from '../ports/genesys-events/dnc-changes.ts'

export type TakeDncChangeDeps = {
  dncChanges: DncChangeStore
  clock: Pick<Clock, 'now'>
  ids: Ids
  emit: Emit
}

/**
 * Receives a report that a DNC list has new entries. The caller of this function has verified the
 * sender. In one transaction, stores one receipt, stores a notification for each tenant that may
 * use the list, and makes a planned pull of the list due immediately. The report is only a hint: it
 * does not change who is suppressed. If the body does not have the form of such a report, stores
 * only the receipt and an audit entry. It then throws `GatewayProblem` 400, which names the field
 * at fault.
 */
export const takeDncChange = async (
  deps: TakeDncChangeDeps,
  { messageId, body }: { messageId: string | null; body: Uint8Array },
): Promise<void> => {
  const { ids, emit } = deps
  const read = readDncChange(body)
  const change = 'dncListId' in read ? read : null
  const id = ids.newId('rcp')
  const bodyDigest = sha256(body)
  const receipt = {
    ...{ id, bodyDigest, dncListId: change?.dncListId ?? null },
    key: dncChangeKey({ messageId, change, body, now: deps.clock.now() }),
  }
  const audited = (tenantId: string) => ({
    ...{ tenantId, actor: 'gateway', requestId: id },
  })
  const digest = bodyDigest.toString('hex')
  const about = { receiptId: id, route: 'dnc', status: null } as const
  if ('pointer' in read) {
    // The body names no list, so nobody knows which tenant it concerns.
    const audit = {
      action: 'webhook.malformed',
      object: id,
      outcome: 'failed',
      details: { route: 'dnc', field: read.pointer },
    } as const
    await deps.dncChanges.malformed(
      receipt,
      createAuditEntry(ids, audited(DEFAULT_TENANT), { ...audit, digest }),
    )
    emit('webhook.received', { ...about, outcome: 'malformed' })
    throw new GatewayProblem(
      'webhook-malformed',
      'The body does not have the form that this address accepts.',
      {
        errors: [read],
      },
    )
  }
  const { dncListId } = read
  const recorded = await deps.dncChanges.record({ ...receipt, dncListId }, (tenantId) =>
    createAuditEntry(ids, audited(tenantId), {
      ...{ action: 'dnc.external_change', object: dncListId, digest },
    }),
  )
  emit('webhook.received', {
    ...about,
    outcome: recorded === 'recorded' ? 'accepted' : 'duplicate',
  })
}
