import type { AuditSaid } from '../../domain/audit/audit-details.ts'
import { auditId } from '../../domain/audit/audit-details.ts'
import {
  type AuditAbout,
  type AuditEntry,
  byGateway,
  createAuditEntry,
} from '../../domain/audit/audit.ts'
import type { ErasureRemain } from '../../domain/erasures/erasure.ts'
import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import { backoffMs } from '../../lib/backoff.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Ids } from '../../lib/ids.ts'
import type { Emit } from '../../telemetry/events.ts'
import type {
  ContactErasurePort,
  ContactToDelete,
  ErasureContact,
  ErasureJob,
  ErasureStore,
  ErasureWork,
  EraseSubject,
} from '../ports/erasures/erasures.ts'
import type { ContactListPort } from '../ports/genesys/genesys.ts'

export type DeleteContactsDeps = {
  erasures: Pick<
    ErasureStore,
    'contactsToDelete' | 'noteJobEnd' | 'noteContact' | 'postponeContact' | 'wait'
  >
  contactLists: Pick<ContactListPort, 'readJob'>
  /**
   * null if the dialect has no call that deletes a contact. The receipt of the erasure then says
   * so.
   */
  contacts: ContactErasurePort | null
  clock: Clock
  ids: Ids
  emit: Emit
  random: () => number
}

type Lease = Parameters<EraseSubject>[1]
type End = Parameters<ErasureStore['noteContact']>[2]

/**
 * Full jitter from 1 s, doubled, at most a quarter of an hour. Refusals are retried too, because an
 * admin may grant a missing right, or end what uses the contact.
 */
const BACKOFF = { baseMs: 1_000, capMs: 900_000 }
/**
 * Failures that would also occur with other contacts, so the work waits. The gateway never gives up
 * because of them. A malformed answer is one of them: it may come from a proxy, for example.
 */
const OF_ALL: readonly string[] = [
  'unavailable',
  'throttled',
  'unauthorized',
  'forbidden',
  'malformed_answer',
]
/** Failures that say nothing about a contact: Genesys cannot be asked now. */
const OUTAGES: readonly string[] = ['unavailable', 'throttled', 'unauthorized']
/**
 * The longest wait of the whole erasure because of one contact, so that contacts that are due
 * sooner need not wait for it. The contact itself waits longer.
 */
const LONGEST_FOR_ONE_MS = 60_000
/**
 * After so many refusals, the contact counts as kept, so that the erasure can end. With the waits
 * of `BACKOFF`, the refusals take about half a day.
 */
const MOST_REFUSALS = 100
/** The wait between two checks while rows of the person are in flight. */
const BUSY_AGAIN_MS = 2_000
/**
 * While the erasure itself asks for jobs, the wait grows to at most a minute: a quarter of the time
 * that the erasure has waited already. Such an upload may be paused for days.
 */
const JOBS_AGAIN_MS = 60_000
const SHARE_OF_WAIT = 0.25
/** How many contacts are read from the store together. */
const CONTACTS_AT_ONCE = 20

/** An audit entry about the erasure. */
export const auditOf = (
  { ids }: { ids: Ids },
  { erasure, requestId }: ErasureWork,
  about: AuditSaid & AuditAbout,
): AuditEntry =>
  createAuditEntry(ids, byGateway({ tenantId: erasure.tenantId, requestId }), {
    object: erasure.id,
    digest: erasure.subjectDigest,
    ...about,
  })

const isGone = (error: unknown): boolean =>
  error instanceof GenesysFailure && error.kind === 'not_found'

/**
 * Deletes one contact in Genesys. Returns the outcome, or the failure if the contact must be tried
 * again.
 */
const deleteOne = async (
  port: ContactErasurePort,
  work: ErasureWork,
  contact: ErasureContact,
  lease: Lease,
): Promise<End | GenesysFailure> => {
  try {
    const end = await port.erase(contact, {
      ...{
        tenantId: work.erasure.tenantId,
        class: 'delivery',
        signal: lease.signal,
        retryForMs: 0,
      },
      beforeSend: () => lease.assertHeld(),
    })
    return end === 'deleted' ? 'deleted' : { kept: 'genesys_keeps_contact' }
  } catch (error) {
    if (isGone(error)) return 'gone'
    if (error instanceof GenesysFailure) return error
    throw error
  }
}

const noteEnd = async (
  deps: DeleteContactsDeps,
  work: ErasureWork,
  contact: ErasureContact,
  end: 'deleted' | 'gone' | { kept: ErasureRemain },
): Promise<void> => {
  const outcome = typeof end === 'string' ? end : 'kept'
  const audit = auditOf(deps, work, {
    action: 'erasure.contact',
    counts: { [outcome]: 1 },
    details: { outcome, contactListId: auditId(contact.contactListId) },
  })
  await deps.erasures.noteContact(work, contact, end, [audit])
}

