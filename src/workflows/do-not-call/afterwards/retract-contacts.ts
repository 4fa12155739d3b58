import { byGateway, createAuditEntry, type AuditEntry } from '../../../domain/audit/audit.ts'
import type { RetractionEnd } from '../../../domain/do-not-call/retraction.ts'
import { subjectDigest } from '../../../domain/do-not-call/subject.ts'
import { GenesysFailure } from '../../../domain/genesys/genesys-failure.ts'
import { backoffMs } from '../../../lib/backoff.ts'
import type { Clock } from '../../../lib/clock.ts'
import type { Ids } from '../../../lib/ids.ts'
import type { Emit } from '../../../telemetry/events.ts'
import type {
  ContactRetractionPort,
  RetractContacts,
  Retraction,
  RetractionClaim,
  RetractionStore,
} from '../../ports/do-not-call/retractions.ts'

export type RetractDeps = {
  retractions: Pick<RetractionStore, 'next' | 'settle' | 'postpone'>
  /**
   * null if the dialect has no call that retracts a contact. The contacts are then only reported.
   */
  contacts: ContactRetractionPort | null
  /** The key for the digests of phones and emails, the same as for uploads. */
  digestKey: Buffer
  clock: Clock
  ids: Ids
  emit: Emit
  random: () => number
}

/**
 * How many contacts are retracted before the list is released and claimed again, so that other
 * lists get their turn.
 */
const CONTACTS_A_CLAIM = 50
const REPORTED_A_CLAIM = 1_000
/**
 * Full jitter from 1 s, doubled, at most an hour. Refusals are retried too, because Genesys may
 * accept the call once an admin has granted a right.
 */
const BACKOFF = { baseMs: 1_000, capMs: 3_600_000 }
/** Failures that would also occur with every other contact of the list. */
const OF_ALL: readonly string[] = ['unavailable', 'throttled', 'unauthorized', 'forbidden']
const LIST_AGAIN_MS = 5_000

type Lease = Parameters<RetractContacts>[1]

const auditOf = (
  deps: RetractDeps,
  retraction: Retraction,
  about: Partial<Pick<AuditEntry, 'outcome' | 'counts' | 'latencyMs'>>,
): AuditEntry =>
  createAuditEntry(deps.ids, byGateway(retraction), {
    action: 'dnc.retracted',
    object: retraction.submissionId,
    attempt: retraction.attempts + 1,
    ...about,
  })

/** Reports the contacts, with one audit entry for each submission or edition that named them. */
const report = async (
  deps: RetractDeps,
  claim: RetractionClaim,
  found: readonly Retraction[],
): Promise<void> => {
  const bySubmission = Map.groupBy(found, ({ submissionId }) => submissionId)
  const audit = [...bySubmission.values()].map((some) =>
    auditOf(deps, some[0]!, { counts: { reported: some.length } }),
  )
  await deps.retractions.settle(claim, found, 'reported', audit)
  for (const [submissionId, some] of bySubmission) {
    const about = { submissionId, contactListId: claim.contactListId, contacts: some.length }
    deps.emit('dnc.retracted', { ...about, outcome: 'reported', attempt: 1, durationMs: 0 })
  }
}

const isGone = (error: unknown): boolean =>
  error instanceof GenesysFailure && error.kind === 'not_found'

/** Retracts one contact. Returns its outcome, or the failure if the contact must be tried again. */
const retractOne = async (
  { digestKey, clock }: RetractDeps,
  contacts: ContactRetractionPort,
  { contactListId }: RetractionClaim,
  { contactId, subject, tenantId, isReplaced }: Retraction,
  lease: Lease,
): Promise<{ end: RetractionEnd | GenesysFailure; durationMs: number }> => {
  const startedMs = clock.monotonicMs()
  const took = (end: RetractionEnd | GenesysFailure) => ({
    end,
    durationMs: clock.monotonicMs() - startedMs,
  })
  const isSubject = (cell: string): boolean =>
    cell !== '' && subjectDigest(digestKey, cell).equals(subject)
  try {
    await contacts.retract(
      { contactListId, contactId, isSubject, isReplaced },
      {
        ...{ tenantId, class: 'dnc', signal: lease.signal, retryForMs: 0 },
        beforeSend: () => lease.assertHeld(),
      },
    )
    return took('retracted')
  } catch (error) {
    if (isGone(error)) return took('gone')
    if (error instanceof GenesysFailure) return took(error)
    throw error
  }
}

/** Retracts one contact and stores the outcome. Returns true if the next contact may be tried. */
const work = async (
  deps: RetractDeps,
  contacts: ContactRetractionPort,
  claim: RetractionClaim,
  retraction: Retraction,
  lease: Lease,
): Promise<boolean> => {
  const { end, durationMs } = await retractOne(deps, contacts, claim, retraction, lease)
  const { submissionId, attempts } = retraction
  const about = { submissionId, contactListId: claim.contactListId, attempt: attempts + 1 }
  if (!(end instanceof GenesysFailure)) {
    const audit = auditOf(deps, retraction, { counts: { [end]: 1 }, latencyMs: durationMs })
    await deps.retractions.settle(claim, [retraction], end, [audit])
    deps.emit('dnc.retracted', { ...about, contacts: 1, outcome: end, durationMs })
    return true
  }
  const waitMs = backoffMs(BACKOFF, attempts + 1, deps.random, end.retryAfterMs ?? 0)
  await deps.retractions.postpone(claim, retraction, end.kind, Math.max(1, waitMs))
  deps.emit('dnc.not_retracted', { ...about, failure: end.kind, retryInMs: waitMs })
  return !OF_ALL.includes(end.kind)
}

/**
 * Retracts, one after the other, contacts that were delivered before an entry or an edition named
 * them. Each contact is read from Genesys first. So if the first try got no answer, the second try
 * sees whether the first one had an effect. If the dialect has no call that retracts a contact, the
 * contacts are only reported.
 */
export const createRetractContacts = (deps: RetractDeps): RetractContacts => {
  const { contacts, retractions } = deps
  return async (claim, lease) => {
    const most = contacts === null ? REPORTED_A_CLAIM : CONTACTS_A_CLAIM
    const found = await retractions.next(claim, most)
    if (found === null || typeof found === 'number') return found
    if (contacts === null) {
      await report(deps, claim, found)
      return 0
    }
    for (const retraction of found) {
      lease.signal.throwIfAborted()
      if (!(await work(deps, contacts, claim, retraction, lease))) return LIST_AGAIN_MS
    }
    return 0
  }
}
