import { randomBytes } from 'node:crypto'

import { sql } from 'kysely'

import { pairOfSeed, SEED_BYTES, signText, type SigningPair } from '../../domain/signing/ed25519.ts'
import type { SigningKey, SigningKeys } from '../../workflows/ports/signing/signing-keys.ts'
import type { Database } from '../homes/database.ts'
import type { Keyring } from '../homes/keyring.ts'

type Deps = {
  database: Database
  keyring: Keyring
  /**
   * The configured keys, the current one first. If there are none, the stored key signs, and is
   * made if it does not exist.
   */
  configured: readonly { id: string; key: Buffer }[]
}
type Named = SigningPair & { id: string }

/** The purpose for which the private half is sealed. */
export const contextOf = (id: string): string => `signing-key ${id}`

/**
 * Stores the public half of a key. The key with an id must never change, because earlier signatures
 * could then no longer be verified. Throws if the id belongs to another key.
 */
const publish = async ({ database }: Deps, { id, publicKey }: Named): Promise<void> => {
  await sql`insert into signing_key (id, public_key) values (${id}, ${publicKey})
    on conflict do nothing`.execute(database.db)
  const { rows } = await sql<{ public_key: Buffer }>`
    select public_key from signing_key where id = ${id}`.execute(database.db)
  if (!Buffer.from(rows[0]!.public_key).equals(publicKey)) {
    throw new Error(
      `The key "${id}" in SIGNING_KEYS differs from the earlier key with this id. Give the new key a new id.`,
    )
  }
}

const readKept = async ({ database, keyring }: Deps): Promise<Named | null> => {
  const { rows } = await sql<{ id: string; key_id: string; sealed: Buffer }>`
    select id, key_id, sealed from signing_key where sealed is not null
    order by created_at, id limit 1`.execute(database.db)
  const [kept] = rows
  if (!kept) return null
  return {
    id: kept.id,
    ...pairOfSeed(keyring.open(contextOf(kept.id), kept.key_id, kept.sealed)),
  }
}

/**
 * The id for a key that an instance makes. All instances use the same id, so instances that start
 * together agree on the first key.
 */
const KEPT_ID = 'kept-1'

const keepOne = async (deps: Deps): Promise<Named> => {
  const seed = randomBytes(SEED_BYTES)
  const { keyId, sealed } = deps.keyring.seal(contextOf(KEPT_ID), seed)
  await sql`insert into signing_key (id, public_key, key_id, sealed)
    values (${KEPT_ID}, ${pairOfSeed(seed).publicKey}, ${keyId}, ${sealed})
    on conflict do nothing`.execute(deps.database.db)
  return (await readKept(deps))!
}

/**
 * Opens the keys that sign, and stores their public halves. Call it before anything is signed.
 * Throws if the configuration uses the id of one key for another key.
 */
export const openSigningKeys = async (deps: Deps): Promise<SigningKeys> => {
  const configured = deps.configured.map(({ id, key }) => ({ id, ...pairOfSeed(key) }))
  for (const key of configured) await publish(deps, key)
  const current = configured[0] ?? (await readKept(deps)) ?? (await keepOne(deps))
  return {
    keyId: current.id,
    sign: (purpose, text) => ({
      keyId: current.id,
      signature: signText(current.privateKey, purpose, text),
    }),
    list: async () => {
      const { rows } = await sql<{ id: string; public_key: Buffer; created_at: Date }>`
        select id, public_key, created_at from signing_key order by created_at, id`.execute(
        deps.database.db,
      )
      return rows.map((row): SigningKey => ({
        id: row.id,
        publicKey: Buffer.from(row.public_key),
        createdAt: row.created_at.toISOString(),
        current: row.id === current.id,
      }))
    },
  }
}