/**
 * Notes that a contact was not deleted. `outages`: how often in a row Genesys gave no answer
 * before. Returns the milliseconds until the work may continue. null: the next contact may be tried
 * now.
 */
const noteFailure = async (
  deps: DeleteContactsDeps,
  work: ErasureWork,
  contact: ContactToDelete,
  { kind, retryAfterMs }: GenesysFailure,
  outages: number,
): Promise<number | null> => {
  const isRefusal = !OF_ALL.includes(kind)
  const isOutage = OUTAGES.includes(kind)
  if (isRefusal && contact.refusals + 1 >= MOST_REFUSALS) {
    await noteEnd(deps, work, contact, { kept: 'genesys_refuses_deletion' })
    return null
  }
  const attempt = (isOutage ? outages : contact.failures) + 1
  const inMs = Math.max(1, backoffMs(BACKOFF, attempt, deps.random, retryAfterMs ?? 0))
  const about = { failure: kind, inMs, isRefusal, isOutage }
  await deps.erasures.postponeContact(work, contact, about)
  const erasureId = work.erasure.id
  deps.emit('erasure.waiting', { erasureId, failure: kind, attempt, retryInMs: inMs })
  if (isRefusal) return null
  await deps.erasures.wait(work, kind, isOutage ? attempt : 0)
  return isOutage ? inMs : Math.min(inMs, LONGEST_FOR_ONE_MS)
}

/**
 * Asks for a job of a paused or held upload, and stores its end. Returns whether it has ended. A
 * job that Genesys does not find may still run, so it proves nothing.
 */
const hasEnded = async (
  { erasures, contactLists }: DeleteContactsDeps,
  { erasure }: ErasureWork,
  job: ErasureJob,
  { signal }: Lease,
): Promise<boolean> => {
  const context = { tenantId: erasure.tenantId, class: 'poll', signal, retryForMs: 0 } as const
  try {
    const { state } = await contactLists.readJob(job.jobId, context)
    if (state === 'processing') return false
  } catch (error) {
    if (error instanceof GenesysFailure) return false
    throw error
  }
  await erasures.noteJobEnd(job)
  return true
}

/**
 * Waits for requests with rows of the person. Returns the milliseconds until the next check. 0: a
 * job has ended, so the check is made again now.
 */
const awaitRequests = async (
  deps: DeleteContactsDeps,
  work: ErasureWork,
  jobs: readonly ErasureJob[],
  outages: number,
  lease: Lease,
): Promise<number> => {
  let ended = false
  for (const job of jobs) {
    lease.assertHeld()
    if (await hasEnded(deps, work, job, lease)) ended = true
  }
  if (ended) return 0
  if (work.erasure.failure !== 'rows_on_their_way') {
    await deps.erasures.wait(work, 'rows_on_their_way', outages)
    return BUSY_AGAIN_MS
  }
  if (jobs.length === 0) return BUSY_AGAIN_MS
  const waitedMs = deps.clock.now().getTime() - Date.parse(work.erasure.updatedAt)
  return Math.min(JOBS_AGAIN_MS, Math.max(BUSY_AGAIN_MS, waitedMs * SHARE_OF_WAIT))
}

/**
 * Deletes the person's contacts in Genesys. A contact that Genesys refuses to delete waits, while
 * the others are deleted. Returns the milliseconds until the next try. null: no contact is left to
 * delete.
 */
export const deleteContacts = async (
  deps: DeleteContactsDeps,
  work: ErasureWork,
  lease: Lease,
): Promise<number | null> => {
  let outages = work.erasure.attempts
  for (;;) {
    const { contacts, busy, jobs, later } = await deps.erasures.contactsToDelete(
      work,
      CONTACTS_AT_ONCE,
    )
    if (contacts.length === 0 && busy > 0) {
      const waitMs = await awaitRequests(deps, work, jobs, outages, lease)
      if (waitMs > 0) return waitMs
      continue
    }
    if (contacts.length === 0 && later === null) return null
    if (contacts.length === 0) {
      await deps.erasures.wait(work, later!.failure, outages)
      return later!.inMs
    }
    for (const contact of contacts) {
      lease.assertHeld()
      const end =
        deps.contacts === null
          ? ({ kept: 'genesys_cannot_delete' } as const)
          : await deleteOne(deps.contacts, work, contact, lease)
      if (end instanceof GenesysFailure) {
        const waitMs = await noteFailure(deps, work, contact, end, outages)
        if (waitMs !== null) return waitMs
      } else {
        await noteEnd(deps, work, contact, end)
      }
      outages = 0
    }
  }
}
