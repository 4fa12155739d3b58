import type { z } from 'zod'

import type { DncSubmission, SeenDncState } from '../../../domain/do-not-call/dnc-submission.ts'
import { rejectionReason } from '../../../domain/uploads/rejection.ts'
import { ledgerFaults, ledgerReason } from '../../../intake/formats/ledger-csv.ts'
import type {
  DncLedgerEntry,
  FoundEntry,
} from '../../../workflows/ports/do-not-call/submissions.ts'
import type { HttpDeps } from '../../server/deps.ts'
import type { Asked } from './dnc-access.ts'
import type { ledgerEntrySchema, searchAnswerSchema, submissionSchema } from './dnc-schemas.ts'

/** A submission as callers see it. */
export const renderSubmission = (submission: DncSubmission): z.output<typeof submissionSchema> => {
  const { id, dncListId, kind, hold, version, counts, rejections, notes } = submission
  const { fileName, format, bytes, sha256 } = submission.source
  const { createdAt, updatedAt, appliedAt, problem } = submission
  // A submission that is still being received is never shown.
  const state = submission.state as SeenDncState
  return {
    ...{ id, dncListId, kind, state, hold, version, counts, rejections, notes },
    source: { fileName, format, bytes, sha256 },
    ...{ createdAt, updatedAt, appliedAt, problem },
  }
}

/**
 * What the ledger shows about an entry, in the form that rows of uploads have too: code, column and
 * faults.
 */
export const faultsOf = ({ outcome, faults, failedCode }: DncLedgerEntry) => {
  const [first] = faults
  if (first !== undefined) return { code: first.code, column: first.column, faults }
  if (failedCode === 'override-needed') return { code: failedCode, column: null }
  // A failed entry gets the same code as a contact that Genesys refuses. Genesys' own code is in
  // the reason.
  if (outcome === 'failed') return { code: 'genesys-refused', column: null, said: failedCode }
  const code = { duplicate: 'duplicate-in-submission', quarantined: 'country-not-allowed' }[
    outcome as string
  ]
  return { code: code ?? null, column: null }
}

/**
 * An entry of the submission's ledger as callers see it. Empty cells are left out. `entry` null:
 * the entry was rejected, so it has no terms.
 */
export const renderEntry =
  ({ columns, kind }: DncSubmission, takes: HttpDeps['dncTakes']) =>
  (entry: DncLedgerEntry): z.output<typeof ledgerEntrySchema> => {
    const { line, outcome, terms, cells, subjectKind } = entry
    const upstream =
      subjectKind !== null && takes[subjectKind] && (kind !== 'remove' || takes.removals)
    const reasoned = { ...faultsOf(entry), replacedByLine: null }
    const { code, column } = reasoned
    const filled = columns.flatMap((name, at) => (cells[at] ? [[name, cells[at]] as const] : []))
    return {
      ...{ line, outcome, code, column },
      reason:
        code === null
          ? null
          : ledgerReason({ ...reasoned, faults: ledgerFaults(reasoned).slice(0, 1) }),
      faults: ledgerFaults(reasoned).map((fault) => ({
        ...{ code: fault.code, column: fault.column, reason: rejectionReason(fault) },
      })),
      entry:
        terms === null
          ? null
          : {
              ...terms,
              contactListIds: terms.contactListIds && [...terms.contactListIds],
              upstream,
            },
      cells: Object.fromEntries(filled),
    }
  }

/** What is known about a person who was looked for. */
export const renderSearched = (
  { subject: _subject, ...written }: Asked,
  found: readonly FoundEntry[],
  takes: HttpDeps['dncTakes'],
): z.output<typeof searchAnswerSchema>['items'][number] => ({
  ...written,
  suppressed: found.some(({ state }) => state === 'standing'),
  entries: found.map(({ terms, state, quarantined, submissionId, acceptedAt, history }) => {
    const { contactListIds, ...said } = terms
    const scope = contactListIds && [...contactListIds]
    const shown = state === 'standing' && quarantined ? ('quarantined' as const) : state
    // If the caller did not state when the person asked, the time of the 202 counts, as in an
    // export.
    const receivedAt = said.receivedAt ?? acceptedAt
    return {
      ...{ ...said, receivedAt, scope, state: shown, submissionId, acceptedAt, history },
      upstream: written.email === undefined || takes.email,
    }
  }),
})
