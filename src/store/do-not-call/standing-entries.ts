import { sql, type RawBuilder } from 'kysely'

import type { Suppression, SuppressionEpochs } from '../../domain/do-not-call/suppression.ts'
import { DIGEST_BYTES } from '../../lib/keyed-digest.ts'
import { CERTAIN_NOW } from '../clock/steady-time.ts'
import type { Db } from '../homes/database.ts'

/** The tenants whose entries apply to a contact list: the tenants with a grant for the list. */
export const tenantsOf = (listId: string | RawBuilder<unknown>): RawBuilder<unknown> =>
  sql`select tenant_id from tenant_grant where kind = 'contact_list' and object_id in (${listId}, '*')`

/** Whether the entries of a tenant apply to a contact list. */
export const grantedTo = (
  tenantId: string | RawBuilder<unknown>,
  listId: RawBuilder<unknown>,
): RawBuilder<unknown> =>
  sql`exists (select from tenant_grant g where g.tenant_id = ${tenantId} and g.kind = 'contact_list' and g.object_id in (${listId}, '*'))`

/**
 * Whether an entry `e` is in force: neither ended nor expired. A jump of the clock alone does not
 * make it expire.
 */
export const IN_FORCE: RawBuilder<unknown> = sql`e.closed_by is null
  and (e.expires_at is null or e.expires_at > ${CERTAIN_NOW})`

/** Whether an entry `e` still suppresses: like `IN_FORCE`, but until a day after its expiry. */
export const NOT_OVER: RawBuilder<unknown> = sql`e.closed_by is null
  and (e.expires_at is null or e.expires_at + interval '24 hours' > ${CERTAIN_NOW})`

/**
 * Whether an entry `e` of a submission `s` now suppresses people of the list. An entry suppresses
 * until a day after its expiry, because suppressing for too long is safe.
 */
export const stands = (listId: string | RawBuilder<unknown>): RawBuilder<unknown> =>
  sql`s.epoch is not null and s.kind in ('add', 'pull') and ${NOT_OVER}
    and (e.contact_list_ids is null or ${listId} = any(e.contact_list_ids))`

type Found = { subject: string; submission: string; reason: number }

/** The strongest entry for each subject. The key is the digest as `latin1`. */
const strongest = (rows: readonly Found[]): Map<string, Suppression> => {
  const found = new Map<string, Suppression>()
  for (const { subject, submission, reason } of rows) {
    const digest = Buffer.from(subject.replaceAll('-', ''), 'hex').toString('latin1')
    const known = found.get(digest)
    if (known !== undefined && known.reason >= reason) continue
    found.set(digest, { submission: Number(submission), reason })
  }
  return found
}

/**
 * The digests as UUIDs, each once and sorted, because neighbours are on the same pages of the
 * index.
 */
const uuidsOf = (digests: Buffer): string[] => {
  const uuids = new Set<string>()
  for (let at = 0; at < digests.length; at += DIGEST_BYTES) {
    uuids.add(digests.toString('hex', at, at + DIGEST_BYTES))
  }
  return [...uuids].toSorted()
}

/** How many digests one statement takes. */
const LOT = 10_000

const inLots = async (
  uuids: readonly string[],
  ask: (lot: readonly string[]) => Promise<{ rows: Found[] }>,
): Promise<Map<string, Suppression>> => {
  const found: Found[] = []
  for (let from = 0; from < uuids.length; from += LOT) {
    found.push(...(await ask(uuids.slice(from, from + LOT))).rows)
  }
  return strongest(found)
}

/**
 * The digests that are suppressed for the list, each with its strongest entry. Searches the entries
 * of each digest first (`offset 0` keeps the planner from any other plan). Otherwise a planner that
 * has no statistics, or expects few submissions, would read all entries of the tenant's
 * submissions.
 */
export const suppressedAmong = (
  db: Db,
  listId: string,
  digests: Buffer,
): Promise<Map<string, Suppression>> =>
  inLots(uuidsOf(digests), (lot) =>
    sql<Found>`with e as materialized (select entry.* from unnest(${[...lot]}::text[]::uuid[]) as asked (subject)
        cross join lateral (select subject, submission, reason, closed_by, expires_at, contact_list_ids
          from dnc_entry where dnc_entry.subject = asked.subject offset 0) as entry)
      select e.subject, e.submission, e.reason from e join dnc_submission s on s.number = e.submission
      where s.tenant_id in (${tenantsOf(listId)})
        and ${stands(listId)}`.execute(db),
  )

/**
 * If at most this many entries were added, they are read and compared here. If more were added, the
 * database searches for the digests among them.
 */
const MOST_COMPARED = 2_000

/**
 * Returns a function that works like `suppressedAmong`, but considers only entries that were added
 * after these epochs. Its result may contain more digests than were asked for. In a transaction
 * that locks the epochs, run the look-up as a separate statement after the lock. A statement that
 * waited for the lock would still see the data from before the wait.
 */
export const createAddedSince = (db: Db, listId: string, beyond: SuppressionEpochs) => {
  const tenants = Object.keys(beyond)
  const epochs = tenants.map((tenantId) => beyond[tenantId]!)
  // Passed as arrays, because the planner knows the number of elements of an array.
  const submissions = sql`with s as materialized (select s.number, s.epoch, s.kind
      from unnest(${tenants}::text[], ${epochs}::bigint[]) as k (tenant_id, epoch)
        join dnc_submission s on s.tenant_id = k.tenant_id and s.epoch > k.epoch)`
  const added = sql`from s join dnc_entry e on e.submission = s.number where ${stands(listId)}`
  let few: Promise<Map<string, Suppression> | null> | null = null
  const readFew = async () => {
    const { rows } =
      await sql<Found>`${submissions} select e.subject, e.submission, e.reason ${added} limit ${MOST_COMPARED + 1}`.execute(
        db,
      )
    return rows.length > MOST_COMPARED ? null : strongest(rows)
  }
  return async (digests: Buffer): Promise<ReadonlyMap<string, Suppression>> => {
    few ??= readFew()
    const all = await few
    if (all !== null) return all
    return inLots(uuidsOf(digests), (lot) =>
      sql<Found>`${submissions} select e.subject, e.submission, e.reason ${added}
        and e.subject = any(${[...lot]}::text[]::uuid[])`.execute(db),
    )
  }
}

/**
 * The tenants whose epoch is now higher than at the look-up, with the epoch of the look-up. null:
 * no epoch was raised since.
 */
export const movedSince = (
  now: SuppressionEpochs,
  since: SuppressionEpochs | null,
): SuppressionEpochs | null => {
  const beyond: Record<string, number> = {}
  for (const [tenantId, epoch] of Object.entries(now)) {
    const before = since?.[tenantId] ?? 0
    if (epoch > before) beyond[tenantId] = before
  }
  return Object.keys(beyond).length === 0 ? null : beyond
}
