import type { AuditSaid } from '../../domain/audit/audit-details.ts'
import { auditId } from '../../domain/audit/audit-details.ts'
import {
  type AuditAbout,
  type AuditEntry,
  byGateway,
  createAuditEntry,
} from '../../domain/audit/audit.ts'
import {
  ERASURE_PLACES,
  ERASURE_STEPS,
  type Erasure,
  type ErasureStep,
  type ErasureRemain,
} from '../../domain/erasures/erasure.ts'
import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import { backoffMs } from '../../lib/backoff.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Ids } from '../../lib/ids.ts'
import type { Emit } from '../../telemetry/events.ts'
import type {
  ContactErasurePort,
  ErasureContact,
  ErasureStore,
  ErasureWork,
  EraseSubject,
} from '../ports/erasures/erasures.ts'

export type EraseDeps = {
  erasures: Pick<
    ErasureStore,
    'eraseLot' | 'contactsToDelete' | 'noteContact' | 'wait' | 'complete'
  >
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

/**
 * Full jitter from 1 s, doubled, at most a quarter of an hour. Refusals are retried too, because an
 * admin may grant a missing right.
 */
const BACKOFF = { baseMs: 1_000, capMs: 900_000 }
/** The wait between two checks while rows of the person are in flight. */
const BUSY_AGAIN_MS = 2_000
/** How many contacts are read from the store together. */
const CONTACTS_AT_ONCE = 20
/** The pause between two lots, so that other calls get their turn at the database. */
const BREATH_MS = 5

const auditOf = (
  { ids }: Pick<EraseDeps, 'ids'>,
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
): Promise<'deleted' | 'gone' | { kept: ErasureRemain } | GenesysFailure> => {
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
  deps: EraseDeps,
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
 * Deletes the person's contacts in Genesys. Returns the milliseconds until the next try. null: no
 * contact is left to delete.
 */
const deleteContacts = async (
  deps: EraseDeps,
  work: ErasureWork,
  lease: Lease,
): Promise<number | null> => {
  for (;;) {
    const { contacts, busy } = await deps.erasures.contactsToDelete(work, CONTACTS_AT_ONCE)
    if (contacts.length === 0 && busy === 0) return null
    if (contacts.length === 0) {
      if (work.erasure.failure !== 'rows_on_their_way') {
        await deps.erasures.wait(work, 'rows_on_their_way')
      }
      return BUSY_AGAIN_MS
    }
    for (const contact of contacts) {
      lease.assertHeld()
      const end =
        deps.contacts === null
          ? ({ kept: 'genesys_cannot_delete' } as const)
          : await deleteOne(deps.contacts, work, contact, lease)
      if (end instanceof GenesysFailure) {
        const attempt = work.erasure.attempts + 1
        const waitMs = backoffMs(BACKOFF, attempt, deps.random, end.retryAfterMs ?? 0)
        await deps.erasures.wait(work, end.kind)
        const about = { erasureId: work.erasure.id, failure: end.kind, attempt }
        deps.emit('erasure.waiting', { ...about, retryInMs: waitMs })
        return Math.max(1, waitMs)
      }
      await noteEnd(deps, work, contact, end)
    }
  }
}

const workStep = async (
  deps: EraseDeps,
  work: ErasureWork,
  step: Exclude<ErasureStep, 'genesys_contacts'>,
  from: string | null,
  lease: Lease,
): Promise<void> => {
  for (let after = from, more = true; more;) {
    lease.assertHeld()
    after = await deps.erasures.eraseLot(work, step, after)
    more = after !== null
    if (more) await deps.clock.sleep(BREATH_MS, lease.signal)
  }
}

const countsOf = ({ places, suppressions }: Erasure): Record<string, number> => {
  const counts: Record<string, number> = { suppressions: suppressions ?? 0 }
  for (const place of ERASURE_PLACES) counts[place] = places[place]?.erased ?? 0
  return counts
}

const remainsOf = ({ places }: Erasure): number =>
  Object.values(places)
    .flatMap(({ remains }) => Object.values(remains))
    .reduce((sum, count) => sum + count, 0)

/**
 * Erases a person place by place, in lots, and records each lot when it is done. After an
 * interruption, the next claim continues after the last recorded lot. Returns the milliseconds
 * until the next try, or null when all is done.
 */
export const createEraseSubject =
  (deps: EraseDeps): EraseSubject =>
  async (work, lease) => {
    const startedMs = deps.clock.monotonicMs()
    const { step: begun, after } = work.position
    for (const step of ERASURE_STEPS.slice(ERASURE_STEPS.indexOf(begun))) {
      const from = step === begun ? after : null
      if (step === 'genesys_contacts') {
        const waitMs = await deleteContacts(deps, work, lease)
        if (waitMs !== null) return waitMs
        continue
      }
      await workStep(deps, work, step, from, lease)
    }
    const done = await deps.erasures.complete(work, (erasure) =>
      auditOf(deps, work, {
        action: 'erasure.completed',
        counts: countsOf(erasure),
        details: { state: erasure.state },
      }),
    )
    deps.emit('erasure.completed', {
      erasureId: done.id,
      tenantId: done.tenantId,
      kind: done.kind,
      state: done.state,
      erased: Object.values(done.places).reduce((sum, { erased }) => sum + erased, 0),
      remains: remainsOf(done),
      sinceAskedMs: Math.max(0, Date.parse(done.updatedAt) - Date.parse(done.createdAt)),
      durationMs: deps.clock.monotonicMs() - startedMs,
    })
    return null
  }
