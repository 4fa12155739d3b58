import { sql } from 'kysely'

import type { DncChunk } from '../../domain/do-not-call/dnc-chunk.ts'
import type { EntryTerms } from '../../domain/do-not-call/dnc-entry.ts'
import type { DncSubmission } from '../../domain/do-not-call/dnc-submission.ts'
import { reasonOfNumber } from '../../domain/do-not-call/suppression.ts'
import type {
  DncSubmissionStore,
  FoundEntry,
} from '../../workflows/ports/do-not-call/submissions.ts'
import { CERTAIN_NOW } from '../clock/steady-time.ts'
import type { Db } from '../homes/database.ts'

type Row = {
  at: number
  id: string
  accepted_at: Date
  chunk_seq: number
  place: number
  reason: number
  expires_at: Date | null
  quarantined: boolean
  state: FoundEntry['state']
  lapsed_at: Date | null
  closer_id: string | null
  closer_kind: DncSubmission['kind'] | null
  closed_at: Date | null
}

const readRows = async (
  db: Db,
  tenantId: string,
  dncListId: string,
  digests: readonly Buffer[],
): Promise<Row[]> => {
  const subjects = digests.map((digest) => digest.toString('hex'))
  const { rows } =
    await sql<Row>`select (asked.number - 1)::int as at, s.id, s.accepted_at, e.chunk_seq, e.place, e.reason,
      e.expires_at, e.quarantined,
      case when e.closed_by is not null then 'removed'
        when e.expires_at + interval '24 hours' <= ${CERTAIN_NOW} then 'expired' else 'standing' end as state,
      case when e.expires_at + interval '24 hours' <= ${CERTAIN_NOW} then e.expires_at + interval '24 hours' end as lapsed_at,
      closer.id as closer_id, closer.kind as closer_kind, closer.accepted_at as closed_at
    from unnest(${subjects}::text[]::uuid[]) with ordinality as asked (subject, number)
    join dnc_entry e on e.subject = asked.subject
    join dnc_submission s on s.number = e.submission
    left join dnc_submission closer on closer.number = e.closed_by
    where s.tenant_id = ${tenantId} and s.dnc_list_id = ${dncListId} and s.epoch is not null and s.kind in ('add', 'pull')
    order by s.number, e.chunk_seq, e.place`.execute(db)
  return rows
}

/**
 * The terms of the entry. If the submission has several lines about the person, the entry has the
 * strongest reason and the latest expiry of these lines.
 */
const termsOf = ({ place, reason, expires_at: expiresAt }: Row, chunk: DncChunk): EntryTerms => ({
  ...chunk.terms[chunk.entries[place]!.terms]!,
  reason: reasonOfNumber(reason),
  expiresAt: expiresAt?.toISOString() ?? null,
})

/**
 * The history of an entry in the order of time. An entry can expire and then be removed, or be
 * removed and then expire.
 */
const historyOf = (row: Row): FoundEntry['history'] => {
  const accepted = { event: 'accepted', at: row.accepted_at, submissionId: row.id } as const
  const ended = row.closer_kind === 'remove' ? ('removed' as const) : ('overridden' as const)
  const ends = [
    ...(row.lapsed_at
      ? [{ event: 'expired' as const, at: row.lapsed_at, submissionId: null }]
      : []),
    ...(row.closed_at ? [{ event: ended, at: row.closed_at, submissionId: row.closer_id }] : []),
  ]
  return [accepted, ...ends.toSorted((one, other) => Number(one.at) - Number(other.at))].map(
    ({ at, ...step }) => ({ ...step, at: at.toISOString() }),
  )
}

/**
 * Finds entries by the digests of their subjects. Opens each chunk once. Only one chunk is in
 * memory at a time.
 */
export const createFindEntries =
  (
    db: Db,
    readChunk: (id: string, seq: number) => Promise<DncChunk>,
  ): DncSubmissionStore['about'] =>
  async (tenantId, dncListId, digests) => {
    const rows = await readRows(db, tenantId, dncListId, digests)
    const found: FoundEntry[] = []
    let open = { key: '', chunk: null as DncChunk | null }
    for (const row of rows) {
      const key = `${row.id} ${row.chunk_seq}`
      if (open.key !== key) open = { key, chunk: await readChunk(row.id, row.chunk_seq) }
      found.push({
        ...{ at: row.at, submissionId: row.id, acceptedAt: row.accepted_at.toISOString() },
        ...{ state: row.state, quarantined: row.quarantined, history: historyOf(row) },
        terms: termsOf(row, open.chunk!),
      })
    }
    return found
  }
