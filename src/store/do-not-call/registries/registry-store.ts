import { sql } from 'kysely'

import {
  DELETABLE_EDITIONS,
  type Edition,
} from '../../../domain/do-not-call/registries/registry.ts'
import type { RegistryStore } from '../../../workflows/ports/do-not-call/registries/registries.ts'
import { appendAudit } from '../../audit/audit-store.ts'
import { inTransaction, type Database, type Db } from '../../homes/database.ts'
import type { Keyring } from '../../homes/keyring.ts'
import type { Seals } from '../../homes/seals.ts'
import {
  EDITION_COLUMNS,
  type EditionRow,
  type RegistryRow,
  toEdition,
  toRegistry,
} from './edition-row.ts'
import { deletePages } from './left-pages.ts'
import { createReceiveEdition } from './receive-edition.ts'

const readInForce = async (db: Db, row: RegistryRow): Promise<Edition | null> => {
  if (row.current_edition === null) return null
  const { rows } = await sql<EditionRow>`select ${EDITION_COLUMNS} from registry_edition e
    where e.number = ${row.current_edition}::bigint`.execute(db)
  return toEdition(rows[0]!)
}

const readRegistries = async (db: Db, name: string | null) => {
  const { rows } =
    await sql<RegistryRow>`select name, country, max_age_days, current_edition, version, created_at, updated_at
    from registry where name = ${name}::text or ${name}::text is null order by name`.execute(db)
  const registries = []
  for (const row of rows) registries.push(toRegistry(row, await readInForce(db, row)))
  return registries
}

const createPut =
  (database: Database): RegistryStore['put'] =>
  ({ name, country, maxAgeDays, audit }) =>
    inTransaction(database, async (tx) => {
      const { rows } =
        await sql`insert into registry as r (name, country, max_age_days) values (${name}, ${country}, ${maxAgeDays})
        on conflict (name) do update set country = excluded.country, max_age_days = excluded.max_age_days,
          version = r.version + 1, updated_at = clock_timestamp()
        where r.country = excluded.country or r.unused returning name`.execute(tx)
      if (rows.length === 0) return { kind: 'country_differs' }
      await appendAudit(tx, [audit])
      return { kind: 'put', registry: (await readRegistries(tx, name))[0]! }
    })

/**
 * Deletes an edition. The same statement removes its key, so its pages can no longer be opened. The
 * pages themselves are deleted afterwards.
 */
const createRemove =
  (database: Database): RegistryStore['remove'] =>
  async ({ name, id, audit }) => {
    const removed = await inTransaction(database, async (tx) => {
      // Locks in the same order as a transaction that brings an edition into force.
      await sql`select from registry where name = ${name} for update`.execute(tx)
      const { rows } = await sql<EditionRow>`select ${EDITION_COLUMNS} from registry_edition e
        where e.id = ${id} and e.registry = ${name} and e.state <> 'receiving' for update of e`.execute(
        tx,
      )
      if (rows[0] === undefined) return null
      const edition = toEdition(rows[0])
      if (edition.state === 'deleted') return { edition, number: Number(rows[0].number) }
      if (!DELETABLE_EDITIONS.includes(edition.state)) return 'busy'
      const { rows: onIt } =
        await sql`select from registry_edition where base = ${rows[0].number}::bigint
        and state = 'loading' and change <> 'full' limit 1`.execute(tx)
      if (onIt.length > 0) return 'busy'
      await sql`update registry set current_edition = null, version = version + 1, updated_at = clock_timestamp()
        where name = ${name} and current_edition = ${rows[0].number}::bigint`.execute(tx)
      await sql`update registry_look_back set done_at = clock_timestamp()
        where edition = ${rows[0].number}::bigint and done_at is null`.execute(tx)
      // A search that compares with this edition goes on without it: it takes all numbers for new.
      await sql`update registry_look_back set base = null
        where base = ${rows[0].number}::bigint and done_at is null`.execute(tx)
      const { rows: now } =
        await sql<EditionRow>`update registry_edition e set state = 'deleted', data_key = null, data_key_id = null,
          deleted_at = clock_timestamp() where e.id = ${id} returning ${EDITION_COLUMNS}`.execute(
          tx,
        )
      await appendAudit(tx, [audit])
      return { edition: toEdition(now[0]!), number: Number(now[0]!.number) }
    })
    if (removed === null || removed === 'busy') return removed
    await deletePages(database.db, removed.number, sql`true`)
    return removed.edition
  }

/** The SQL store of the registries and their editions. */
export const createRegistryStore = (deps: {
  database: Database
  keyring: Keyring
  seals: Seals
}): RegistryStore => {
  const { db } = deps.database
  const readEditions = async (name: string, id: string | null): Promise<Edition[]> => {
    const { rows } = await sql<EditionRow>`select ${EDITION_COLUMNS} from registry_edition e
      where e.registry = ${name} and (e.id = ${id}::text or ${id}::text is null) and e.state <> 'receiving'
      order by e.number desc limit 200`.execute(db)
    return rows.map(toEdition)
  }
  return {
    put: createPut(deps.database),
    find: async (name) => (await readRegistries(db, name))[0] ?? null,
    list: () => readRegistries(db, null),
    editions: (name) => readEditions(name, null),
    findEdition: async (name, id) => (await readEditions(name, id))[0] ?? null,
    ...createReceiveEdition(deps),
    remove: createRemove(deps.database),
  }
}
