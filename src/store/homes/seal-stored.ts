import { sql, type RawBuilder } from 'kysely'

import { DIGEST_BYTES } from '../../lib/keyed-digest.ts'
import type { Emit } from '../../telemetry/events.ts'
import { inTransaction, type Database, type Db, type Tx } from './database.ts'
import { lockSchema } from './migrate.ts'
import type { Seals } from './seals.ts'

/**
 * How many rows one statement seals. With so few, memory and the log of the database stay small.
 */
const LOT = 5_000
/** After how many rows of a long table the progress is reported. */
const TELL_EVERY = 20 * LOT

type Deps = { database: Database; seals: Seals; emit: Emit }

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/**
 * Seals the lot after `after`. Returns null if nothing is left. Sealing a lot again changes
 * nothing.
 */
type SealLot = (db: Db, seals: Seals, after: string | null) => Promise<Lot | null>
type Lot = { rows: number; last: string }

/**
 * The condition for rows after `after`. `after` is a JSON array with the values of `columns`. null:
 * all rows.
 */
const behind = (columns: string, after: string | null) =>
  after === null
    ? sql`true`
    : sql`(${sql.raw(columns)}) > (${sql.join((JSON.parse(after) as string[]).map((part) => sql`${part}`))})`

const REGISTER_KEY = 'tenant_id, list_id, contact_id'

const sealRegister: SealLot = async (db, seals, after) => {
  const lot = sql`select * from contact_register_clear where ${behind(REGISTER_KEY, after)}
    order by ${sql.raw(REGISTER_KEY)} limit ${LOT}`
  const { rows } = await sql<{ tenant_id: string; list_id: string; contact_id: string }>`
    select tenant_id, list_id, contact_id from (${lot}) as lot`.execute(db)
  const end = rows.at(-1)
  if (end === undefined) return null
  const ids = [...new Set(rows.map((row) => row.contact_id))]
  const { digests, sealed, ends } = seals.contactIds.seal(ids)
  await sql`insert into contact_register
      (register_id, contact_digest, sealed_id, content_hash, accepted_seq, upload_id, line, delivered_at)
    select register.id, substring(${digests}::bytea from ((made.place - 1) * ${DIGEST_BYTES}::int + 1)::int for ${DIGEST_BYTES}::int),
      substring(${sealed}::bytea from made.starts_at + 1 for made.ends_at - made.starts_at),
      lot.content_hash, lot.accepted_seq, lot.upload_id, lot.line, lot.delivered_at
    from (${lot}) as lot join register using (tenant_id, list_id)
      join unnest(${ids}::text[], ${[0, ...ends.slice(0, -1)]}::int[], ${ends}::int[]) with ordinality
        as made (contact_id, starts_at, ends_at, place) using (contact_id)
    order by 1, 2 on conflict do nothing`.execute(db)
  const last = JSON.stringify([end.tenant_id, end.list_id, end.contact_id])
  return { rows: rows.length, last }
}

const SCOPE = 'tenant_id, method, path, key'
type ScopeRow = {
  tenant_id: string
  method: string
  path: string
  key: string
  body: string | null
}

/** Idempotency keys of one lot, each with its digest and its sealed answer. */
const readScopes = async (db: Db, seals: Seals, lot: RawBuilder<unknown>) => {
  const { rows } = await sql<ScopeRow>`${lot} order by ${sql.raw(SCOPE)} limit ${LOT}`.execute(db)
  const made = rows.map(({ tenant_id: tenantId, method, path, key, body }) => {
    const scope = { tenantId, method, path, key }
    const sealed = body === null ? null : hexOf(seals.sealAnswer(scope, body))
    return { ...scope, digest: hexOf(seals.keyDigest(key)), sealed }
  })
  const end = made.at(-1)
  if (end === undefined) return null
  const last = JSON.stringify([end.tenantId, end.method, end.path, end.key])
  const table = sql`jsonb_to_recordset(${JSON.stringify(made)}::jsonb)
    as m ("tenantId" text, "method" text, "path" text, "key" text, "digest" text, "sealed" text)`
  return { rows: rows.length, last, table }
}

const SAME_SCOPE = sql`(k.tenant_id, k.method, k.path, k.key) = (m."tenantId", m."method", m."path", m."key")`

