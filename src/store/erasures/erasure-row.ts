import { sql } from 'kysely'

import { positionBehind, type Erasure, type ErasureStep } from '../../domain/erasures/erasure.ts'
import { FenceLost } from '../../workflows/ports/delivery/delivery.ts'
import type { ErasureClaim, ErasureWork } from '../../workflows/ports/erasures/erasures.ts'
import { createObjectLane } from '../delivery/object-lane.ts'
import type { Tx } from '../homes/database.ts'

export type ErasureRow = {
  id: string
  tenant_id: string
  kind: Erasure['kind']
  contact_list_id: string | null
  subject_digest: Buffer
  sealed_subject: Buffer | null
  state: Erasure['state']
  places: Erasure['places']
  position: string | null
  suppressions: number | null
  attempts: number
  failure: string | null
  request_id: string
  created_at: Date
  updated_at: Date
  completed_at: Date | null
  version: number
}

export const ERASURE_COLUMNS =
  sql.raw(`id, tenant_id, kind, contact_list_id, subject_digest, sealed_subject, state, places, position,
  suppressions, attempts, failure, request_id, created_at, updated_at, completed_at, version`)

/**
 * Makes an erasure from a row, without the sealed person. `subjectDigest` is in hexadecimal digits.
 * Times become ISO 8601 UTC.
 */
export const toErasure = (row: ErasureRow): Erasure => ({
  id: row.id,
  tenantId: row.tenant_id,
  kind: row.kind,
  contactListId: row.contact_list_id,
  subjectDigest: row.subject_digest.toString('hex'),
  state: row.state,
  places: row.places,
  suppressions: row.suppressions,
  attempts: row.attempts,
  failure: row.failure,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
  completedAt: row.completed_at?.toISOString() ?? null,
  version: row.version,
})

export const erasureLane = createObjectLane({
  table: 'erasure',
  column: 'id',
  member: 'erasureId',
  reads: ERASURE_COLUMNS,
  wakes: false,
})

/** Locks the erasure until the transaction ends. Throws `FenceLost` if the claim has ended. */
export const lockErasure = async (tx: Tx, claim: ErasureClaim): Promise<void> => {
  if (await erasureLane.lock(tx, claim)) return
  throw new FenceLost(`Erasure ${claim.erasureId} has another holder`)
}

/** How many rows a lot found and erased, and how many remain, by reason. */
export type Done = { found?: number; erased?: number; remains?: Record<string, number> }

/**
 * Adds the result of a lot to the receipt, and stores where the next lot begins. `after` null: the
 * next step begins.
 */
export const noteDone = async (
  tx: Tx,
  { claim }: Pick<ErasureWork, 'claim'>,
  place: ErasureStep,
  { found = 0, erased = 0, remains = {} }: Done,
  after: string | null,
): Promise<void> => {
  const { rows } = await sql<{ places: Erasure['places'] }>`select places from erasure
    where id = ${claim.erasureId}`.execute(tx)
  const places = rows[0]!.places
  if (place !== 'found') {
    const known = places[place] ?? { found: 0, erased: 0, remains: {} }
    const kept: Record<string, number> = { ...known.remains }
    for (const [code, count] of Object.entries(remains)) {
      if (count > 0) kept[code] = (kept[code] ?? 0) + count
    }
    places[place] = { found: known.found + found, erased: known.erased + erased, remains: kept }
  }
  await sql`update erasure set places = ${JSON.stringify(places)}::jsonb, position = ${JSON.stringify(positionBehind(place, after))},
      state = 'erasing', failure = null, version = version + 1, updated_at = clock_timestamp()
    where id = ${claim.erasureId}`.execute(tx)
}
