import { sql } from 'kysely'

import { hasBit } from '../../lib/bitmap.ts'
import type {
  ErasureContact,
  ErasureJob,
  ErasureStore,
  ErasureWork,
} from '../../workflows/ports/erasures/erasures.ts'
import { appendAudit } from '../audit/audit-store.ts'
import { inTransaction, type Db } from '../homes/database.ts'
import { FINAL_STATES_SQL, LANE_STATES_SQL } from '../uploads/upload-row.ts'
import { lockErasure, noteDone } from './erasure-row.ts'
import type { EraseLot, ErasingDeps } from './lots.ts'

/**
 * Deletes from the registers the contacts that the erasure found, whichever tenant delivered them.
 * A contact that Genesys cannot or does not delete is deleted from the registers too. The receipt
 * reports such a contact. A later row for this contact is sent even if the content is unchanged.
 */
export const eraseRegister: EraseLot = (deps, work) =>
  inTransaction(deps.database, async (tx) => {
    await lockErasure(tx, work.claim)
    const { rows } = await sql`delete from contact_register known
      using register r, erasure_contact found
      where found.erasure_id = ${work.claim.erasureId} and r.list_id = found.contact_list_id
        and known.register_id = r.id and known.contact_digest = found.contact_digest returning 1`.execute(
      tx,
    )
    await noteDone(tx, work, 'register', { found: rows.length, erased: rows.length }, null)
    return null
  })

/**
 * Deletes the retractions of the contacts that the erasure found. An open retraction stays if
 * Genesys keeps the contact. For a deleted contact, nothing is left to retract.
 */
export const eraseRetractions: EraseLot = (deps, work) =>
  inTransaction(deps.database, async (tx) => {
    await lockErasure(tx, work.claim)
    const { rows } = await sql`delete from dnc_retraction r using erasure_contact found
      where found.erasure_id = ${work.claim.erasureId} and r.contact_list_id = found.contact_list_id
        and r.contact_digest = found.contact_digest and (r.state <> 'open' or found.state <> 'kept') returning 1`.execute(
      tx,
    )
    await noteDone(tx, work, 'retractions', { found: rows.length, erased: rows.length }, null)
    return null
  })

/**
 * How long Genesys may still carry out a request that was given up without an answer. The longest
 * call with contacts ends after 30 s.
 */
const LATE = sql`interval '5 minutes'`

type Under = {
  list_id: string
  request_id: string
  job_id: string | null
  is_worked: boolean
  from_row: number
  to_row: number
  sent: Buffer
  erased: Buffer
}

/** Whether the request contains a row of an erased person. */
const hasErased = ({ from_row: from, to_row: to, sent, erased }: Under): boolean => {
  for (let row = from; row < to; row += 1) {
    if (hasBit(sent, row - from) && hasBit(erased, row)) return true
  }
  return false
}

/**
 * The contact lists to which rows of an erased person may be in flight. A row is in flight if its
 * upload has not ended, and a request with the row was recorded and is not settled. If the upload
 * is held or paused, the request counts only if it was sent and not all of its tries are closed. A
 * request that is sent later leaves out the rows of erased people. A row is in flight too if its
 * request was given up a moment ago, because Genesys may still carry it out. `jobs`: the jobs of
 * the requests of held and paused uploads.
 */
const inFlight = async (
  db: Db,
  { erasure }: ErasureWork,
): Promise<{ lists: Set<string>; jobs: ErasureJob[] }> => {
  const { rows } =
    await sql<Under>`select u.contact_list_id as list_id, s.id as request_id, s.job_id, u.state in (${LANE_STATES_SQL}) as is_worked,
      b.from_row, b.to_row, b.sent, c.erased
    from upload u join batch b on b.upload_id = u.id join shipment s on s.id = b.shipment_id join chunk c on c.upload_id = u.id and c.seq = b.chunk_seq
    where u.tenant_id = ${erasure.tenantId} and u.state not in (${FINAL_STATES_SQL}) and c.erased <> ''
      and (u.state in (${LANE_STATES_SQL}) and b.state in ('intended', 'sent')
        or b.state = 'sent' and s.attempts > s.closed_tries)
    union all select u.contact_list_id, s.id, s.job_id, true, b.from_row, b.to_row, b.sent, c.erased
    from shipment s join batch b on b.shipment_id = s.id join upload u on u.id = b.upload_id join chunk c on c.upload_id = u.id and c.seq = b.chunk_seq
    where s.tenant_id = ${erasure.tenantId} and s.doubtful and s.sent_at > clock_timestamp() - ${LATE} and c.erased <> ''`.execute(
      db,
    )
  const under = rows.filter(hasErased)
  const jobs = new Map<string, ErasureJob>()
  for (const { request_id: requestId, job_id: jobId, is_worked: isWorked } of under) {
    if (jobId !== null && !isWorked) jobs.set(requestId, { requestId, jobId })
  }
  return { lists: new Set(under.map((row) => row.list_id)), jobs: [...jobs.values()] }
}

