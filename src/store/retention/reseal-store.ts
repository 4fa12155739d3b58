import { sql, type RawBuilder } from 'kysely'

import type { Clock } from '../../lib/clock.ts'
import type { ResealStore } from '../../workflows/ports/retention/retention.ts'
import { CERTAIN_NOW } from '../clock/steady-time.ts'
import { inTransaction, type Database, type Db, type Tx } from '../homes/database.ts'
import { anotherKey, type Keyring } from '../homes/keyring.ts'
import { WRAPPED_PLACES, type WrappedPlace } from './places.ts'
import { lockUpkeep } from './upkeep-lane.ts'

type Deps = { database: Database; keyring: Keyring }

/** How many values one transaction reseals: keys of 32 bytes, or secrets. */
const LOT = 200
/**
 * Every minute an instance records which key it seals with. If the last record of a key is older
 * than this, no running instance seals with the key.
 */
const UNHEARD = sql`interval '5 minutes'`

/**
 * Where resealing continues: the index in `WRAPPED_PLACES`, and the row after which it continues.
 */
type Position = { place: number; after: string }

type Found = { key: string; key_id: string; sealed: Buffer; [column: string]: unknown }

const olderIn = (
  { table, row, sealed, keyId, reads }: WrappedPlace,
  keyIds: readonly string[],
  after: string,
): RawBuilder<Found> => sql<Found>`select ${sql.raw(row)} as key, ${sql.ref(keyId)} as key_id,
    ${sql.ref(sealed)} as sealed, ${sql.raw(reads)}
  from ${sql.table(table)} where ${sql.raw(row)} > ${after} and ${sql.ref(keyId)} = any(${[...keyIds]}::text[])
  order by ${sql.raw(row)} limit ${LOT} for update skip locked`

/**
 * Writes the resealed values. The rows have been locked since they were read, so no value was
 * replaced or shredded in the meantime.
 */
const writeAnew = async (
  tx: Tx,
  { table, row, sealed, keyId }: WrappedPlace,
  anew: readonly { key: string; sealed: Buffer; keyId: string }[],
): Promise<void> => {
  const given = anew.map((one) => ({
    ...one,
    sealed: one.sealed.toString('hex'),
  }))
  await sql`update ${sql.table(table)} as t set ${sql.ref(sealed)} = decode(g."sealed", 'hex'), ${sql.ref(keyId)} = g."keyId"
    from jsonb_to_recordset(${JSON.stringify(given)}::jsonb) as g ("key" text, "sealed" text, "keyId" text)
    where t.${sql.raw(row)} = g."key"`.execute(tx)
}

const resealLot = async (
  tx: Tx,
  keyring: Keyring,
  place: WrappedPlace,
  { keyIds, after }: { keyIds: readonly string[]; after: string },
): Promise<{ resealed: number; after: string | null }> => {
  const { rows } = await olderIn(place, keyIds, after).execute(tx)
  const anew = rows.map((row) => {
    const context = place.context(row)
    const made = keyring.seal(context, keyring.open(context, row.key_id, row.sealed))
    return { key: row.key, ...made }
  })
  if (anew.length > 0) await writeAnew(tx, place, anew)
  return { resealed: anew.length, after: rows.length === LOT ? rows.at(-1)!.key : null }
}

const countLeft = async (db: Db, keyIds: readonly string[]): Promise<number> => {
  let left = 0
  for (const { table, keyId } of WRAPPED_PLACES) {
    const { rows } = await sql<{ n: number }>`select count(*)::int as n from ${sql.table(table)}
      where ${sql.ref(keyId)} = any(${[...keyIds]}::text[])`.execute(db)
    left += rows[0]!.n
  }
  return left
}

/**
 * Records which key this instance seals with, so that no other instance retires the key. Throws if
 * another instance has recorded another key under the same id. Call it for the first time when the
 * store's own secret is open: a wrong key must not be recorded.
 */
