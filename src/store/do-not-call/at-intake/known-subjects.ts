import { sql, type RawBuilder } from 'kysely'

import type { Standing } from '../../../domain/do-not-call/suppression.ts'
import { createDigestFilter, type DigestFilter } from '../../../lib/digests/digest-filter.ts'
import { DIGEST_BYTES } from '../../../lib/keyed-digest.ts'
import { createTurns } from '../../../lib/waiting/turns.ts'
import type { SuppressionPort } from '../../../workflows/ports/do-not-call/suppressions.ts'
import type { Db } from '../../homes/database.ts'
import { suppressedAmong, tenantsOf } from '../standing-entries.ts'

/**
 * A filter that rules out most subjects that no entry names, without a search for each subject.
 * Every other subject may be in an entry and must be looked up. The filter holds the subjects of
 * each tenant's accepted submissions, up to one epoch of this tenant. A single subject is never
 * removed. The filter does not show whether an entry still exists or is in force, or for which
 * list.
 */
export type KnownSubjects = {
  /**
   * Returns the subjects that an entry may name. Considers the entries of every tenant with a grant
   * for the contact list, if the entries were accepted before the call. If the filter answers for
   * `standing`, the entries must have been accepted before `standing` was read.
   *
   * With fewer than 1,000 subjects, the caller waits for no round trip. If `standing` is given and
   * the filter covers its epochs, the result has only the subjects that may be in an entry.
   * Otherwise the result has all subjects. Throws the errors of the database.
   */
  among(contactListId: string, digests: Buffer, standing?: Standing): Promise<Buffer>
}

/**
 * The most subjects in the filter. With this many, the filter needs 64 MiB. If there are more
 * entries, all subjects are looked up.
 */
const MOST_ENTRIES = 16_777_216
/** With fewer digests than this, a call does not wait until new entries are read. */
const FEWEST_DIGESTS = 1_000
/** Looking up one digest among many costs as much as reading this many entries. */
const ENTRIES_A_DIGEST = 16
/** A statement that looks up a few digests costs as much as reading this many entries. */
const ENTRIES_A_STATEMENT = 256
/** About how many entries one statement reads, so that other statements get their turn. */
const ENTRIES_AT_ONCE = 20_000
const CHUNKS_AT_ONCE = 4
const SUBMISSIONS_AT_ONCE = 1_000
/** Larger than any chunk number of a submission. */
const NO_CHUNK = 2 ** 31 - 1

/**
 * A tenant's epoch, and the submission that made it. The submission distinguishes two epochs with
 * the same number. After a restore, the database can reach a number again with another submission.
 */
type Cover = { epoch: number; submission: string | null }

type AskedRow = { tenant_id: string; epoch: string; submission: string | null; was: string | null }

/** A tenant whose entries beyond the epoch `from` are not in the filter yet. */
type Asked = Cover & { tenantId: string; from: number }

const NOTHING: Cover = { epoch: 0, submission: null }

type Submission = { number: string; epoch: string; entries: number }

/**
 * The submissions accepted after epoch `from`, up to `to`. A transaction that raises an epoch holds
 * the tenant's row until it commits, so no submission can later appear between these two epochs.
 */
const submissionsOf = (tenantId: string, from: number, to: number): RawBuilder<unknown> =>
  sql`dnc_submission where tenant_id = ${tenantId} and epoch > ${from}::bigint and epoch <= ${to}::bigint
    and kind in ('add', 'pull')`

type Take = (digests: Buffer) => void

const readSubjects = async (
  db: Db,
  numbers: readonly string[],
  from: number,
  to: number,
): Promise<Buffer> => {
  const { rows } = await sql<{ subjects: Buffer | null }>`
    select string_agg(uuid_send(subject), ''::bytea) as subjects from dnc_entry
    where submission = any(${[...numbers]}::bigint[]) and chunk_seq >= ${from}::int and chunk_seq < ${to}::int`.execute(
    db,
  )
  return rows[0]?.subjects ?? Buffer.alloc(0)
}

