import { sql } from 'kysely'

import { FenceLost } from '../../workflows/ports/delivery/delivery.ts'
import {
  EntryStands,
  type DncClaim,
  type DncGroup,
  type DncLaneStore,
} from '../../workflows/ports/do-not-call/dnc-lane.ts'
import { appendAudit } from '../audit/audit-store.ts'
import { inTransaction, type Tx } from '../homes/database.ts'
import { placesAsBits } from './compose-group.ts'
import { createDncLane, lockLane } from './dnc-lane.ts'
import { createNextGroup, type SendingDeps } from './next-group.ts'
import { standsAgain } from './removals/next-removals.ts'
import { keepRenewal, wakeRenewals } from './renewals/next-renewal.ts'
import { endWhenDone, outcomesOf, type Sending } from './settle-entries.ts'
import { holdSubmission } from './submission-moves.ts'

/**
 * Locks the lane and then the group's submission. Throws `FenceLost` if the claim has ended, or if
 * the submission no longer exists.
 */
const lockSending = async (tx: Tx, claim: DncClaim, group: DncGroup): Promise<Sending> => {
  await lockLane(tx, claim)
  const { rows } =
    await sql<Sending>`select number, id, tenant_id, request_id, kind, hold_reason from dnc_submission
    where id = ${group.submissionId} for no key update`.execute(tx)
  if (rows[0] === undefined) throw new FenceLost(`submission ${group.submissionId} is gone`)
  return rows[0]
}

/**
 * Some entries were sent with an earlier expiry, because Genesys does not accept the later one.
 * They are sent again this long before the earlier expiry. This leaves time, for example for an
 * outage, for missing rights on the list, or for an operator's holiday.
 */
const RENEWED_BEFORE = sql`interval '30 days'`

const close = async (
  tx: Tx,
  group: DncGroup,
  state: 'settled' | 'split',
  tallies: object | null,
): Promise<number> => {
  const { rows } = await sql<{
    chunk_seq: number
  }>`update dnc_group set state = ${state}, settled_at = clock_timestamp(),
      tallies = ${tallies === null ? null : JSON.stringify(tallies)}::jsonb,
      renew_at = case when cut and ${state === 'settled'}::boolean then expires_at - ${RENEWED_BEFORE} end
    where id = ${group.id} and state in ('intended', 'sent') returning chunk_seq`.execute(tx)
  if (rows[0] === undefined) throw new FenceLost(`Another worker has settled group ${group.id}`)
  return rows[0].chunk_seq
}

const release = async (tx: Tx, { number }: Sending): Promise<void> => {
  await sql`update dnc_submission set state = 'applying', hold_reason = null, held_since = null, told_hold = null,
      version = version + 1, updated_at = clock_timestamp()
    where number = ${number}::bigint and state = 'held'`.execute(tx)
}

const createSettle =
  (deps: SendingDeps): DncLaneStore['settle'] =>
  (claim, group, { failed, open, tallies, problem, audit }) =>
    inTransaction(deps.database, async (tx) => {
      const sending = await lockSending(tx, claim, group)
      const seq = await close(tx, group, open.length > 0 ? 'split' : 'settled', tallies)
      await release(tx, sending)
      const places = group.places.filter((place) => !open.includes(place))
      await outcomesOf(deps, tx, sending, { seq, places, failed })
      if (group.renews && failed.size + open.length > 0) await keepRenewal(tx, group)
      if (problem !== null) {
        await sql`update dnc_submission set problem = ${JSON.stringify(problem)}::jsonb
          where number = ${sending.number}::bigint`.execute(tx)
      }
      await appendAudit(tx, [audit])
      await endWhenDone(tx, deps.outbox, sending)
    })

const halvesOf = (places: readonly number[]): (readonly number[])[] => {
  const middle = Math.ceil(places.length / 2)
  return [places.slice(0, middle), places.slice(middle)]
}

const createReplace =
  ({ database }: SendingDeps): DncLaneStore['replace'] =>
  (claim, group, by, { ids, keys, audit }) =>
    inTransaction(database, async (tx) => {
      await lockSending(tx, claim, group)
      await close(tx, group, 'split', null)
      const parts =
        by === 'recompose' && !group.renews
          ? []
          : by === 'successor'
            ? [group.places]
            : halvesOf(group.places)
      for (const [at, places] of parts.entries()) {
        await sql`insert into dnc_group (id, submission, chunk_seq, places, entries, reason, expires_at, subject_kind,
            idempotency_key, state, predecessor_id, cut, renews, created_at)
          select ${ids[at]}, submission, chunk_seq, ${placesAsBits(places)}, ${places.length}, reason, expires_at, subject_kind,
            ${keys[at]}, 'intended', id, cut, renews, clock_timestamp() from dnc_group where id = ${group.id}`.execute(
          tx,
        )
      }
      await appendAudit(tx, [audit])
    })

const createHold =
  ({ database, outbox }: SendingDeps): DncLaneStore['hold'] =>
  (claim, group, reason, audit) =>
    inTransaction(database, async (tx) => {
      const sending = await lockSending(tx, claim, group)
      const submission = await holdSubmission(tx, sending.number, reason)
      if (submission === null) return
      await appendAudit(tx, [audit])
      await outbox.tell(tx, [{ type: 'dnc.held', submission }])
    })

/**
 * Throws `EntryStands` if an entry is now in force for a person whom the group would remove in
 * Genesys. After the removal, Genesys would not suppress this person, although the entry is in
 * force.
 */
const refuseStanding = async (
  tx: Tx,
  { dncListId }: DncClaim,
  { id, places }: DncGroup,
): Promise<void> => {
  const { rows } = await sql<{
    submission: string
    seq: number
  }>`select submission, chunk_seq as seq
    from dnc_group where id = ${id}`.execute(tx)
  if (rows[0] === undefined || !(await standsAgain(tx, dncListId, { ...rows[0], places }))) return
  throw new EntryStands(`An entry is now in force for a person whom group ${id} would remove`)
}

/**
 * The SQL store of the lanes of DNC lists, and of the groups of entries that are sent to Genesys.
 * Every transaction of a claim first locks the lane, which compares the fence.
 */
export const createDncLaneStore = (deps: SendingDeps): DncLaneStore => ({
  ...createDncLane(deps.database),
  nextGroup: createNextGroup(deps),
  recordTry: (claim, group) =>
    inTransaction(deps.database, async (tx) => {
      await lockLane(tx, claim)
      if (group.action === 'remove') await refuseStanding(tx, claim, group)
      const { rows } = await sql`update dnc_group set state = 'sent', attempts = attempts + 1,
          sent_at = coalesce(sent_at, clock_timestamp())
        where id = ${group.id} and state in ('intended', 'sent') returning id`.execute(tx)
      if (rows.length === 0) throw new FenceLost(`Another worker has settled group ${group.id}`)
    }),
  settle: createSettle(deps),
  replace: createReplace(deps),
  hold: createHold(deps),
  wakeRenewals: () => wakeRenewals(deps.database),
})