const sealIntents: SealLot = async (db, seals, after) => {
  const lot = await readScopes(
    db,
    seals,
    sql`select ${sql.raw(SCOPE)}, null as body from list_intent_clear where ${behind(SCOPE, after)}`,
  )
  if (lot === null) return null
  await sql`insert into list_intent (tenant_id, method, path, key_digest, fingerprint, intended_at)
    select k.tenant_id, k.method, k.path, decode(m."digest", 'hex'), fingerprint, intended_at
    from ${lot.table} join list_intent_clear k on ${SAME_SCOPE} on conflict do nothing`.execute(db)
  return lot
}

const sealKeys: SealLot = async (db, seals, after) => {
  const lot = await readScopes(
    db,
    seals,
    sql`select ${sql.raw(SCOPE)}, body from idempotency_key_clear where ${behind(SCOPE, after)}`,
  )
  if (lot === null) return null
  await sql`insert into idempotency_key (tenant_id, method, path, key_digest, state, owner, heartbeat_at, fingerprint, status,
      sealed_body, location, created_at, done_at)
    select k.tenant_id, k.method, k.path, decode(m."digest", 'hex'), state, owner, heartbeat_at, fingerprint, status,
      decode(m."sealed", 'hex'), location, created_at, done_at
    from ${lot.table} join idempotency_key_clear k on ${SAME_SCOPE} on conflict do nothing`.execute(
    db,
  )
  return lot
}

const sealFileNames: SealLot = async (db, seals, after) => {
  const { rows } = await sql<{ id: string; name: string | null }>`
    select id, source ->> 'fileName' as name from upload
    where source ? 'fileName' and id > ${after ?? ''} order by id limit ${LOT}`.execute(db)
  const end = rows.at(-1)
  if (end === undefined) return null
  const made = rows.map(({ id, name }) => {
    const sealed = name === null ? null : seals.sealFileName(id, name)
    return {
      id,
      name: sealed && hexOf(sealed.sealed),
      digest: sealed && hexOf(sealed.digest),
    }
  })
  await sql`update upload set source = source - 'fileName', file_name = decode(m."name", 'hex'),
      file_name_digest = decode(m."digest", 'hex')
    from jsonb_to_recordset(${JSON.stringify(made)}::jsonb) as m ("id" text, "name" text, "digest" text)
    where upload.id = m."id"`.execute(db)
  return { rows: rows.length, last: end.id }
}

/**
 * Whether there is anything to seal. Reads the catalogue, because a query of a table that another
 * instance drops at that moment would fail.
 */
const isDue = async (db: Db): Promise<boolean> => {
  const { rows } = await sql`select from pg_class where relname = 'contact_register_clear'
    and relnamespace = current_schema()::regnamespace`.execute(db)
  return rows.length === 1
}

/**
 * Runs `work` while no other instance runs it. Returns null if another one has sealed everything in
 * the meantime.
 */
const whileDue = <T>(database: Database, work: (tx: Tx) => Promise<T>): Promise<T | null> =>
  inTransaction(database, async (tx) => {
    await lockSchema(tx)
    return (await isDue(tx)) ? work(tx) : null
  })

const sealAll = async (
  { database, seals, emit }: Deps,
  table: string,
  sealLot: SealLot,
): Promise<number> => {
  let rows = 0
  let told = 0
  for (let after: string | null = null; ;) {
    const from: string | null = after
    const lot: Lot | null = await whileDue(database, (tx) => sealLot(tx, seals, from))
    if (lot === null) break
    rows += lot.rows
    after = lot.last
    if (rows - told >= TELL_EVERY) emit('store.sealed', { table, rows: (told = rows), done: false })
  }
  if (rows > 0) emit('store.sealed', { table, rows, done: true })
  return rows
}

/**
 * Seals the values that an earlier version stored in the clear. Migration 0025 has set these values
 * aside. Seals them in lots. After an interruption, the next start seals the rest. Instances that
 * start together take turns, one lot at a time. Does nothing if everything is sealed. Call it
 * before the gateway answers any call.
 */
export const sealStored = async (deps: Deps): Promise<void> => {
  const { database } = deps
  if (!(await isDue(database.db))) return
  // Rewrites the table, because the old texts of changed rows stay in its file until then.
  if ((await sealAll(deps, 'upload', sealFileNames)) > 0) {
    await database.sql.executeSql('vacuum full upload')
  }
  await sealAll(deps, 'list_intent', sealIntents)
  await sealAll(deps, 'idempotency_key', sealKeys)
  await sealAll(deps, 'contact_register', sealRegister)
  await whileDue(database, async (tx) => {
    await sql`drop table list_intent_clear, idempotency_key_clear, contact_register_clear`.execute(
      tx,
    )
  })
}
