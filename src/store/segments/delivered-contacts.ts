import { setImmediate as nextTurn } from 'node:timers/promises'

import { sql, type RawBuilder } from 'kysely'

import type { UploadColumn } from '../../domain/uploads/upload.ts'
import type {
  DeliveredContact,
  DeliveredContacts,
} from '../../workflows/ports/segments/segments.ts'
import type { UploadStore } from '../../workflows/ports/uploads/uploads.ts'
import type { Database } from '../homes/database.ts'

type Deps = { database: Database; readChunk: UploadStore['readChunk'] }

/**
 * For how many contacts one statement finds the rows. The embedded database can do nothing else
 * during this statement.
 */
const CONTACTS_A_STATEMENT = 5_000
/** How many contacts are yielded together. The event loop gets a turn between two lots. */
const LOT = 250
/**
 * How many statements share the counting. Counting a million contacts takes the embedded database a
 * second, and other statements get their turn in between.
 */
const COUNTING_STATEMENTS = 32
const DIGESTS = 2n ** 64n

/** Leaves out contacts from before a clearing of the list. */
const STILL_THERE = sql`known.accepted_seq >= coalesce(c.cleared_seq, 0)`

const registersOf = async (
  { database }: Deps,
  tenantId: string,
  contactListIds: readonly string[],
): Promise<number[]> => {
  const { rows } = await sql<{ id: number }>`select id from register
    where tenant_id = ${tenantId} and list_id = any(${[...contactListIds]}::text[])`.execute(
    database.db,
  )
  return rows.map(({ id }) => id)
}

/**
 * The first eight bytes of a limit for digests. `share` of all possible digests are below the
 * limit. null: the share is 1.
 */
const digestAt = (share: number): Buffer | null => {
  const at = BigInt(Math.round(share * 2 ** 53)) * (DIGESTS / 2n ** 53n)
  if (at >= DIGESTS) return null
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(at)
  return bytes
}

/**
 * The condition for contacts of these registers with a digest between two shares. The column is
 * alone on its side of the comparison, so that the index can be used.
 */
const inSlice = (registers: readonly number[], from: number, to: number): RawBuilder<unknown> => {
  const end = digestAt(to)
  const below = end === null ? sql`` : sql`and contact_digest < ${end}`
  return sql`register_id = any(${[...registers]}::int[]) and contact_digest >= ${digestAt(from)} ${below}`
}

type Columns = { columns: string[]; kinds: Pick<UploadColumn, 'kind' | 'mappedTo'>[] }
type Place = Columns & { upload_id: string; list_id: string; lines: number[] }
type Upload = Columns & { uploadId: string; contactListId: string; lines: number[] }

/**
 * The rows of a random sample of contacts, by upload. The digest of a contact id is as good as a
 * random number. So the digests below a limit select the requested share of the contacts. Each
 * contact has the same chance, and the same share always selects the same contacts.
 */
const placesOf = async (
  deps: Deps,
  tenantId: string,
  contactListIds: readonly string[],
  { known, share }: { known: number; share: number },
): Promise<Upload[]> => {
  const statements = Math.max(1, Math.ceil((known * share) / CONTACTS_A_STATEMENT))
  const registers = await registersOf(deps, tenantId, contactListIds)
  const uploads = new Map<string, Upload>()
  for (let at = 0; at < statements; at += 1) {
    const slice = inSlice(registers, (at / statements) * share, ((at + 1) / statements) * share)
    const { rows } = await sql<Place>`with known as (
        select register_id, upload_id, line, accepted_seq from contact_register where ${slice})
      select known.upload_id, l.list_id, u.target_columns as columns, u.columns as kinds, array_agg(known.line) as lines
      from known join register l on l.id = known.register_id join upload u on u.id = known.upload_id and u.data_key is not null
        left join list_clearing c on c.list_id = l.list_id
      where ${STILL_THERE} group by 1, 2, u.id`.execute(deps.database.db)
    for (const { upload_id: uploadId, list_id: contactListId, lines, columns, kinds } of rows) {
      const upload = uploads.get(uploadId)
      if (upload !== undefined) for (const line of lines) upload.lines.push(line)
      else uploads.set(uploadId, { uploadId, contactListId, lines, columns, kinds })
    }
  }
  return [...uploads.values()]
}

/** The chunks of an upload that contain one of these lines. `lines` must ascend. */
const chunksWith = async (
  { database }: Deps,
  uploadId: string,
  lines: readonly number[],
): Promise<number[]> => {
  const { rows } = await sql<{ seq: number; first_line: number; last_line: number }>`
    select seq, first_line, last_line from chunk where upload_id = ${uploadId} order by seq`.execute(
    database.db,
  )
  let next = 0
  return rows.flatMap(({ seq, first_line: first, last_line: last }) => {
    while ((lines[next] ?? Infinity) < first) next += 1
    return (lines[next] ?? Infinity) <= last ? [seq] : []
  })
}

const contactsOf = async function* (
  deps: Deps,
  { uploadId, contactListId, columns, kinds, lines }: Upload,
): AsyncGenerator<readonly DeliveredContact[]> {
  const wanted = new Set(lines)
  const places = new Map(columns.map((column, at) => [column, at]))
  const reaching = kinds.flatMap(({ kind, mappedTo }) =>
    mappedTo !== null && kind !== 'text' && kind !== 'date' ? [columns.indexOf(mappedTo)] : [],
  )
  lines.sort((one, other) => one - other)
  for (const seq of await chunksWith(deps, uploadId, lines)) {
    const { lines: rows, width, cells } = await deps.readChunk(uploadId, seq)
    let lot: DeliveredContact[] = []
    for (const [row, line] of rows.entries()) {
      if (!wanted.has(line)) continue
      const start = row * width
      const cellOf = (column: string): string | undefined => {
        const at = places.get(column)
        return at === undefined ? undefined : cells[start + at]
      }
      const reachedBy = reaching.map((at) => cells[start + at]!).filter((cell) => cell !== '')
      lot.push({ contactListId, reachedBy, cellOf })
      if (lot.length < LOT) continue
      yield lot
      lot = []
      await nextTurn()
    }
    if (lot.length > 0) yield lot
  }
}

/**
 * The contacts that were delivered, read from the stored rows with one chunk in memory at a time.
 */
export const createDeliveredContacts = (deps: Deps): DeliveredContacts => ({
  count: async (tenantId, contactListIds) => {
    const registers = await registersOf(deps, tenantId, contactListIds)
    let known = 0
    for (let at = 0; at < COUNTING_STATEMENTS; at += 1) {
      const { rows } = await sql<{ count: number }>`select count(*)::int as count
        from contact_register known join register l on l.id = known.register_id
          left join list_clearing c on c.list_id = l.list_id
        where ${inSlice(registers, at / COUNTING_STATEMENTS, (at + 1) / COUNTING_STATEMENTS)} and ${STILL_THERE}`.execute(
        deps.database.db,
      )
      known += rows[0]?.count ?? 0
    }
    return known
  },
  read: async function* (tenantId, contactListIds, sample) {
    for (const upload of await placesOf(deps, tenantId, contactListIds, sample)) {
      yield* contactsOf(deps, upload)
    }
  },
})
