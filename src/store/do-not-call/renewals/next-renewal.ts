import { sql } from 'kysely'

import { DNC_OUTCOMES } from '../../../domain/do-not-call/dnc-submission.ts'
import type { DncClaim, DncGroup } from '../../../workflows/ports/do-not-call/dnc-lane.ts'
import { CERTAIN_NOW } from '../../clock/steady-time.ts'
import { inTransaction, type Database, type Tx } from '../../homes/database.ts'
import {
  compose,
  giveUpGroup,
  GROUP_COLUMNS,
  insertGroup,
  isOutdated,
  placesAsBits,
  placesOfBits,
  type About,
  type GroupRow,
} from '../compose-group.ts'
import type { Sending } from '../settle-entries.ts'
import { IN_FORCE } from '../standing-entries.ts'

/**
 * Only groups of ended submissions are renewed. If a submission has entries to send, or is held,
 * its due groups wait.
 */
const APPLIED = sql`s.state in ('applied', 'applied_with_errors')`
/**
 * Whether it is time to send group `g` again, before Genesys forgets its people. A jump of the
 * clock alone makes no group due.
 */
const DUE = sql`g.renew_at <= ${CERTAIN_NOW}`

type Found = { sending: Sending; row: GroupRow }

const sendingOf = async (tx: Tx, number: string): Promise<Sending> => {
  const { rows } =
    await sql<Sending>`select number, id, tenant_id, request_id, kind, hold_reason from dnc_submission
    where number = ${number}::bigint for no key update`.execute(tx)
  return rows[0]!
}

const openRenewal = async (tx: Tx, dncListId: string): Promise<Found | null> => {
  const { rows } = await sql<
    GroupRow & { submission: string }
  >`select submission, ${GROUP_COLUMNS} from dnc_group
    where state in ('intended', 'sent') and renews and submission in (select number from dnc_submission s
      where s.dnc_list_id = ${dncListId} and ${APPLIED}) order by created_at, id limit 1`.execute(
    tx,
  )
  const [row] = rows
  return row === undefined ? null : { sending: await sendingOf(tx, row.submission), row }
}

type DueGroup = {
  id: string
  submission: string
  chunk_seq: number
  places: Buffer
  expires_at: Date
}

const dueGroup = async (tx: Tx, dncListId: string): Promise<DueGroup | undefined> => {
  const { rows } =
    await sql<DueGroup>`select g.id, g.submission, g.chunk_seq, g.places, g.expires_at
    from dnc_group g join dnc_submission s on s.number = g.submission
    where ${DUE} and s.dnc_list_id = ${dncListId} and ${APPLIED}
    order by g.renew_at, g.id limit 1 for update of g`.execute(tx)
  return rows[0]
}

/**
 * The entries of the group that Genesys must still have: entries in force that Genesys had stored.
 */
const standingOf = ({ submission, chunk_seq: seq, places }: DueGroup) =>
  sql`mine as (select e.* from dnc_entry e where e.submission = ${submission}::bigint and e.chunk_seq = ${seq}
    and e.place = any(${placesOfBits(places)}::int[]) and ${IN_FORCE} and not e.quarantined
    and e.outcome is distinct from ${DNC_OUTCOMES.failed}::int)`

/**
 * The next group of entries to renew, before Genesys forgets them. Reason and expiry are computed
 * again, because the group still has the values from its last request. `again`: a request was given
 * up, or a group had nothing to renew. null: no group is due.
 */
export const nextRenewal = async (
  tx: Tx,
  claim: DncClaim,
  about: About,
): Promise<Found | 'again' | null> => {
  const open = await openRenewal(tx, claim.dncListId)
  if (open !== null) {
    if (!(await isOutdated(tx, claim, about, open.row))) return open
    await giveUpGroup(tx, open.row)
    return 'again'
  }
  const due = await dueGroup(tx, claim.dncListId)
  if (due === undefined) return null
  const rows = await compose(tx, claim, about, standingOf(due))
  const left = placesOfBits(due.places).filter(
    (place) => rows.length > 0 && !rows.some((row) => row.place === place),
  )
  await sql`update dnc_group set places = ${placesAsBits(left)},
      renew_at = case when ${left.length}::int > 0 then renew_at end
    where id = ${due.id}`.execute(tx)
  const renewing = rows.filter(
    ({ until, expires_at: at }) => until === null || (at !== null && at > due.expires_at),
  )
  if (renewing.length === 0) return 'again'
  const sending = await sendingOf(tx, due.submission)
  const row = await insertGroup(tx, sending, renewing, { ...about, predecessorId: due.id })
  return { sending, row }
}

/** Makes a renewal due again in a day, because Genesys did not store all of its people. */
export const keepRenewal = async (tx: Tx, { id }: Pick<DncGroup, 'id'>): Promise<void> => {
  await sql`update dnc_group set renew_at = ${CERTAIN_NOW} + interval '1 day' where id = ${id}`.execute(
    tx,
  )
}

/**
 * Implements `DncLaneStore.wakeRenewals`. Wakes only lanes without a time at which they become
 * ready, so it does not shorten a wait.
 */
export const wakeRenewals = (database: Database): Promise<number> =>
  inTransaction(database, async (tx) => {
    const { rows } = await sql`update dnc_list_lane set ready_at = clock_timestamp(), woken = true
      where ready_at = 'infinity' and dnc_list_id in (select s.dnc_list_id
        from dnc_group g join dnc_submission s on s.number = g.submission where ${DUE} and ${APPLIED})
      returning dnc_list_id`.execute(tx)
    return rows.length
  })
