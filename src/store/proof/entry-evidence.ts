import { sql } from 'kysely'

import type { DncChunk } from '../../domain/do-not-call/dnc-chunk.ts'
import { reasonOfNumber } from '../../domain/do-not-call/suppression.ts'
import type { EvidenceCode } from '../../domain/proof/evidence.ts'
import type { EvidenceDraft } from '../../workflows/ports/proof/evidence.ts'
import { CERTAIN_NOW } from '../clock/steady-time.ts'
import { OUTCOME_NAMES } from '../do-not-call/submission-ledger.ts'
import type { Db } from '../homes/database.ts'

export type ReadEntries = (submissionId: string, seq: number) => Promise<DncChunk>

type Row = {
  id: string
  kind: 'add' | 'remove' | 'pull'
  list: string
  accepted_at: Date
  applied_at: Date | null
  seq: number
  place: number
  reason: number
  expires_at: Date | null
  lapsed_at: Date | null
  lists: string[] | null
  quarantined: boolean
  outcome: number | null
  closer_id: string | null
  closer_kind: Row['kind'] | null
  closed_at: Date | null
  released_at: Date | null
}

/**
 * The tenant's entries about the person, in the order of their submissions, and within a submission
 * by chunk and place.
 */
const readRows = async (db: Db, tenantId: string, subject: string): Promise<Row[]> => {
  const { rows } =
    await sql<Row>`select s.id, s.kind, s.dnc_list_id as list, s.accepted_at, s.applied_at, e.chunk_seq as seq, e.place, e.reason,
      e.expires_at, e.contact_list_ids as lists, e.quarantined, e.outcome,
      case when e.expires_at + interval '24 hours' <= ${CERTAIN_NOW} then e.expires_at + interval '24 hours' end as lapsed_at,
      closer.id as closer_id, closer.kind as closer_kind, closer.accepted_at as closed_at,
      (select min(a.at) from audit_entry a where a.object = s.id and a.action = 'dnc.released') as released_at
    from dnc_entry e join dnc_submission s on s.number = e.submission
      left join dnc_submission closer on closer.number = e.closed_by
    where e.subject = ${subject}::uuid and s.tenant_id = ${tenantId} and s.epoch is not null
    order by s.number, e.chunk_seq, e.place`.execute(db)
  return rows
}

const ACCEPTED: Record<Row['kind'], EvidenceCode> = {
  add: 'entry-accepted',
  pull: 'entry-pulled',
  remove: 'removal-accepted',
}

const acceptedOf = (row: Row): EvidenceDraft => ({
  at: row.accepted_at.toISOString(),
  code: ACCEPTED[row.kind],
  id: row.id,
  about: {
    ...{ dncListId: row.list, contactListIds: row.lists, quarantined: row.quarantined },
    ...(row.kind !== 'remove' && { reason: reasonOfNumber(row.reason) }),
    ...(row.kind !== 'remove' && { expiresAt: row.expires_at?.toISOString() ?? null }),
  },
  trail: {
    objects: [row.id],
    actions: ['dnc.accepted', 'dnc.overridden', 'dnc.removed', 'dnc.pulled'],
  },
  words: { submissionId: row.id, seq: row.seq, place: row.place },
})

const appliedOf = (row: Row): EvidenceDraft[] => {
  if (row.applied_at === null || row.outcome === null) return []
  const outcome = OUTCOME_NAMES.get(row.outcome)!
  return [
    {
      at: row.applied_at.toISOString(),
      code: outcome === 'failed' ? 'entry-failed' : 'entry-applied',
      id: row.id,
      about: { dncListId: row.list, outcome },
      trail: { objects: [row.id], actions: ['dnc.sent', 'dnc.refused'] },
    },
  ]
}

const endsOf = (row: Row): EvidenceDraft[] => {
  const ends: EvidenceDraft[] = []
  const about = { dncListId: row.list, entryOf: row.id }
  if (row.lapsed_at !== null && row.kind !== 'remove') {
    const at = row.lapsed_at.toISOString()
    ends.push({ at, code: 'entry-expired', id: row.id, about, trail: null })
  }
  if (row.closed_at !== null) {
    ends.push({
      at: row.closed_at.toISOString(),
      code: row.closer_kind === 'remove' ? 'entry-removed' : 'entry-overridden',
      id: row.closer_id!,
      about,
      trail: { objects: [row.closer_id!], actions: ['dnc.removed', 'dnc.overridden'] },
    })
  }
  return ends
}

/**
 * The release of the entry. A release covers everything that was quarantined in the submission.
 * Only the chunk shows whether this entry was quarantined.
 */
const releaseOf = async (row: Row, readEntries: ReadEntries): Promise<EvidenceDraft[]> => {
  if (row.released_at === null) return []
  const { entries } = await readEntries(row.id, row.seq)
  if (entries[row.place]?.quarantined !== true) return []
  return [
    {
      at: row.released_at.toISOString(),
      code: 'entry-released',
      id: row.id,
      about: { dncListId: row.list },
      trail: { objects: [row.id], actions: ['dnc.released'] },
    },
  ]
}

/**
 * What happened to each of the tenant's entries about the person. `subject`: the digest in
 * hexadecimal digits. Opens a chunk only if its submission was released, and passes on the errors
 * of `readEntries`.
 */
export const readEntryEvidence = async (
  db: Db,
  readEntries: ReadEntries,
  tenantId: string,
  subject: string,
): Promise<EvidenceDraft[]> => {
  const drafts: EvidenceDraft[] = []
  for (const row of await readRows(db, tenantId, subject)) {
    drafts.push(acceptedOf(row), ...appliedOf(row), ...endsOf(row))
    drafts.push(...(await releaseOf(row, readEntries)))
  }
  return drafts
}

/**
 * Adds what only the chunk contains: the original reason, the source, the time of receipt, and
 * whether the entry was quarantined.
 */
export const inWords = async (
  draft: EvidenceDraft,
  readEntries: ReadEntries,
): Promise<EvidenceDraft> => {
  if (draft.words === undefined) return draft
  const { submissionId, seq, place } = draft.words
  const chunk = await readEntries(submissionId, seq)
  const entry = chunk.entries[place]
  const terms = entry && chunk.terms[entry.terms]
  if (entry === undefined || terms === undefined) return draft
  const { originalReason, source, receivedAt } = terms
  const about = { ...draft.about, originalReason, source, receivedAt }
  return { ...draft, about: { ...about, quarantined: entry.quarantined } }
}
