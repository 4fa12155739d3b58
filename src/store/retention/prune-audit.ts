import { sql, type RawBuilder } from 'kysely'

import { DEFAULT_TENANT } from '../../domain/access/tenant.ts'
import { byGateway, createAuditEntry } from '../../domain/audit/audit.ts'
import type { Ids } from '../../lib/ids.ts'
import { appendAudit } from '../audit/audit-store.ts'
import type { Tx } from '../homes/database.ts'
import type { Rule } from './retention-rule.ts'

/**
 * About how many entries one transaction deletes. A block more than that, but no more blocks. So no
 * deletion takes as long as a statement may take.
 */
const ENTRIES_A_DELETION = sql.lit(20_000)
/** How many blocks are looked at when deletions are recorded. */
const BLOCKS_AT_ONCE = sql.lit(20_000)
/** At most this many deletions are recorded at a time: a block has at most 500 entries. */
const RECORDS_AT_ONCE = sql.lit(500)

const RECORD = 'record'
const WAIT = 'wait'

/** The oldest block. Without its order, a search for old blocks would read all younger ones. */
const FIRST = sql`(select block, first_entry, at::timestamptz as at from audit_block order by block limit 1)`

/** Records deletions that follow each other, from the oldest block on. */
const record = async (tx: Tx, past: RawBuilder<unknown>, ids: Ids): Promise<void> => {
  const { rows } = await sql<{ block: string; hash: string }>`with f as materialized ${FIRST},
      -- No block is deleted before an older one.
      kept as materialized (select b.block from audit_block b, f where b.block < f.block + ${BLOCKS_AT_ONCE}
        and b.at::timestamptz >= ${past} order by b.block limit 1)
    select distinct on ((b.first_entry - f.first_entry) / ${ENTRIES_A_DELETION}) b.block, b.hash
    from audit_block b, f, audit_chain c where b.block < least((select block from kept), f.block + ${BLOCKS_AT_ONCE}, c.block)
    order by (b.first_entry - f.first_entry) / ${ENTRIES_A_DELETION}, b.block desc limit ${RECORDS_AT_ONCE}`.execute(
    tx,
  )
  const who = byGateway({ tenantId: DEFAULT_TENANT, requestId: 'retention' })
  const entries = rows.map(({ block, hash }) => {
    const details = { throughBlock: Number(block), throughHash: hash }
    return createAuditEntry(ids, who, { action: 'audit.pruned', object: 'audit', details })
  })
  await appendAudit(tx, entries)
}

/**
 * Deletes whole blocks, the oldest first. First an audit entry records how far the deletion will
 * go. Only when that entry is in the chain, the blocks are deleted, by the only function that may
 * delete blocks. So the beginning of the chain can be verified at any time.
 */
export const auditEntries: Rule = {
  lot: 1,
  // One row: the id of the record whose blocks are deleted next, or what must happen before.
  due: (past) => sql`select coalesce(next.key, ${RECORD}) as key, f.at as ended_at
    from ${FIRST} as f join audit_chain c on f.block < c.block left join lateral (
      select case when exists (select from audit_place p where p.entry_id = e.id) then e.id else ${WAIT} end as key, e.block
      from (select id, (details ->> 'throughBlock')::bigint as block from audit_entry
        where action = 'audit.pruned' order by at desc limit ${RECORDS_AT_ONCE}) as e
      where e.block >= f.block order by e.block, e.id limit 1) as next on true
    where f.at < ${past} and not exists (select from audit_block b
      where b.block <= next.block and b.at::timestamptz >= ${past})`,
  remove: async (tx, [key], { past, ids }) => {
    if (key === RECORD) await record(tx, past, ids)
    if (key === RECORD || key === WAIT) return 'waits'
    await sql`select audit_prune(${key})`.execute(tx)
    return 'removed'
  },
}
