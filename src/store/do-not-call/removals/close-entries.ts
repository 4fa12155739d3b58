import { sql, type RawBuilder } from 'kysely'

import { byGateway, createAuditEntry } from '../../../domain/audit/audit.ts'
import { DNC_REASONS } from '../../../domain/do-not-call/dnc-entry.ts'
import type { DncKind } from '../../../domain/do-not-call/dnc-submission.ts'
import type { Ids } from '../../../lib/ids.ts'
import { appendAudit } from '../../audit/audit-store.ts'
import type { Tx } from '../../homes/database.ts'
import { NOT_OVER } from '../standing-entries.ts'

/** A submission that ends earlier entries: a removal, or a submission with `override`. */
export type Closing = {
  number: string
  id: string
  tenant_id: string
  request_id: string
  kind: DncKind
  overrides: boolean
  /** The next chunk to process. The earlier entries of the people in this chunk must end. */
  closes_from: number
}

export const CLOSING_COLUMNS = sql.raw(
  'number, id, tenant_id, request_id, kind, overrides, closes_from',
)

const earlierOfMine = (isEarlier: RawBuilder<unknown>): RawBuilder<unknown> => sql`mine
  join dnc_entry e on e.subject = mine.subject and e.scope = mine.scope
  join dnc_submission s on s.number = e.submission and s.kind in ('add', 'pull')
  join r on s.tenant_id = r.tenant_id and s.dnc_list_id = r.dnc_list_id and ${isEarlier}`

/**
 * Earlier entries `e` that have the same person, scope, tenant and DNC list as an entry of `mine`.
 * Earlier means a lower epoch. Entries that were accepted after the submission `r` stay in force,
 * even if they arrived before `r`.
 */
export const EARLIER_OF_MINE: RawBuilder<unknown> = earlierOfMine(sql`s.epoch < r.epoch`)

/**
 * Like `EARLIER_OF_MINE`, with the entries of pulls that began before the submission `r` was
 * accepted. A running pull raises its epoch with each chunk, also for the entries that it added
 * before.
 */
const BEGUN_BEFORE_MINE = earlierOfMine(
  sql`(s.epoch < r.epoch or s.kind = 'pull' and s.accepted_at < r.accepted_at)`,
)

/** The list's oldest submission that still has earlier entries to end. undefined: there is none. */
export const nextClosing = async (tx: Tx, dncListId: string): Promise<Closing | undefined> => {
  const { rows } = await sql<Closing>`select ${CLOSING_COLUMNS} from dnc_submission
    where dnc_list_id = ${dncListId} and closes_from is not null order by number limit 1 for no key update`.execute(
    tx,
  )
  return rows[0]
}

type Closed = { entries: number; closed: number }

/**
 * Ends the earlier entries of the people of one chunk, and writes an audit entry about that.
 * Without `override`, a person with a REGULATORY entry in force keeps all entries of the same
 * scope. Call it with the lane of the list locked, so that nothing else writes to these entries in
 * the meantime.
 */
export const closeChunk = async (tx: Tx, ids: Ids, closing: Closing): Promise<void> => {
  const { number, closes_from: seq, overrides } = closing
  const { rows } =
    await sql<Closed>`with r as (select tenant_id, dnc_list_id, epoch, accepted_at from dnc_submission where number = ${number}::bigint),
      mine as materialized (select subject, scope from dnc_entry where submission = ${number}::bigint and chunk_seq = ${seq}),
      before as materialized (select e.subject, e.submission, e.scope, e.reason from ${BEGUN_BEFORE_MINE} where ${NOT_OVER}),
      spared as (select subject, scope from before where reason = ${DNC_REASONS.REGULATORY}::int and not ${overrides}::boolean),
      closed as (update dnc_entry e set closed_by = ${number}::bigint from before
        where e.subject = before.subject and e.submission = before.submission and e.scope = before.scope
          and not exists (select from spared where spared.subject = e.subject and spared.scope = e.scope)
        returning e.subject),
      onward as (update dnc_submission set closes_from =
          (select min(seq) from dnc_chunk where submission = ${number}::bigint and seq > ${seq}::int)
        where number = ${number}::bigint)
    select (select count(*)::int from mine) as entries, (select count(*)::int from closed) as closed`.execute(
      tx,
    )
  const who = byGateway({ tenantId: closing.tenant_id, requestId: closing.request_id })
  const action = closing.kind === 'remove' ? 'dnc.removed' : 'dnc.overridden'
  await appendAudit(tx, [
    createAuditEntry(ids, who, { action, object: closing.id, counts: rows[0]! }),
  ])
}
