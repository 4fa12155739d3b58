import { sql } from 'kysely'

import type { BlockLine, ChainLine, EntryLine } from '../../domain/audit/verify-chain.ts'
import { type AuditReader, PrunedBeside } from '../../workflows/ports/audit/chain.ts'
import type { Database } from '../homes/database.ts'
import { ENTRY_JSON, STRAY, WAITING } from './chain-store.ts'
import { createEntryPages } from './entry-pages.ts'

type BlockRow = {
  block: string
  first_entry: string
  entries: number
  entries_hash: string
  previous: string
  at: string
  signed_by: string
  hash: string
  signature: Buffer
  hashes: string[]
}

const ofViewer = (viewer: string | null) =>
  viewer === null ? sql`` : sql`and e.tenant_id = ${viewer}`

const toLine = (row: BlockRow): BlockLine => ({
  type: 'block',
  header: {
    block: Number(row.block),
    firstEntry: Number(row.first_entry),
    entries: row.entries,
    entriesHash: row.entries_hash,
    previous: row.previous,
    at: row.at,
    keyId: row.signed_by,
  },
  hash: row.hash,
  signature: Buffer.from(row.signature).toString('base64'),
  entryHashes: row.hashes,
})

/**
 * One statement reads the next block. It also reads the blocks that begin less than this many
 * entries after the beginning of the next block. A block has at most this many entries. The
 * statement therefore reads many small blocks, or only one or two large blocks.
 */
const ENTRIES_AT_ONCE = 500
const BLOCKS_AT_ONCE = 100

type BlockWithEntries = BlockRow & { lines: Omit<EntryLine, 'type'>[] }

/**
 * The next blocks after `after`. Each block has only the entries that the viewer may see. One
 * statement reads blocks and entries, so retention cannot delete entries between two reads. Each
 * entry is looked up by its id. Otherwise the planner would read all entries, because it cannot
 * know that the blocks need only a few.
 */
const nextBlocks = async (
  { db }: Database,
  about: { after: number; most: number; viewer: string | null },
): Promise<BlockWithEntries[]> => {
  const { after, most, viewer } = about
  const places = sql`audit_place p`
  const ofBlock = sql`p.seq >= b.first_entry and p.seq < b.first_entry + b.entries`
  const { rows } = await sql<BlockWithEntries>`select b.*,
      array(select p.hash from ${places} where ${ofBlock} order by p.seq) as hashes,
      (select coalesce(json_agg(found.entry order by p.seq), '[]') from ${places} cross join lateral (
        select ${ENTRY_JSON(sql`p.seq`)} as entry from audit_entry e
        where e.id = p.entry_id ${ofViewer(viewer)} offset 0) as found where ${ofBlock}) as lines
    from audit_block b where b.block > ${after} and b.first_entry < ${ENTRIES_AT_ONCE} + (
      select n.first_entry from audit_block n where n.block > ${after} order by n.block limit 1)
    order by b.block limit ${Math.min(most, BLOCKS_AT_ONCE)}`.execute(db)
  return rows
}

/**
 * Throws `PrunedBeside` if there is a gap after `last`, and retention has deleted `last` itself in
 * the meantime. If `last` still exists, something else deleted the missing blocks, and the verifier
 * must notice that.
 */
const checkNotPruned = async ({ db }: Database, last: number, next: number): Promise<void> => {
  if (next === last + 1) return
  const { rows } = await sql`select from audit_block where block = ${last}`.execute(db)
  if (rows.length === 0) throw new PrunedBeside()
}

const createLines = (database: Database): AuditReader['lines'] =>
  async function* (viewer, fromBlock, blocks) {
    yield [{ type: 'export', whole: viewer === null, fromBlock }]
    let last = { block: (fromBlock ?? 1) - 1, hash: '0'.repeat(64) }
    let begun = false
    for (let left = blocks ?? Number.MAX_SAFE_INTEGER; left > 0;) {
      const rows = await nextBlocks(database, { after: last.block, most: left, viewer })
      const [first] = rows
      if (first === undefined) break
      if (begun) await checkNotPruned(database, last.block, Number(first.block))
      begun = true
      left -= rows.length
      const lines: ChainLine[] = []
      for (const row of rows) {
        const line = toLine(row)
        last = { block: line.header.block, hash: line.hash }
        lines.push(line, ...row.lines.map((entry) => ({ type: 'entry', ...entry }) as EntryLine))
      }
      yield lines
    }
    yield [{ type: 'end', ...last }]
  }

/** Reads the chain as it is stored. */
export const createAuditReader = (deps: { database: Database }): AuditReader => ({
  ...createEntryPages(deps),
  lines: createLines(deps.database),
  state: async () => {
    const { rows } = await sql<{
      block: string
      hash: string
      waiting: number
      waiting_ms: number
    }>`select c.block, c.hash,
        (select count(*)::int from audit_entry e where ${WAITING}) as waiting,
        (select coalesce(max(greatest(0, extract(epoch from clock_timestamp() - e.at) * 1000)), 0)::float8
          from audit_entry e where ${WAITING}) as waiting_ms
      from audit_chain c`.execute(deps.database.db)
    const row = rows[0]!
    return {
      ...{ block: Number(row.block), hash: row.hash, waiting: row.waiting },
      oldestWaitingMs: Math.round(row.waiting_ms),
    }
  },
  stray: async () => {
    const { rows } = await sql<{
      stray: number
    }>`select count(*)::int as stray from audit_entry e where ${STRAY}`.execute(deps.database.db)
    return rows[0]!.stray
  },
})