export const recordKeyInUse = async (db: Db, keyring: Keyring): Promise<void> => {
  const { currentId, checkValues } = keyring
  const own = checkValues.get(currentId)!
  const { rows } = await sql<{ same: boolean }>`insert into encryption_key as k (id, check_value)
    values (${currentId}, ${own})
    on conflict (id) do update set seen_at = clock_timestamp(),
      check_value = coalesce(k.check_value, excluded.check_value)
    returning check_value = ${own} as same`.execute(db)
  if (rows[0]?.same !== true) throw anotherKey(currentId)
}

const RECORDED_EVERY_MS = 60_000

/**
 * Returns a function that records the key as `recordKeyInUse` does, at most once a minute. Every
 * instance must call the function, even if the instance never gets the task of resealing.
 */
export const createKeyRecord = (
  { db }: Pick<Database, 'db'>,
  keyring: Keyring,
  clock: Pick<Clock, 'monotonicMs'>,
): (() => Promise<void>) => {
  let recordedAtMs = Number.NEGATIVE_INFINITY
  return async () => {
    if (clock.monotonicMs() - recordedAtMs < RECORDED_EVERY_MS) return
    await recordKeyInUse(db, keyring)
    recordedAtMs = clock.monotonicMs()
  }
}

/**
 * Reseals what older keys of ENCRYPTION_KEYS have sealed: data keys, secrets of endpoints, signing
 * keys and the store's own secret. Values that these keys and secrets have sealed need no change,
 * because the keys and secrets themselves stay the same.
 */
export const createResealStore = ({ database, keyring }: Deps): ResealStore => ({
  olderKeys: async () => {
    const { rows } = await sql<{ id: string }>`select id from encryption_key
      where id <> ${keyring.currentId} order by id`.execute(database.db)
    return rows.map(({ id }) => id)
  },
  left: (keyIds) => countLeft(database.db, keyIds),
  reseal: (claim, keyIds, position) =>
    inTransaction(database, async (tx) => {
      await lockUpkeep(tx, claim)
      const from = position === null ? { place: 0, after: '' } : (JSON.parse(position) as Position)
      const place = WRAPPED_PLACES[from.place]!
      const { resealed, after } = await resealLot(tx, keyring, place, { keyIds, after: from.after })
      const next =
        after === null ? { place: from.place + 1, after: '' } : { place: from.place, after }
      return { resealed, next: next.place < WRAPPED_PLACES.length ? JSON.stringify(next) : null }
    }),
  retire: (claim, keyIds) =>
    inTransaction(database, async (tx) => {
      await lockUpkeep(tx, claim)
      const retired: string[] = []
      for (const keyId of keyIds) {
        const { rows } = await sql`select from encryption_key
          where id = ${keyId} and seen_at + ${UNHEARD} < ${CERTAIN_NOW} for update`.execute(tx)
        if (rows.length === 0 || (await countLeft(tx, [keyId])) > 0) continue
        await sql`delete from encryption_key where id = ${keyId}`.execute(tx)
        retired.push(keyId)
      }
      return retired
    }),
})

/**
 * Throws if anything is sealed under a key that is not configured, or under another key than the
 * one that is configured with the same id. Names the key.
 */
export const checkKeysKnown = async (db: Db, keyring: Keyring): Promise<void> => {
  const { rows } = await sql<{ id: string; check_value: Buffer | null }>`
    select id, check_value from encryption_key order by id`.execute(db)
  const lacking = rows.filter(({ id }) => !keyring.checkValues.has(id))
  if (lacking.length > 0) {
    const names = lacking.map(({ id }) => `"${id}"`).join(', ')
    throw new Error(
      `ENCRYPTION_KEYS lacks ${names}. Stored data may still be sealed under each key named here. Add these keys to ENCRYPTION_KEYS again, after the first key. You may remove a key after the log event keys.retired names it`,
    )
  }
  const other = rows.find(
    ({ id, check_value: value }) => value !== null && !keyring.checkValues.get(id)!.equals(value),
  )
  if (other !== undefined) throw anotherKey(other.id)
}
