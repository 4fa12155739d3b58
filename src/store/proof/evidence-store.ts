import { sql } from 'kysely'

import { numberOfSubject, subjectDigest } from '../../domain/do-not-call/subject.ts'
import type { EvidenceItem } from '../../domain/proof/evidence.ts'
import type { SuppressionPort } from '../../workflows/ports/do-not-call/suppressions.ts'
import type {
  EvidenceDraft,
  EvidenceStore,
  EvidenceSubject,
} from '../../workflows/ports/proof/evidence.ts'
import type { UploadStore } from '../../workflows/ports/uploads/uploads.ts'
import type { Database, Db } from '../homes/database.ts'
import { inWords, type ReadEntries, readEntryEvidence } from './entry-evidence.ts'
import { readErasures, readFoundContacts, readListings } from './other-evidence.ts'
import { createRowsOf, createTriesOf, createUploadsBehind } from './upload-evidence.ts'

type Deps = {
  database: Database
  digestKey: Buffer
  readChunk: UploadStore['readChunk']
  readEntries: ReadEntries
  numbersAmong: SuppressionPort['numbersAmong']
}

/**
 * How far the time in an audit entry's id may differ from the time of the decision. The id is made
 * before the transaction that writes both the entry and the decision. The id has the time of the
 * gateway's machine, and the decision has the time of the database.
 */
const NEAR = { beforeMs: 10_000, afterMs: 2_000 }

/** The lowest id of an audit entry made at that time. The ids begin with their time. */
const idAt = (ms: number): string =>
  `aud_${Math.max(0, ms).toString(16).padStart(12, '0')}${'0'.repeat(20)}`

/**
 * The audit entry of each draft, by the draft's index. Searches by the primary key among the
 * entries of a few seconds, so that few entries are read.
 */
const readTrail = async (
  db: Db,
  drafts: readonly EvidenceDraft[],
): Promise<ReadonlyMap<number, string>> => {
  const asked = drafts.flatMap(({ at, trail }, place) =>
    trail === null ? [] : [{ place, ms: Date.parse(at), ...trail }],
  )
  const { rows } = await sql<{ place: number; id: string }>`select asked.place, found.id
    from unnest(${asked.map(({ place }) => place)}::int[], ${asked.map(({ ms }) => idAt(ms - NEAR.beforeMs))}::text[],
        ${asked.map(({ ms }) => idAt(ms + NEAR.afterMs))}::text[], ${asked.map(({ objects }) => objects.join(','))}::text[],
        ${asked.map(({ actions }) => actions.join(','))}::text[]) as asked (place, low, high, objects, actions)
      cross join lateral (select id from audit_entry where id >= asked.low and id < asked.high
        and object = any(string_to_array(asked.objects, ',')) and action = any(string_to_array(asked.actions, ','))
        order by id desc limit 1) as found`.execute(db)
  return new Map(rows.map(({ place, id }) => [place, id]))
}

const itemOf = (
  { at, code, id, about }: EvidenceDraft,
  auditEntryId: string | null,
): EvidenceItem => ({ at, code, id, auditEntryId, about })

/** The SQL store that reads what the database contains about one person. */
export const createEvidenceStore = (deps: Deps): EvidenceStore => {
  const { db } = deps.database
  const digestOf = ({ value }: EvidenceSubject): Buffer => subjectDigest(deps.digestKey, value)
  return {
    decisions: async ({ tenantId, subject, from, to }) => {
      const digest = digestOf(subject)
      const uuid = digest.toString('hex')
      const number = subject.kind === 'phone' ? numberOfSubject(subject.value) : 0
      return [
        ...(await readEntryEvidence(db, deps.readEntries, tenantId, uuid)),
        ...(await readFoundContacts(db, tenantId, uuid)),
        ...(await readErasures(db, tenantId, digest)),
        ...(await readListings(db, deps.numbersAmong, { tenantId, number, from, to })),
      ]
    },
    uploadsBehind: createUploadsBehind(db),
    rowsOf: createRowsOf(db, deps.readChunk, digestOf),
    triesOf: createTriesOf(db),
    complete: async (drafts) => {
      const trail = await readTrail(db, drafts)
      const items: EvidenceItem[] = []
      for (const [place, draft] of drafts.entries()) {
        items.push(itemOf(await inWords(draft, deps.readEntries), trail.get(place) ?? null))
      }
      return items
    },
  }
}