const readSmall = async (db: Db, numbers: readonly string[], take: Take): Promise<void> => {
  if (numbers.length > 0) take(await readSubjects(db, numbers, 0, NO_CHUNK))
}

const readLarge = async (db: Db, number: string, take: Take): Promise<void> => {
  const { rows } = await sql<{ last: number | null }>`
    select max(chunk_seq) as last from dnc_entry where submission = ${number}::bigint`.execute(db)
  const last = rows[0]?.last ?? -1
  for (let from = 0; from <= last; from += CHUNKS_AT_ONCE) {
    take(await readSubjects(db, [number], from, from + CHUNKS_AT_ONCE))
  }
}

/**
 * Passes every subject of these submissions to `take`. The number of entries only decides how many
 * submissions one statement reads.
 */
const readEach = async (db: Db, submissions: readonly Submission[], take: Take): Promise<void> => {
  let numbers: string[] = []
  let entries = 0
  for (const submission of submissions) {
    if (submission.entries > ENTRIES_AT_ONCE) {
      await readLarge(db, submission.number, take)
      continue
    }
    numbers.push(submission.number)
    entries += submission.entries
    if (entries < ENTRIES_AT_ONCE) continue
    await readSmall(db, numbers, take)
    numbers = []
    entries = 0
  }
  await readSmall(db, numbers, take)
}

/**
 * Passes the subjects of all submissions between two epochs to `take`, in the order of the epochs.
 */
const readBetween = async (
  db: Db,
  tenantId: string,
  from: number,
  to: number,
  take: Take,
): Promise<void> => {
  for (let after = from; ;) {
    const { rows } = await sql<Submission>`
      select number, epoch, accepted + quarantined as entries from ${submissionsOf(tenantId, after, to)}
      order by epoch limit ${SUBMISSIONS_AT_ONCE}`.execute(db)
    await readEach(db, rows, take)
    if (rows.length < SUBMISSIONS_AT_ONCE) return
    after = Number(rows.at(-1)!.epoch)
  }
}

/** Counts a tenant's entries beyond an epoch. Keeps the sum, so that no entry is counted twice. */
const createCount = (db: Db) => {
  const counted = new Map<string, { from: number; to: number; entries: number }>()
  return async (tenantId: string, from: number, to: number): Promise<number> => {
    const before = counted.get(tenantId)
    const known = before?.from === from && before.to <= to ? before : { to: from, entries: 0 }
    if (known.to === to) return known.entries
    const { rows } = await sql<{
      entries: string
    }>`select coalesce(sum(accepted + quarantined), 0) as entries
      from ${submissionsOf(tenantId, known.to, to)}`.execute(db)
    const entries = known.entries + Number(rows[0]!.entries)
    counted.set(tenantId, { from, to, entries })
    return entries
  }
}

/**
 * The present epochs of the list's tenants. `from`: the epoch after which entries of the tenant
 * must still be read.
 */
const readAsked = async (
  db: Db,
  covers: ReadonlyMap<string, Cover>,
  contactListId: string,
): Promise<Asked[]> => {
  const tenants = [...covers.keys()]
  const epochs = tenants.map((tenantId) => covers.get(tenantId)!.epoch)
  const madeBy = (epoch: RawBuilder<unknown>): RawBuilder<unknown> =>
    sql`(select s.id from dnc_submission s where s.tenant_id = e.tenant_id and s.epoch = ${epoch} limit 1)`
  const { rows } = await sql<AskedRow>`
    select e.tenant_id, e.epoch, ${madeBy(sql`e.epoch`)} as submission, ${madeBy(sql`known.epoch`)} as was
    from suppression_epoch e
      left join unnest(${tenants}::text[], ${epochs}::bigint[]) as known (tenant_id, epoch) on known.tenant_id = e.tenant_id
    where e.epoch > 0 and e.tenant_id in (${tenantsOf(contactListId)})`.execute(db)
  return rows.map(({ tenant_id: tenantId, epoch: text, submission, was }) => {
    const [cover, epoch] = [covers.get(tenantId) ?? NOTHING, Number(text)]
    const isSame = cover.epoch <= epoch && was === cover.submission
    return { tenantId, epoch, submission, from: isSame ? cover.epoch : 0 }
  })
}

