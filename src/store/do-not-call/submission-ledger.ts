import { sql } from 'kysely'

import type { DncChunk } from '../../domain/do-not-call/dnc-chunk.ts'
import {
  DNC_OUTCOMES,
  type DncOutcome,
  type EntryOutcome,
} from '../../domain/do-not-call/dnc-submission.ts'
import type {
  DncLedgerEntry,
  DncLedgerQuery,
  DncSubmissionStore,
} from '../../workflows/ports/do-not-call/submissions.ts'
import type { Database, Db } from '../homes/database.ts'

type Standing = {
  place: number
  quarantined: boolean
  outcome: number | null
  failed_code: string | null
}

export const OUTCOME_NAMES: ReadonlyMap<number, DncOutcome> = new Map<number, DncOutcome>(
  (Object.keys(DNC_OUTCOMES) as DncOutcome[]).map((name) => [DNC_OUTCOMES[name], name]),
)

/**
 * The outcome of one entry. An entry without a row is a duplicate of an earlier entry with the same
 * person and scope.
 */
const outcomeOf = (standing: Standing | undefined): EntryOutcome => {
  if (standing === undefined) return 'duplicate'
  if (standing.quarantined) return 'quarantined'
  return standing.outcome === null ? 'pending' : OUTCOME_NAMES.get(standing.outcome)!
}

const entriesOf = (
  chunk: DncChunk,
  standing: ReadonlyMap<number, Standing>,
  { outcomes, afterLine }: DncLedgerQuery,
): DncLedgerEntry[] => {
  const accepted = chunk.entries.map(({ line, cells, terms, kind }, place) => ({
    ...{ line, cells, faults: [], terms: chunk.terms[terms]!, subjectKind: kind },
    outcome: outcomeOf(standing.get(place)),
    failedCode: standing.get(place)?.failed_code ?? null,
  }))
  const rejected = chunk.rejected.map(({ line, cells, more = [], ...first }) => ({
    ...{ line, cells, faults: [first, ...more], terms: null, failedCode: null, subjectKind: null },
    outcome: 'rejected' as const,
  }))
  return [...accepted, ...rejected]
    .filter(({ line, outcome }) => {
      return line > afterLine && (outcomes.length === 0 || outcomes.includes(outcome))
    })
    .toSorted((a, b) => a.line - b.line)
}

const readStanding = async (
  db: Db,
  number: string,
  seq: number,
): Promise<Map<number, Standing>> => {
  const { rows } =
    await sql<Standing>`select place, quarantined, outcome, failed_code from dnc_entry
    where submission = ${number}::bigint and chunk_seq = ${seq}`.execute(db)
  return new Map(rows.map((row) => [row.place, row]))
}

/** The ledger of a submission. Reads its chunks in order, one in memory at a time. */
export const createSubmissionLedger = (
  { db }: Database,
  readChunk: (id: string, seq: number) => Promise<DncChunk>,
): DncSubmissionStore['ledgerRows'] =>
  async function* ({ id, number }, query) {
    const { rows } = await sql<{ seq: number }>`select seq from dnc_chunk
      where submission = ${number}::bigint and last_line > ${query.afterLine} order by seq`.execute(
      db,
    )
    for (const { seq } of rows) {
      const chunk = await readChunk(id, seq)
      const entries = entriesOf(chunk, await readStanding(db, number, seq), query)
      if (entries.length > 0) yield entries
    }
  }
