import { sql, type RawBuilder } from 'kysely'

import type { DncChunk } from '../../domain/do-not-call/dnc-chunk.ts'
import type { SubjectKind } from '../../domain/do-not-call/dnc-entry.ts'
import { reasonOfNumber } from '../../domain/do-not-call/suppression.ts'
import type { Ids } from '../../lib/ids.ts'
import type { Emit } from '../../telemetry/events.ts'
import type {
  DncClaim,
  DncGroup,
  DncLaneStore,
} from '../../workflows/ports/do-not-call/dnc-lane.ts'
import { CERTAIN_NOW } from '../clock/steady-time.ts'
import type { Outbox } from '../endpoints/outbox.ts'
import { inTransaction, type Database, type Tx } from '../homes/database.ts'
import {
  compose,
  giveUpGroup,
  GROUP_COLUMNS,
  insertGroup,
  isOutdated,
  placesOfBits,
  type About,
  type GroupRow,
} from './compose-group.ts'
import { lockLane } from './dnc-lane.ts'
import { SUBJECT_KINDS } from './entry-chunks.ts'
import { closeChunk, nextClosing } from './removals/close-entries.ts'
import { nextRemovals, standsAgain } from './removals/next-removals.ts'
import { nextRenewal } from './renewals/next-renewal.ts'
import { endIfDone, outcomesOf, type Sending } from './settle-entries.ts'

const NO_ADDRESSES =
  'Genesys accepts no email addresses in this dialect. Only the gateway stores and enforces entries with an email address.'
const NO_REMOVALS =
  'In this dialect, Genesys cannot remove people from a do-not-call list. The removal has ended the entries in the gateway. In Genesys, the people of these entries stay on the list.'

export type SendingDeps = {
  database: Database
  outbox: Outbox
  ids: Ids
  emit: Emit
  readChunk: (submissionId: string, seq: number) => Promise<DncChunk>
}

/**
 * The oldest submission that has work and is not held for a reason that a person must resolve. A
 * submission with `override` weakens suppressions. A removal also does so if Genesys accepts
 * removals. Such a submission is sent only after all earlier submissions of its tenant for the DNC
 * list. Otherwise, the retry of an earlier submission could send an entry that this submission has
 * ended. The entry would then stay in Genesys forever.
 */
const nextSubmission = async (
  tx: Tx,
  dncListId: string,
  { takes }: About,
): Promise<Sending | undefined> => {
  const { rows } =
    await sql<Sending>`select number, id, tenant_id, request_id, kind, hold_reason from dnc_submission s
    where dnc_list_id = ${dncListId} and state in ('applying', 'held') and not reading
      and (hold_reason is null or hold_reason = 'genesys_unavailable')
      and (not (overrides or kind = 'remove' and ${takes.removals}::boolean) or not exists (
        select from dnc_submission b where b.dnc_list_id = ${dncListId} and b.state in ('applying', 'held') and not b.reading
          and b.tenant_id = s.tenant_id and b.epoch < s.epoch))
    order by number limit 1 for no key update`.execute(tx)
  return rows[0]
}

const openGroup = async (tx: Tx, { number }: Sending): Promise<GroupRow | undefined> => {
  const { rows } = await sql<GroupRow>`select ${GROUP_COLUMNS} from dnc_group
    where submission = ${number}::bigint and state in ('intended', 'sent') order by created_at, id limit 1`.execute(
    tx,
  )
  return rows[0]
}

const note = async (tx: Tx, { number }: Sending, text: string): Promise<void> => {
  await sql`update dnc_submission set notes = case when notes ? ${text}::text then notes
      else notes || to_jsonb(${text}::text) end where number = ${number}::bigint`.execute(tx)
}

/**
 * Settles entries without sending them: entries of a kind that Genesys does not accept, and entries
 * that expired or were removed before they were sent.
 */
const settleUntaken = async (
  deps: SendingDeps,
  tx: Tx,
  sending: Sending,
  { takes }: About,
): Promise<void> => {
  const { rows } = await sql<{
    chunk_seq: number
    places: number[]
  }>`select chunk_seq, array_agg(place) as places
    from dnc_entry where submission = ${sending.number}::bigint and outcome is null and not quarantined
      and (expires_at <= ${CERTAIN_NOW} or closed_by is not null or (subject_kind = ${SUBJECT_KINDS.email} and not ${takes.email}))
    group by chunk_seq`.execute(tx)
  for (const { chunk_seq: seq, places } of rows) {
    await outcomesOf(deps, tx, sending, { seq, places, failed: new Map() })
  }
  if (rows.length === 0 || takes.email) return
  await note(tx, sending, NO_ADDRESSES)
}

