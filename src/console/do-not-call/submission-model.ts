import type { DncSubmission, SeenDncState } from '../../domain/do-not-call/dnc-submission.ts'
import { DNC_COUNTS } from '../../domain/do-not-call/dnc-submission.ts'
import { rejectionReason } from '../../domain/uploads/rejection.ts'
import type { DncLedgerEntry, FoundEntry } from '../../workflows/ports/do-not-call/submissions.ts'
import { ENGLISH, fill } from '../texts/texts.ts'
import type { WrittenPerson } from './written-people.ts'

const { doNotCall: words } = ENGLISH

/** A submission in a list. */
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

/** One submission: its counts that are not 0, why it waits, and what you may do. */
export const submissionModel = (submission: DncSubmission) => ({
  ...submissionLine(submission),
  hold: submission.hold && {
    since: submission.hold.since,
    forPerson: submission.hold.reason === 'dnc_list_refused',
    ...words.holds[submission.hold.reason],
  },
  fileName: submission.source.fileName,
  counts: DNC_COUNTS.filter((name) => isShown(name, submission.counts[name])).map((name) => ({
    name: words.counts[name],
    count: submission.counts[name],
  })),
  quarantined: submission.counts.quarantined,
  notes: submission.notes,
  problem: submission.problem,
  appliedAt: submission.appliedAt,
})

/** An entry of the ledger, without the person. */
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

/** What is known about each person you looked for. */
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
