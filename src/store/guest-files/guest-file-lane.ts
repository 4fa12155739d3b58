import { sql, type RawBuilder } from 'kysely'

import { canMove, type GuestFile } from '../../domain/guest-files/guest-file.ts'
import { FenceLost } from '../../workflows/ports/delivery/delivery.ts'
import type {
  GuestFileClaim,
  GuestFileStep,
  GuestFileStore,
} from '../../workflows/ports/guest-files/guest-files.ts'
import { appendAudit } from '../audit/audit-store.ts'
import { LEASE_MS } from '../delivery/lane-store.ts'
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

const LEASE = sql`clock_timestamp() + make_interval(secs => ${LEASE_MS / 1000}::float8)`

const ours = ({ guestFileId, owner, fence }: GuestFileClaim) =>
  sql`id = ${guestFileId} and owner = ${owner} and fence = ${fence}::bigint`

const json = (value: unknown) => (value === null ? null : JSON.stringify(value))

/** What a step changes, column by column. */
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
          // Of a hold that goes on it is known since when.
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

/** What is done once a file is there, or will never be. */
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
    where ${ours(claim)} for no key update`.execute(tx)
  if (rows[0] === undefined)
    throw new FenceLost(`guest file ${claim.guestFileId} has another holder`)
  return rows[0].state
}

const createStep =
  ({ database, outbox, seals, pieces }: LaneDeps): GuestFileStore['step'] =>
  async (claim, step) => {
    const { uploadUrl } = step
    const sealedUrl =
      typeof uploadUrl === 'string' ? await pieces.sealUrl(claim.guestFileId, uploadUrl) : uploadUrl
    return inTransaction(database, async (tx) => {
      const from = await lockFenced(tx, claim)
      if (step.state !== undefined && !canMove(from, step.state)) {
        throw new Error(`guest file ${claim.guestFileId} cannot go from ${from} to ${step.state}`)
      }
      const changes = [
        ...changesOf(step, sealedUrl),
        sql`version = version + 1`,
        sql`updated_at = clock_timestamp()`,
      ]
      const { rows } = await sql<GuestFileRow>`update guest_file set ${sql.join(changes)}
        where id = ${claim.guestFileId} returning ${GUEST_FILE_COLUMNS}`.execute(tx)
      if (step.shred) {
        await sql`delete from guest_file_piece where guest_file_id = ${claim.guestFileId}`.execute(
          tx,
        )
      }
      const file = toGuestFile(seals, rows[0] as GuestFileRow)
      await appendAudit(tx, step.audit ?? [])
      if (step.tell) await outbox.tell(tx, [{ type: step.tell, file }])
      return file
    })
  }

type ClaimRow = GuestFileRow & { fence: string; sealed_url: Buffer | null }

/** A file is held by one worker at a time; its row is the lane. */
export const createGuestFileLane = (
  deps: LaneDeps,
): Pick<GuestFileStore, 'claim' | 'renew' | 'release' | 'step' | 'freeAll'> => {
  const { db } = deps.database
  return {
    claim: async (owner) => {
      const { rows } = await sql<ClaimRow>`update guest_file set
          lease_until = ${LEASE}, owner = ${owner}, fence = fence + 1
        where id = (select id from guest_file where ready_at <= statement_timestamp() and ready_at < 'infinity'
          and (lease_until is null or lease_until < clock_timestamp()) order by ready_at limit 1 for update skip locked)
        returning ${GUEST_FILE_COLUMNS}, fence, sealed_url`.execute(db)
      const row = rows[0]
      if (row === undefined) return null
      const { id, fence, sealed_url: sealed } = row
      return {
        claim: { guestFileId: id, owner, fence, leaseMs: LEASE_MS },
        file: toGuestFile(deps.seals, row),
        uploadUrl: sealed === null ? null : await deps.pieces.openUrl(id, sealed),
      }
    },
    step: createStep(deps),
    renew: async (claim) => {
      const { rows } = await sql`update guest_file set lease_until = ${LEASE}
        where ${ours(claim)} returning id`.execute(db)
      return rows.length === 1
    },
    release: async (claim, readyInMs) => {
      await sql`update guest_file set lease_until = null, owner = null,
          ready_at = case when ${readyInMs}::float8 is null then 'infinity'
            else clock_timestamp() + make_interval(secs => ${readyInMs}::float8 / 1000) end
        where ${ours(claim)}`.execute(db)
    },
    freeAll: async () => {
      await sql`update guest_file set lease_until = null, owner = null where lease_until is not null`.execute(
        db,
      )
    },
  }
}
