import { sql } from 'kysely'

import type {
  DncChangeReceipt,
  DncChangeStore,
} from '../../workflows/ports/genesys-events/dnc-changes.ts'
import { appendAudit } from '../audit/audit-store.ts'
import type { Outbox } from '../endpoints/outbox.ts'
import { inTransaction, type Database, type Tx } from '../homes/database.ts'

/** Stores the receipt. Returns the time of its arrival. null: it is a duplicate. */
const insertReceipt = async (
  tx: Tx,
  { id, key, dncListId, bodyDigest }: DncChangeReceipt,
): Promise<Date | null> => {
  const [state, reason] = dncListId === null ? ['ignored', 'malformed'] : ['taken', null]
  const { rows } = await sql<{
    received_at: Date
  }>`insert into webhook_receipt (id, route, key, list_id, body_digest, state, reason, settled_at)
    values (${id}, 'dnc', ${key}, ${dncListId}, ${bodyDigest}, ${state}, ${reason}, clock_timestamp())
    on conflict (key) do nothing returning received_at`.execute(tx)
  return rows[0]?.received_at ?? null
}

const tenantsOf = async (tx: Tx, dncListId: string): Promise<string[]> => {
  const { rows } = await sql<{
    tenant_id: string
  }>`select distinct tenant_id from tenant_grant
    where kind = 'dnc_list' and object_id in (${dncListId}, '*') order by tenant_id`.execute(tx)
  return rows.map((row) => row.tenant_id)
}

/** How long Genesys may take to report an entry that it has accepted. */
const TOLD_WITHIN = sql`interval '5 minutes'`

/**
 * Whether the gateway is sending entries to the list, or sent some a moment ago. Genesys reports
 * every new entry of a list, but not who added it.
 */
const mayBeOwn = async (tx: Tx, dncListId: string): Promise<boolean> => {
  const { rows } = await sql<{ own: boolean }>`select
    exists (select from dnc_submission where dnc_list_id = ${dncListId} and state in ('applying', 'held'))
    or exists (select from dnc_submission where dnc_list_id = ${dncListId} and created > 0
      and applied_at > clock_timestamp() - ${TOLD_WITHIN}) as own`.execute(tx)
  return rows[0]!.own
}

/**
 * Makes a pull of the list due. Also notes which pulls began before the change: they may not have
 * seen it. These are all pulls with the number of an existing submission. `begun` alone is not
 * enough, because an earlier version does not set it. If nothing was submitted since the last note,
 * the row is not written again.
 */
const makePullDue = async (tx: Tx, dncListId: string): Promise<void> => {
  const begun = sql`coalesce(greatest(begun, submission, (select max(number) from dnc_submission)), 0)`
  await sql`update dnc_pull set changed_after = ${begun}, due_at = least(due_at, clock_timestamp())
    where dnc_list_id = ${dncListId} and (due_at > clock_timestamp() or changed_after is distinct from ${begun})`.execute(
    tx,
  )
}

/**
 * The SQL store of Genesys' notifications about DNC lists. A notification makes a pull due only if
 * the list has a row in `dnc_pull`.
 */
export const createDncChanges = (deps: {
  database: Database
  outbox: Pick<Outbox, 'tell'>
}): DncChangeStore => ({
  record: (receipt, auditOf) =>
    inTransaction(deps.database, async (tx) => {
      const receivedAt = await insertReceipt(tx, receipt)
      if (receivedAt === null) return 'duplicate'
      const { dncListId } = receipt
      const at = receivedAt.toISOString()
      await makePullDue(tx, dncListId)
      const tenants = await tenantsOf(tx, dncListId)
      await appendAudit(tx, tenants.map(auditOf))
      const own = await mayBeOwn(tx, dncListId)
      await deps.outbox.tell(
        tx,
        tenants.map((tenantId) => ({
          type: 'dnc.external_change',
          change: { tenantId, dncListId, at, mayBeOwn: own },
        })),
      )
      return 'recorded'
    }),
  malformed: (receipt, audit) =>
    inTransaction(deps.database, async (tx) => {
      if ((await insertReceipt(tx, receipt)) !== null) await appendAudit(tx, [audit])
    }),
})