const digestOf = ({ seals }: ErasingDeps, { contactId }: ErasureContact): Buffer =>
  seals.contactIds.digests([contactId])

type Open = {
  list_id: string
  contact_digest: Buffer
  sealed_id: Buffer
  refusals: number
  failures: number
  failure: string | null
  in_ms: number
}

/** The contacts that are not deleted yet, in the order in which they are due. */
const openContacts = async (db: Db, { claim }: ErasureWork): Promise<Open[]> => {
  const { rows } =
    await sql<Open>`select contact_list_id as list_id, contact_digest, sealed_id, refusals, failures, failure,
      coalesce(greatest(0, ceil(extract(epoch from due_at - clock_timestamp()) * 1000)), 0)::float8 as in_ms
    from erasure_contact where erasure_id = ${claim.erasureId} and state = 'found'
    order by due_at nulls first, contact_list_id, contact_digest`.execute(db)
  return rows
}

/**
 * The SQL store of the contacts that an erasure found, and of the outcome of their deletion in
 * Genesys.
 */
export const createErasureContacts = (
  deps: ErasingDeps,
): Pick<ErasureStore, 'contactsToDelete' | 'noteJobEnd' | 'noteContact' | 'postponeContact'> => ({
  contactsToDelete: async (work, limit) => {
    const { db } = deps.database
    const { lists, jobs } = await inFlight(db, work)
    const open = await openContacts(db, work)
    const free = open.filter((row) => !lists.has(row.list_id))
    const later = free.find((row) => row.in_ms > 0)
    return {
      contacts: free
        .filter((row) => row.in_ms === 0)
        .slice(0, limit)
        .map((row) => ({
          contactListId: row.list_id,
          contactId: deps.seals.contactIds.open(row.contact_digest, row.sealed_id),
          refusals: row.refusals,
          failures: row.failures,
        })),
      busy: open.length - free.length,
      jobs,
      later: later === undefined ? null : { inMs: later.in_ms, failure: later.failure! },
    }
  },
  noteJobEnd: async ({ requestId, jobId }) => {
    await sql`update shipment set closed_tries = attempts
      where id = ${requestId} and job_id = ${jobId} and state in ('intended', 'sent')`.execute(
      deps.database.db,
    )
  },
  postponeContact: (work, contact, { failure, inMs, isRefusal, isOutage }) =>
    inTransaction(deps.database, async (tx) => {
      await lockErasure(tx, work.claim)
      await sql`update erasure_contact set failure = ${failure}, refusals = refusals + ${isRefusal ? 1 : 0}::int,
          failures = failures + ${isOutage ? 0 : 1}::int,
          due_at = clock_timestamp() + make_interval(secs => ${inMs}::float8 / 1000)
        where erasure_id = ${work.claim.erasureId} and contact_list_id = ${contact.contactListId}
          and contact_digest = ${digestOf(deps, contact)} and state = 'found'`.execute(tx)
    }),
  noteContact: (work, contact, end, audit) =>
    inTransaction(deps.database, async (tx) => {
      await lockErasure(tx, work.claim)
      const state = typeof end === 'string' ? end : 'kept'
      const { rows } = await sql`update erasure_contact set state = ${state}
        where erasure_id = ${work.claim.erasureId} and contact_list_id = ${contact.contactListId}
          and contact_digest = ${digestOf(deps, contact)} and state = 'found' returning 1`.execute(
        tx,
      )
      if (rows.length === 0) return
      const found = end === 'gone' ? 0 : 1
      const erased = end === 'deleted' ? 1 : 0
      const remains = typeof end === 'string' ? {} : { [end.kept]: 1 }
      await noteDone(tx, work, 'genesys_contacts', { found, erased, remains }, '')
      await appendAudit(tx, audit)
    }),
})