const toGroup = async (
  { readChunk }: SendingDeps,
  sending: Sending,
  row: GroupRow,
): Promise<DncGroup> => {
  const chunk = await readChunk(sending.id, row.chunk_seq)
  const places = placesOfBits(row.places)
  const kinds = Object.keys(SUBJECT_KINDS) as SubjectKind[]
  return {
    id: row.id,
    submissionId: sending.id,
    tenantId: sending.tenant_id,
    requestId: sending.request_id,
    held: sending.hold_reason,
    action: sending.kind === 'remove' ? 'remove' : 'add',
    kind: kinds.find((kind) => SUBJECT_KINDS[kind] === row.subject_kind)!,
    places,
    subjects: places.map((place) => chunk.entries[place]!.subject),
    reason: reasonOfNumber(row.reason),
    expiresAt: row.expires_at,
    idempotencyKey: row.idempotency_key,
    attempts: row.attempts,
    renews: row.renews,
  }
}

/**
 * The next group of a removal. If a person in the open group has an entry in force again, that
 * group is given up. Another one is made when no group is open, because open halves have the other
 * people. `settled`: a group was given up, or entries were settled without a request. null: nothing
 * is left.
 */
const lookAtRemoval = async (
  deps: SendingDeps,
  tx: Tx,
  sending: Sending,
  claim: DncClaim,
  about: About,
): Promise<GroupRow | 'settled' | null> => {
  const { dncListId } = claim
  const { number: submission } = sending
  const open = await openGroup(tx, sending)
  if (open !== undefined) {
    const places = placesOfBits(open.places)
    if (!(await standsAgain(tx, dncListId, { submission, seq: open.chunk_seq, places })))
      return open
    await giveUpGroup(tx, open)
    return 'settled'
  }
  const { takes, most } = about
  const next = await nextRemovals(tx, sending, { dncListId, takes: takes.removals, most })
  if (next === null) return null
  const { seq, kind, send, settle } = next
  if (!takes.removals) await note(tx, sending, NO_REMOVALS)
  if (settle.length > 0) {
    await outcomesOf(deps, tx, sending, { seq, places: settle, failed: new Map() })
  }
  if (send.length === 0) return 'settled'
  const rows = send.map((place) => ({
    ...{ chunk_seq: seq, place, subject_kind: kind, reason: 1, expires_at: null, until: null },
  }))
  return insertGroup(tx, sending, rows, about)
}

/**
 * The unsent entries of the first chunk that has any. An index finds the lowest chunk number, even
 * if the planner does not know yet how many entries a new submission has.
 */
const nextPending = ({ number }: Sending): RawBuilder<unknown> =>
  sql`mine as materialized (select e.* from dnc_entry e
      where e.submission = ${number}::bigint and e.outcome is null and not e.quarantined
        and e.chunk_seq = (select min(chunk_seq) from dnc_entry
          where submission = ${number}::bigint and outcome is null and not quarantined))`

/**
 * The next group of entries to add. `settled`: an outdated group was given up. null: nothing is
 * left to send.
 */
const lookAtEntries = async (
  deps: SendingDeps,
  tx: Tx,
  sending: Sending,
  claim: DncClaim,
  about: About,
): Promise<GroupRow | 'settled' | null> => {
  const open = await openGroup(tx, sending)
  if (open !== undefined) {
    if (!(await isOutdated(tx, claim, about, open))) return open
    await giveUpGroup(tx, open)
    return 'settled'
  }
  await settleUntaken(deps, tx, sending, about)
  const rows = await compose(tx, claim, about, nextPending(sending))
  return rows.length > 0 ? insertGroup(tx, sending, rows, about) : null
}

type Found = { sending: Sending; row: GroupRow }

/**
 * One step towards the next request about a list. Returns the group to send. `again`: the step
 * found no group to send. Instead, the step ended or settled entries, ended a submission, gave up a
 * renewal, or found a group with nothing to renew. null: there is no work.
 */
const look = (deps: SendingDeps, claim: DncClaim, about: About): Promise<Found | 'again' | null> =>
  inTransaction(deps.database, async (tx) => {
    await lockLane(tx, claim)
    const closing = await nextClosing(tx, claim.dncListId)
    if (closing !== undefined) {
      await closeChunk(tx, deps.ids, closing)
      return 'again'
    }
    const sending = await nextSubmission(tx, claim.dncListId, about)
    if (sending === undefined) return nextRenewal(tx, claim, about)
    const lookAt = sending.kind === 'remove' ? lookAtRemoval : lookAtEntries
    const row = await lookAt(deps, tx, sending, claim, about)
    if (row === 'settled') return 'again'
    if (row !== null) return { sending, row }
    await endIfDone(tx, deps.outbox, sending)
    return 'again'
  })

/**
 * Each call is one short transaction. A crash between two calls loses nothing, because each one
 * stores a whole step.
 */
export const createNextGroup =
  (deps: SendingDeps): DncLaneStore['nextGroup'] =>
  async (claim, about) => {
    const found = await look(deps, claim, about)
    if (found === null || found === 'again') return found
    return toGroup(deps, found.sending, found.row)
  }