/**
 * Whether the filter holds everything up to these epochs. An epoch whose submission is unknown
 * never counts as covered.
 */
const isCovered = (covers: ReadonlyMap<string, Cover>, { epochs, madeBy }: Standing): boolean =>
  Object.entries(epochs).every(([tenantId, epoch]) => {
    const cover = covers.get(tenantId)
    const submission = madeBy[tenantId] ?? null
    return submission !== null && cover?.epoch === epoch && cover.submission === submission
  })

/** A filter for the entries in one database. Only tests set `mostEntries`. */
export const createKnownSubjects = (db: Db, mostEntries = MOST_ENTRIES): KnownSubjects => {
  const count = createCount(db)
  let covers = new Map<string, Cover>()
  let filter: DigestFilter = createDigestFilter()
  /**
   * The cost of look-ups since entries were last read, as a number of entries. New entries are read
   * only when look-ups have cost as much as reading them would.
   */
  let spent = 0
  /**
   * How many entries are not in the filter yet. They are read when `spent` has reached this number.
   */
  let price = 0
  /** Only one call at a time fills the filter. Calls with many subjects wait for it. */
  const inTurn = createTurns(1)

  /**
   * Whether this many more entries fit. If entries of other tenants use up the space, empties the
   * filter, so that the next call has room.
   */
  const fits = (missing: number): boolean => {
    if (filter.held + missing <= mostEntries) return true
    if (missing <= mostEntries) {
      covers = new Map()
      filter = createDigestFilter()
    }
    return false
  }
  /**
   * Reads new entries if that is worth its cost. Returns whether the filter then holds all entries
   * of these tenants.
   */
  const readNew = async (tenants: readonly Asked[]): Promise<boolean> => {
    const behind = tenants.filter(({ epoch, from }) => from < epoch)
    let missing = 0
    for (const { tenantId, from, epoch } of behind) missing += await count(tenantId, from, epoch)
    if (behind.length === 0) return true
    price = missing
    if (!fits(missing) || spent < missing) return false
    spent = 0
    filter.reserve(missing)
    for (const { tenantId, from, epoch, submission } of behind) {
      await readBetween(db, tenantId, from, epoch, filter.add)
      covers.set(tenantId, { epoch, submission })
    }
    return true
  }
  const among = async (contactListId: string, digests: Buffer): Promise<Buffer> => {
    spent += (digests.length / DIGEST_BYTES) * ENTRIES_A_DIGEST
    const isWhole = await readNew(await readAsked(db, covers, contactListId))
    return isWhole ? filter.among(digests) : digests
  }
  let isReading = false
  const readBehind = (contactListId: string): void => {
    spent += ENTRIES_A_STATEMENT
    if (isReading || spent < price) return
    isReading = true
    const read = inTurn(async () => readNew(await readAsked(db, covers, contactListId)))
    // No caller waits for this reading. If it fails, a later look-up reads again, or fails in its
    // own statement.
    void read.catch(() => undefined).finally(() => (isReading = false))
  }
  return {
    among: async (contactListId, digests, standing) => {
      if (digests.length >= FEWEST_DIGESTS * DIGEST_BYTES) {
        return inTurn(() => among(contactListId, digests))
      }
      if (standing === undefined) return digests
      if (isCovered(covers, standing)) return filter.among(digests)
      readBehind(contactListId)
      return digests
    },
  }
}

/** Like `suppressedAmong`, but searches only for subjects that may be in an entry. */
export const createSuppressedAmong = (db: Db): SuppressionPort['suppressedAmong'] => {
  const known = createKnownSubjects(db)
  return async (listId, digests, standing) =>
    suppressedAmong(db, listId, await known.among(listId, digests, standing))
}
