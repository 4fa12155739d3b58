import type { DncSubmission, SeenDncState } from '../../domain/do-not-call/dnc-submission.ts'
import { DNC_COUNTS, needsPerson } from '../../domain/do-not-call/dnc-submission.ts'
import { DELIVERED_BEFORE_NOTE } from '../../domain/do-not-call/retraction.ts'
import { rejectionReason } from '../../domain/uploads/rejection.ts'
import type { DncLedgerEntry, FoundEntry } from '../../workflows/ports/do-not-call/submissions.ts'
import { ENGLISH, fill } from '../texts/texts.ts'
import type { WrittenPerson } from './written-people.ts'

const { doNotCall: words } = ENGLISH

/** A submission as a line of the list. */
export const submissionLine = (submission: DncSubmission) => ({
  id: submission.id,
  list: submission.dncListId,
  kind: words.kinds[submission.kind],
  state: submission.state,
  stateLabel: words.states[submission.state as SeenDncState],
  accepted: submission.counts.accepted,
  pending: submission.counts.pending,
  createdAt: submission.createdAt,
})

const isShown = (name: (typeof DNC_COUNTS)[number], count: number): boolean =>
  count > 0 || name === 'read' || name === 'accepted'

/**
 * The model of the page of one submission: its counts (`read`, `accepted` and those that are not
 * 0), and the reason if it is held.
 */
export const submissionModel = (submission: DncSubmission) => ({
  ...submissionLine(submission),
  hold: submission.hold && {
    since: submission.hold.since,
    forPerson: needsPerson(submission.hold.reason),
    ...words.holds[submission.hold.reason],
  },
  /** Grows with every change. The page sends it back, to find out whether anything changed. */
  version: submission.version,
  ended: submission.state === 'applied' || submission.state === 'applied_with_errors',
  fileName: submission.source.fileName,
  /**
   * Whether the submission adds entries. A removal suppresses nobody, so it searches for no
   * contacts.
   */
  isAdding: submission.kind !== 'remove',
  counts: DNC_COUNTS.filter((name) => isShown(name, submission.counts[name])).map((name) => ({
    name: words.counts[name],
    count: submission.counts[name],
  })),
  quarantined: submission.counts.quarantined,
  // A separate part of the page shows the contacts that were delivered before the entries.
  notes: submission.notes.filter((note) => note !== DELIVERED_BEFORE_NOTE),
  problem: submission.problem,
  appliedAt: submission.appliedAt,
})

/** A line of the ledger, without the person. */
export const entryLine = (entry: DncLedgerEntry) => {
  const [fault] = entry.faults
  return {
    line: entry.line,
    outcome: words.outcomes[entry.outcome],
    reason: entry.terms === null ? null : words.reasons[entry.terms.reason],
    why:
      fault !== undefined
        ? rejectionReason(fault)
        : entry.failedCode === null
          ? null
          : fill(words.refusedAs, { code: entry.failedCode }),
  }
}

const foundLine = ({ terms, state, quarantined, submissionId, acceptedAt }: FoundEntry) => ({
  reason: words.reasons[terms.reason],
  source: terms.source,
  state: state === 'standing' && quarantined ? words.found.quarantined : words.found[state],
  expiresAt: terms.expiresAt,
  scope: terms.contactListIds === null ? null : terms.contactListIds.join(', '),
  submissionId,
  acceptedAt,
})

/** For each person in the search: whether calls are suppressed, and by which entries. */
export const searchedModel = (
  people: readonly WrittenPerson[],
  found: ReadonlyMap<string, readonly FoundEntry[]>,
) =>
  people.map(({ written, subject }) => {
    const entries = subject === null ? [] : (found.get(subject) ?? [])
    const suppressed = entries.some(({ state }) => state === 'standing')
    return {
      written,
      readable: subject !== null,
      suppressed,
      verdict:
        subject === null ? words.unreadable : suppressed ? words.suppressed : words.notSuppressed,
      entries: entries.map(foundLine),
    }
  })
