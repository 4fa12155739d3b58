import { sql, type RawBuilder } from 'kysely'

import type { BlockLine, ChainLine, EntryLine } from '../../domain/audit/verify-chain.ts'
import type {
  AuditEntryFilter,
  AuditReader,
  ChainedEntry,
} from '../../workflows/ports/audit/chain.ts'
import type { Database } from '../homes/database.ts'
import { ENTRY_JSON, STRAY, WAITING } from './chain-store.ts'

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
type EntryRow = { entry: Omit<ChainedEntry, 'hash'>; hash: string }

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

/** The next block after one. null: there is none. */
const nextBlock = async ({ db }: Database, after: number): Promise<BlockLine | null> => {
  const { rows } = await sql<BlockRow>`select b.*, array(select p.hash from audit_place p
      where p.seq >= b.first_entry and p.seq < b.first_entry + b.entries order by p.seq) as hashes
    from audit_block b where b.block > ${after} order by b.block limit 1`.execute(db)
  return rows[0] ? toLine(rows[0]) : null
}

const entriesOf = async (
  { db }: Database,
  { header: { firstEntry, entries } }: BlockLine,
  viewer: string | null,
): Promise<EntryLine[]> => {
  const { rows } = await sql<{
    entry: Omit<EntryLine, 'type'>
  }>`select ${ENTRY_JSON(sql`p.seq`)} as entry
    from audit_place p join audit_entry e on e.id = p.entry_id
    where p.seq >= ${firstEntry} and p.seq < ${firstEntry + entries} ${ofViewer(viewer)} order by p.seq`.execute(
    db,
  )
  return rows.map(({ entry }) => ({ type: 'entry', ...entry }) as EntryLine)
}

const createLines = (database: Database): AuditReader['lines'] =>
  async function* (viewer, fromBlock, blocks) {
    yield [{ type: 'export', whole: viewer === null, fromBlock }]
    let last = { block: (fromBlock ?? 1) - 1, hash: '0'.repeat(64) }
    for (let count = 0; blocks === null || count < blocks; count += 1) {
      const line = await nextBlock(database, last.block)
      if (line === null) break
      last = { block: line.header.block, hash: line.hash }
      const lines: ChainLine[] = [line, ...(await entriesOf(database, line, viewer))]
      yield lines
    }
    yield [{ type: 'end', ...last }]
  }

/** Not as text: PostgreSQL knows neither a year 0 nor an offset of a whole day. */
const moment = (time: string) => sql`to_timestamp(${Date.parse(time) / 1000}::float8)`

const conditions = ({ viewer, from, to, action, actions, object, actor }: AuditEntryFilter) => sql`
  ${ofViewer(viewer)}
  ${from === undefined ? sql`` : sql`and e.at >= ${moment(from)}`}
  ${to === undefined ? sql`` : sql`and e.at < ${moment(to)}`}
  ${action === undefined ? sql`` : sql`and e.action = ${action}`}
  ${actions === undefined ? sql`` : sql`and e.action = any(${actions})`}
  ${object === undefined ? sql`` : sql`and e.object = ${object}`}
  ${actor === undefined ? sql`` : sql`and e.actor = ${actor}`}`

const createEntries = ({ db }: Database): Pick<AuditReader, 'entries' | 'newest'> => {
  const read = async (filter: AuditEntryFilter, place: RawBuilder<unknown>) => {
    const { rows } = await sql<EntryRow>`select ${ENTRY_JSON(sql`p.seq`)} as entry, p.hash
      from audit_place p join audit_entry e on e.id = p.entry_id
      where true ${conditions(filter)} ${place}`.execute(db)
    return rows.map(({ entry, hash }) => ({ ...entry, hash }))
  }
  return {
    entries: (filter, { after, limit }) =>
      read(filter, sql`and p.seq > ${after} order by p.seq limit ${limit}`),
    newest: (filter, { before, limit }) =>
      read(
        filter,
        sql`${before === null ? sql`` : sql`and p.seq < ${before}`} order by p.seq desc limit ${limit}`,
      ),
  }
}

/** Reads the chain as stored. */
export const createAuditReader = (deps: { database: Database }): AuditReader => ({
  ...createEntries(deps.database),
  lines: createLines(deps.database),
  state: async () => {
    const { rows } = await sql<{
      block: string
      hash: string
      waiting: number
      waiting_ms: number
      stray: number
    }>`select c.block, c.hash,
        (select count(*)::int from audit_entry e where ${WAITING}) as waiting,
        (select coalesce(max(greatest(0, extract(epoch from clock_timestamp() - e.at) * 1000)), 0)::float8
          from audit_entry e where ${WAITING}) as waiting_ms,
        (select count(*)::int from audit_entry e where ${STRAY}) as stray
      from audit_chain c`.execute(deps.database.db)
    const row = rows[0]!
    return {
      ...{ block: Number(row.block), hash: row.hash, waiting: row.waiting },
      ...{ oldestWaitingMs: Math.round(row.waiting_ms), stray: row.stray },
    }
  },
})
