import { sql, type RawBuilder } from 'kysely'

import { canMove, GUEST_FILE_STATES, type GuestFile } from '../../domain/guest-files/guest-file.ts'
import { FenceLost } from '../../workflows/ports/delivery/delivery.ts'
import type {
  GuestFileClaim,
  GuestFileStep,
  GuestFileStore,
} from '../../workflows/ports/guest-files/guest-files.ts'
import { appendAudit } from '../audit/audit-store.ts'
import { createObjectLane, freeLeases } from '../delivery/object-lane.ts'
import type { Outbox } from '../endpoints/outbox.ts'
import { inTransaction, type Database, type Tx } from '../homes/database.ts'
import type { Seals } from '../homes/seals.ts'
import type { Pieces } from './guest-file-pieces.ts'
import { GUEST_FILE_COLUMNS, toGuestFile, type GuestFileRow } from './guest-file-row.ts'

type LaneDeps = {
  database: Database
  outbox: Pick<Outbox, 'tell'>
  seals: Seals
  pieces: Pieces
}

const lane = createObjectLane({
  table: 'guest_file',
  column: 'id',
  member: 'guestFileId',
  reads: sql`${GUEST_FILE_COLUMNS}, sealed_url`,
  wakes: false,
})

const json = (value: unknown) => (value === null ? null : JSON.stringify(value))

/** The assignments that store a step. */
const changesOf = (
  step: GuestFileStep,
  sealedUrl: Buffer | null | undefined,
): RawBuilder<unknown>[] => {
  const { state, hold, problem, scan, genesys, progress } = step
  return [
    ...(state === undefined ? [] : [sql`state = ${state}`]),
    ...(hold === undefined
      ? []
      : [
          sql`hold_reason = ${hold?.reason ?? null}`,
          // A hold that continues keeps the time at which it began.
          sql`held_since = ${hold === null ? sql`null` : sql`coalesce(held_since, clock_timestamp())`}`,
        ]),
    ...(problem === undefined ? [] : [sql`problem = ${json(problem)}::jsonb`]),
    ...(scan === undefined
      ? []
      : [
          sql`scan_verdict = ${scan.verdict}, scan_engine = ${scan.engine}, scanned_at = clock_timestamp()`,
        ]),
    ...(genesys === undefined
      ? []
      : [
          sql`genesys_file_id = ${genesys.fileId}, genesys_status = ${genesys.status}, virus_scan = ${genesys.virusScan}`,
        ]),
    ...(progress === undefined ? [] : [sql`progress = ${json(progress)}::jsonb`]),
    ...(sealedUrl === undefined ? [] : [sql`sealed_url = ${sealedUrl}`]),
    ...endsOf(step),
  ]
}

/** The assignments for the end of a file: Genesys has stored it, or never will. */
const endsOf = (step: GuestFileStep): RawBuilder<unknown>[] => [
  ...(step.stored
    ? [
        sql`stored_at = coalesce(stored_at, clock_timestamp())`,
        sql`latency_ms = coalesce(latency_ms, least(2147483647, extract(epoch from clock_timestamp() - created_at) * 1000)::int)`,
      ]
    : []),
  ...(step.shred ? [sql`data_key = null, data_key_id = null, sealed_url = null`] : []),
]

const lockFenced = async (tx: Tx, claim: GuestFileClaim): Promise<GuestFile['state']> => {
  const { rows } = await sql<{ state: GuestFile['state'] }>`select state from guest_file
    where ${lane.ours(claim)} for no key update`.execute(tx)
  if (rows[0] === undefined)
    throw new FenceLost(`guest file ${claim.guestFileId} has another holder`)
  return rows[0].state
}

/** Stores a step of a file whose row is locked. `more`: assignments that belong to no step. */
const write = async (
  tx: Tx,
  { outbox, seals }: LaneDeps,
  id: string,
  step: GuestFileStep,
  more: readonly RawBuilder<unknown>[],
): Promise<GuestFile> => {
  const changes = [...more, sql`version = version + 1`, sql`updated_at = clock_timestamp()`]
  const { rows } = await sql<GuestFileRow>`update guest_file set ${sql.join(changes)}
    where id = ${id} returning ${GUEST_FILE_COLUMNS}`.execute(tx)
  if (step.shred) {
    await sql`delete from guest_file_piece where guest_file_id = ${id}`.execute(tx)
  }
  const file = toGuestFile(seals, rows[0] as GuestFileRow)
  await appendAudit(tx, step.audit ?? [])
  if (step.tell) await outbox.tell(tx, [{ type: step.tell, file }])
  return file
}

const createStep =
  (deps: LaneDeps): GuestFileStore['step'] =>
  async (claim, step) => {
    const { place } = step
    const sealedUrl = place ? await deps.pieces.sealPlace(claim.guestFileId, place) : place
    return inTransaction(deps.database, async (tx) => {
      const from = await lockFenced(tx, claim)
      if (step.state !== undefined && !canMove(from, step.state)) {
        throw new Error(`guest file ${claim.guestFileId} cannot go from ${from} to ${step.state}`)
      }
      return write(tx, deps, claim.guestFileId, step, changesOf(step, sealedUrl))
    })
  }

/** The assignments that end the claim of a worker. Its next step then throws `FenceLost`. */
const FREED = sql`owner = null, lease_until = null, fence = fence + 1, ready_at = 'infinity'`

const createCancel =
  (deps: LaneDeps): GuestFileStore['cancel'] =>
  (tenantId, id, endOf) =>
    inTransaction(deps.database, async (tx) => {
      const { rows } = await sql<GuestFileRow>`select ${GUEST_FILE_COLUMNS} from guest_file
        where id = ${id} and tenant_id = ${tenantId} and state <> 'receiving' for no key update`.execute(
        tx,
      )
      if (rows[0] === undefined) return null
      const file = toGuestFile(deps.seals, rows[0])
      if (GUEST_FILE_STATES[file.state].ends) return { kind: 'ended', state: file.state }
      const { problem, audit } = endOf(file)
      const ending = { state: 'failed', hold: null, problem, shred: true } as const
      const step = { ...ending, tell: 'guest_file.rejected', audit: [audit] } as const
      const changes = [...changesOf(step, undefined), FREED]
      return { kind: 'cancelled', file: await write(tx, deps, id, step, changes) }
    })

/** The lanes of guest files. The row of a file is its lane, and one worker at a time holds it. */
export const createGuestFileLane = (
  deps: LaneDeps,
): Pick<GuestFileStore, 'claim' | 'renew' | 'release' | 'step' | 'cancel' | 'freeAll'> => {
  const { db } = deps.database
  return {
    claim: async (owner) => {
      const claimed = await lane.claim(db, owner)
      if (claimed === null) return null
      const { claim } = claimed
      const row = claimed.row as GuestFileRow & { sealed_url: Buffer | null }
      const { id, sealed_url: sealed } = row
      return {
        ...{ claim, file: toGuestFile(deps.seals, row) },
        place: sealed === null ? null : await deps.pieces.openPlace(id, sealed),
      }
    },
    step: createStep(deps),
    cancel: createCancel(deps),
    renew: (claim) => lane.renew(db, claim),
    release: (claim, readyInMs) => lane.release(db, claim, readyInMs),
    freeAll: () => freeLeases(db, 'guest_file'),
  }
}
