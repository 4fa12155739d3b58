import { sql, type RawBuilder } from 'kysely'

import type { Suppression, SuppressionEpochs } from '../../domain/do-not-call/suppression.ts'
import { DIGEST_BYTES } from '../../lib/keyed-digest.ts'
import { CERTAIN_NOW } from '../clock/steady-time.ts'
import type { Db } from '../homes/database.ts'

/** The tenants whose entries concern a contact list. */
export const tenantsOf = (listId: string | RawBuilder<unknown>): RawBuilder<unknown> =>
  sql`select tenant_id from tenant_grant where kind = 'contact_list' and object_id in (${listId}, '*')`

/** Whether entries of a tenant concern a contact list. */
export const grantedTo = (
  tenantId: string | RawBuilder<unknown>,
  listId: RawBuilder<unknown>,
): RawBuilder<unknown> =>
  sql`exists (select from tenant_grant g where g.tenant_id = ${tenantId} and g.kind = 'contact_list' and g.object_id in (${listId}, '*'))`

/**
 * An entry `e` is neither closed nor past its time. A jump of the clock alone does not bring that
 * about.
 */
export const IN_FORCE: RawBuilder<unknown> = sql`e.closed_by is null
  and (e.expires_at is null or e.expires_at > ${CERTAIN_NOW})`

/** An entry `e` is not over: the same as `IN_FORCE`, but its time counts a day longer. */
export const NOT_OVER: RawBuilder<unknown> = sql`e.closed_by is null
  and (e.expires_at is null or e.expires_at + interval '24 hours' > ${CERTAIN_NOW})`

/**
 * Entries `e` of a submission `s` that suppress people of the list now. An expiry is honoured a day
 * late, because late is safe.
 */
export const stands = (listId: string | RawBuilder<unknown>): RawBuilder<unknown> =>
  sql`s.epoch is not null and s.kind in ('add', 'pull') and ${NOT_OVER}
    and (e.contact_list_ids is null or ${listId} = any(e.contact_list_ids))`

type Found = { subject: string; submission: string; reason: number }

/** The strongest entry of each, by digest in `latin1`. */
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
 * Digests as UUIDs, each once and sorted, because neighbours lie on the same pages of the index.
 */
const uuidsOf = (digests: Buffer): string[] => {
  const uuids = new Set<string>()
  for (let at = 0; at < digests.length; at += DIGEST_BYTES) {
    uuids.add(digests.toString('hex', at, at + DIGEST_BYTES))
  }
  return [...uuids].toSorted()
}

/** How many digests a statement takes. */
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
 * Which of the digests are suppressed for the list. Finds their entries first, by one search each
 * (`offset 0` keeps the planner from anything else). If the planner believes that the tenant's
 * submissions are few or small, or does not know the table yet, it would read all of their entries.
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
 * Up to this many entries added since are compared here. If there are more, the database searches
 * for the rows among them.
 */
const MOST_COMPARED = 2_000

/**
 * The same as `suppressedAmong`, but only by the entries beyond these epochs. In a transaction that
 * has locked the epochs, this must be a separate statement: a statement that waited for the lock
 * would still see the data from before it waited.
 */
export const createAddedSince = (db: Db, listId: string, beyond: SuppressionEpochs) => {
  const tenants = Object.keys(beyond)
  const epochs = tenants.map((tenantId) => beyond[tenantId]!)
  // Arrays, because the planner knows how few elements they hold.
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

/** The epochs of a look-up that the present epochs have passed. null: nothing was added since. */
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
