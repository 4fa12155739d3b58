import { sql, type RawBuilder } from 'kysely'

import type {
  EditionChange,
  ReceivingEdition,
} from '../../../domain/do-not-call/registries/registry.ts'
import { open, seal, sealingKey } from '../../../lib/envelope.ts'
import { StagingLost } from '../../../workflows/ports/uploads/uploads.ts'
import type { Database, Db } from '../../homes/database.ts'
import type { Keyring } from '../../homes/keyring.ts'
import { editionKeyContext, type OpenEdition } from './edition-pages.ts'

/**
 * What the seal of the kept state is bound to. The state opens only for its edition and its number
 * of bytes.
 */
const stateContext = (id: string, bytes: number): string => `registry-kept:${id}:${bytes}`

/**
 * Stores how much of an edition was received. This commit waits for the disk. It therefore also
 * brings the pages that were written earlier to disk.
 */
export const keepState = async (
  db: Db,
  { number, id, key, attempt }: OpenEdition,
  bytes: number,
  state: Buffer,
): Promise<void> => {
  const sealed = seal(key, stateContext(id, bytes), state)
  const { rows } = await sql`update registry_edition
    set kept_bytes = ${bytes}, kept_state = ${sealed}, heartbeat_at = clock_timestamp()
    where number = ${number} and state = 'receiving' and attempt = ${attempt} returning id`.execute(
    db,
  )
  if (rows.length === 0) throw new StagingLost(`This call no longer receives edition ${id}`)
}

type ReceivingRow = {
  id: string
  change: EditionChange
  as_of: Date
  subscription: string | null
  created_at: Date
  kept_bytes: string
  kept_until: Date
}

/** The editions of which only a part is stored so far, the oldest first. */
export const readReceiving = async (
  db: Db,
  registry: string,
  kept: RawBuilder<unknown>,
): Promise<ReceivingEdition[]> => {
  const { rows } =
    await sql<ReceivingRow>`select id, change, as_of, subscription, created_at, kept_bytes, heartbeat_at + ${kept} as kept_until
    from registry_edition where registry = ${registry} and state = 'receiving' and kept_bytes > 0 order by number`.execute(
      db,
    )
  return rows.map((row) => ({
    ...{ id: row.id, change: row.change, subscription: row.subscription },
    asOf: row.as_of.toISOString(),
    createdAt: row.created_at.toISOString(),
    offset: Number(row.kept_bytes),
    keptUntil: row.kept_until.toISOString(),
  }))
}

type Asked = { callDigest: string; registry: string; owner: string; offset: number }
type KeptRow = {
  number: string
  id: string
  attempt: number
  data_key: Buffer
  data_key_id: string
  kept_bytes: string
  kept_state: Buffer
}

/**
 * Takes an edition over from an earlier call. If a statement of that call is still running, the
 * update waits for it. Later statements of that call write nothing. If the caller continues at
 * another offset than the stored one, returns `offset_differs` with the number of stored bytes. 0:
 * nothing is stored.
 */
export const resumeEdition = async (
  { database: { db }, keyring }: { database: Database; keyring: Keyring },
  { callDigest, registry, owner, offset }: Asked,
): Promise<
  | { kind: 'resumed'; edition: OpenEdition & { attempt: number }; state: Buffer }
  | { kind: 'offset_differs'; offset: number }
> => {
  const isAsked = sql`registry = ${registry} and call_digest = ${callDigest} and state = 'receiving'`
  const { rows } = await sql<KeptRow>`update registry_edition
    set attempt = attempt + 1, owner = ${owner}, heartbeat_at = clock_timestamp()
    where ${isAsked} and kept_bytes = ${offset} and kept_bytes > 0
    returning number, id, attempt, data_key, data_key_id, kept_bytes, kept_state`.execute(db)
  const row = rows[0]
  if (row === undefined) {
    const { rows: kept } = await sql<{ kept_bytes: string }>`select kept_bytes from registry_edition
      where ${isAsked} order by number desc limit 1`.execute(db)
    return { kind: 'offset_differs', offset: Number(kept[0]?.kept_bytes ?? 0) }
  }
  const { id, attempt } = row
  const key = sealingKey(keyring.open(editionKeyContext(id), row.data_key_id, row.data_key))
  const edition = { number: Number(row.number), id, key, run: 1, attempt }
  return { kind: 'resumed', edition, state: open(key, stateContext(id, offset), row.kept_state) }
}
