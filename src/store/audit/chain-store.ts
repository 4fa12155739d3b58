import { sql, type RawBuilder } from 'kysely'

import {
  type BlockHeader,
  type EntryLine,
  hashOfEntries,
  hashOfEntry,
  hashOfHeader,
  textOfHeader,
} from '../../domain/audit/verify-chain.ts'
import type { AuditChain } from '../../workflows/ports/audit/chain.ts'
import type { Signer } from '../../workflows/ports/signing/signing-keys.ts'
import { STEADY_NOW } from '../clock/steady-time.ts'
import { inTransaction, type Database, type Tx } from '../homes/database.ts'
import { runKeptQuery } from '../homes/kept-statements.ts'

/** An entry in the form that is hashed. Times have all their digits. */
export const ENTRY_JSON = (
  seq: RawBuilder<unknown>,
) => sql`json_build_object('seq', ${seq}, 'id', e.id,
  'at', to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'tenant', e.tenant_id, 'actor', e.actor,
  'action', e.action, 'object', e.object, 'requestId', e.request_id, 'attempt', e.attempt, 'latencyMs', e.latency_ms,
  'outcome', e.outcome, 'counts', e.counts, 'details', e.details, 'digest', e.digest)`

/** The first transaction id that no transaction of this server has yet. */
const XMAX = sql`pg_snapshot_xmax(pg_current_snapshot())`
/**
 * Whether transaction ids have started again, because the database was restored into another
 * server. In that case, all entries without a number come next.
 */
const ANEW = sql`c.last_xid >= ${XMAX}`
/**
 * Subqueries that return one value, so that the index is searched from that value on. If the values
 * were columns of a join, the planner would read and filter the whole index.
 */
const LAST_XID = sql`(select case when ${ANEW} then '0'::xid8 else c.last_xid end from audit_chain c)`
const LAST_ID = sql`(select case when ${ANEW} then '' else c.last_id end from audit_chain c)`
const BEHIND = sql`(e.xid, e.id) > (${LAST_XID}, ${LAST_ID})`
const UNNUMBERED = sql`not exists (select from audit_place p where p.entry_id = e.id)`
/**
 * Few entries wait for a number. The `offset` makes the planner search for each of them. Without
 * it, the planner reads all rows of `audit_place`.
 */
const NOT_FOUND = sql`not exists (select from audit_place p where p.entry_id = e.id offset 0)`
export const WAITING = sql`${BEHIND} and e.xid < ${XMAX} and ${NOT_FOUND}`
/** Entries that will never get a number, because their position is before the end of the chain. */
export const STRAY = sql`not (${BEHIND}) and ${UNNUMBERED}`
/**
 * An entry gets its number only when no older transaction is running. An older transaction can
 * still commit an entry with an earlier place. If entries with later places already had numbers,
 * this entry could get no number.
 */
const SETTLED = sql`e.xid < pg_snapshot_xmin(pg_current_snapshot())`

const ENTRIES_A_BLOCK = 500
const LEASE = sql`interval '5 seconds'`

type Head = {
  block: string
  entries: string
  hash: string
  at: string
}
type Waiting = { id: string; xid: string; entry: Omit<EntryLine, 'type'>; lag_ms: number }

/**
 * Locks the head. null: another instance is writing, or has written within the last five seconds.
 */
const lockHead = async (tx: Tx, owner: string): Promise<Head | null> => {
  const { rows } = await sql<Head>`select block, entries, hash,
      to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at
    from audit_chain where owner = ${owner} or lease_until is null or lease_until < ${STEADY_NOW}
    for update skip locked`.execute(tx)
  return rows[0] ?? null
}

const readWaiting = async (tx: Tx, head: Head): Promise<Waiting[]> => {
  const { rows } =
    await sql<Waiting>`select e.id, e.xid::text, ${ENTRY_JSON(sql`${head.entries}::bigint + row_number() over (order by e.xid, e.id)`)} as entry,
      (extract(epoch from clock_timestamp() - e.at) * 1000)::float8 as lag_ms
    from audit_entry e where ${WAITING} and ${SETTLED}
    order by e.xid, e.id limit ${ENTRIES_A_BLOCK}`.execute(tx)
  return rows
}

const writeBlock = async (
  tx: Tx,
  { header, hash, signature }: { header: BlockHeader; hash: string; signature: Buffer },
  places: readonly { id: string; seq: number; hash: string }[],
  { owner, last }: { owner: string; last: Waiting },
): Promise<void> => {
  await sql`with placed as (insert into audit_place (entry_id, seq, hash)
      select id, seq, hash from json_to_recordset(${JSON.stringify(places)}::json) as p (id text, seq bigint, hash text)),
    written as (insert into audit_block (block, first_entry, entries, entries_hash, previous, at, signed_by, hash, signature)
      values (${header.block}, ${header.firstEntry}, ${header.entries}, ${header.entriesHash}, ${header.previous},
        ${header.at}, ${header.keyId}, ${hash}, ${signature}))
    update audit_chain set owner = ${owner}, lease_until = clock_timestamp() + ${LEASE}, block = ${header.block},
      entries = entries + ${places.length}::int, hash = ${hash}, last_xid = ${last.xid}::xid8, last_id = ${last.id}`.execute(
    tx,
  )
}

type Deps = { database: Database; signer: Signer }

const chainWaiting = async (tx: Tx, { signer }: Deps, owner: string) => {
  const head = await lockHead(tx, owner)
  if (head === null) return null
  const waiting = await readWaiting(tx, head)
  const last = waiting.at(-1)
  if (last === undefined) return null
  const places = waiting.map(({ id, entry }) => ({
    ...{
      id,
      seq: entry.seq as number,
      hash: hashOfEntry({ type: 'entry', ...entry } as EntryLine),
    },
  }))
  const header: BlockHeader = {
    block: Number(head.block) + 1,
    firstEntry: Number(head.entries) + 1,
    entries: places.length,
    entriesHash: hashOfEntries(places.map((place) => place.hash)),
    previous: head.hash,
    at: head.at,
    keyId: signer.keyId,
  }
  const hash = hashOfHeader(header)
  const { signature } = signer.sign('audit-block', textOfHeader(header))
  await writeBlock(tx, { header, hash, signature }, places, { owner, last })
  const lagMs = Math.max(0, ...waiting.map((one) => one.lag_ms))
  return {
    block: header.block,
    hash,
    entries: places.length,
    lagMs,
    isFull: places.length === ENTRIES_A_BLOCK,
    signed: { ...header, hash, signature: signature.toString('base64') },
  }
}

/**
 * The SQL store of the chain. The row of the head is both lease and fence. The writer of a block
 * locks that row, and writes the next head into it.
 */
export const createAuditChain = (deps: Deps): AuditChain => ({
  chainNext: async (owner) => {
    // One cheap statement finds out whether any entry waits for a number.
    const [probe] = await runKeptQuery(
      deps.database.db,
      sql<{ waits: boolean }>`select exists (select from audit_entry e where ${WAITING}) as waits`,
    )
    return probe?.waits === true
      ? inTransaction(deps.database, (tx) => chainWaiting(tx, deps, owner))
      : null
  },
})
