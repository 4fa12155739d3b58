import { sql, type RawBuilder } from 'kysely'

import { newKey, sealingKey } from '../../../lib/envelope.ts'
import type { RegistryStore } from '../../../workflows/ports/do-not-call/registries/registries.ts'
import { StagingLost } from '../../../workflows/ports/uploads/uploads.ts'
import { appendAudit } from '../../audit/audit-store.ts'
import { inTransaction, type Database, type Db } from '../../homes/database.ts'
import type { Keyring } from '../../homes/keyring.ts'
import type { Seals } from '../../homes/seals.ts'
import { answerClaim } from '../../uploads/stored-answer.ts'
import { faultBeside, sameFile } from './edition-faults.ts'
import { editionKeyContext, type OpenEdition, writePages } from './edition-pages.ts'
import { EDITION_COLUMNS, type EditionRow, toEdition } from './edition-row.ts'

type Deps = { database: Database; keyring: Keyring; seals: Seals }

/**
 * Deletes pages in slices, so that nobody waits long. Then deletes the rows for which `condition`
 * still holds.
 */
export const deletePages = async (
  db: Db,
  edition: number,
  of: RawBuilder<unknown>,
): Promise<void> => {
  for (let more = true; more;) {
    const { rows } = await sql`delete from registry_page p using (
        select edition, run, first from registry_page where edition = ${edition} and ${of} order by run, first limit 500) as slice
      where p.edition = slice.edition and p.run = slice.run and p.first = slice.first returning p.first`.execute(
      db,
    )
    more = rows.length === 500
  }
}

const discard = async (db: Db, id: string, condition: RawBuilder<unknown>): Promise<boolean> => {
  const { rows } = await sql<{ number: string }>`select number from registry_edition
    where id = ${id} and ${condition}`.execute(db)
  if (rows[0] === undefined) return false
  await deletePages(db, Number(rows[0].number), sql`true`)
  const { rows: gone } =
    await sql`delete from registry_edition where id = ${id} and ${condition} returning id`.execute(
      db,
    )
  return gone.length === 1
}

const RECEIVING = sql`state = 'receiving'`

export const createSweepEditions =
  ({ db }: Database) =>
  async (olderThanMs: number): Promise<number> => {
    const dead = sql`state = 'receiving'
      and heartbeat_at <= clock_timestamp() - make_interval(secs => ${olderThanMs / 1000}::float8)`
    const { rows } = await sql<{
      id: string
    }>`select id from registry_edition where ${dead}`.execute(db)
    let discarded = 0
    for (const { id } of rows) if (await discard(db, id, dead)) discarded += 1
    await deleteLeftPages(db)
    return discarded
  }

/**
 * Pages that nobody reads: the parts of a merged edition, or all pages of a deleted one, left by an
 * instance that was killed before it deleted them.
 */
const deleteLeftPages = async (db: Db): Promise<void> => {
  const { rows } = await sql<{ number: string; final_run: number | null }>`
    select number, case when state <> 'deleted' then final_run end as final_run from registry_edition e
    where state in ('current', 'replaced', 'failed', 'deleted')
      and (exists (select from registry_page p where p.edition = e.number and p.run > case when state = 'deleted' then -1 else final_run end)
        or exists (select from registry_page p where p.edition = e.number and p.run < final_run))`.execute(
    db,
  )
  for (const { number, final_run: run } of rows) {
    await deletePages(db, Number(number), run === null ? sql`true` : sql`run <> ${run}`)
  }
}

class Refused extends Error {
  override readonly name = 'Refused'
  readonly result: Exclude<Awaited<ReturnType<RegistryStore['accept']>>, { kind: 'accepted' }>
  constructor(result: Refused['result']) {
    super(result.kind)
    this.result = result
  }
}

const createAccept =
  ({ database, seals }: Deps): RegistryStore['accept'] =>
  async ({ id, received, allowShrink, claim, audit, answerOf }) => {
    try {
      return await inTransaction(database, async (tx) => {
        const { rows: locked } =
          await sql<EditionRow>`select ${EDITION_COLUMNS} from registry_edition e
          where e.id = ${id} and e.state = 'receiving' for update of e`.execute(tx)
        if (locked[0] === undefined)
          throw new StagingLost(`Edition ${id} was swept while it was received`)
        const given = toEdition(locked[0])
        const { baseId, change, asOf, registry } = given
        const numbers = allowShrink ? null : received.numbers
        const fault =
          (await sameFile(tx, registry, received.sha256)) ??
          (await faultBeside(tx, { baseId, change, asOf, registry }, numbers))
        if (fault !== null) throw new Refused({ kind: 'fault', fault })
        // A single ascending part is looked up as it is.
        const whole = received.runs === 1 && change === 'full' ? 1 : null
        const { rows } =
          await sql<EditionRow>`update registry_edition e set state = 'loading', runs = ${received.runs},
            final_run = ${whole}, lines = ${received.lines}, numbers = ${received.numbers}, rejected = ${received.rejected},
            first_rejected_line = ${received.firstRejectedLine}, bytes = ${received.bytes}, sha256 = ${received.sha256},
            base = case when change = 'full' then base else (select current_edition from registry where name = e.registry) end,
            loaded_at = clock_timestamp()
          where e.id = ${id} returning ${EDITION_COLUMNS}`.execute(tx)
        const edition = toEdition(rows[0]!)
        const answer = answerOf(edition)
        if (!(await answerClaim(tx, seals, claim, answer)))
          throw new Refused({ kind: 'claim_lost' })
        await appendAudit(tx, [audit])
        return { kind: 'accepted', edition, answer }
      })
    } catch (error) {
      if (error instanceof Refused) return error.result
      throw error
    }
  }

/**
 * An edition from its first number to its 202. Nobody sees an edition that is being received until
 * one statement accepts it.
 */
export const createReceiveEdition = (
  deps: Deps,
): Pick<
  RegistryStore,
  'faultOf' | 'begin' | 'touch' | 'append' | 'accept' | 'discard' | 'sweep'
> => {
  const { database, keyring } = deps
  const { db } = database
  const receiving = new Map<string, OpenEdition>()
  const accept = createAccept(deps)
  return {
    faultOf: (edition) => faultBeside(db, edition, null),
    begin: async (edition) => {
      const { id, registry, change, baseId, asOf, subscription, tenantId, requestId, owner } =
        edition
      const dataKey = newKey()
      const { keyId, sealed } = keyring.seal(editionKeyContext(id), dataKey)
      const { rows } = await sql<{ number: string }>`insert into registry_edition
          (id, registry, state, change, base, as_of, subscription, data_key, data_key_id, tenant_id, request_id, owner)
        values (${id}, ${registry}, 'receiving', ${change}, (select number from registry_edition where id = ${baseId}), ${asOf}::timestamptz,
          ${subscription}, ${sealed}, ${keyId}, ${tenantId}, ${requestId}, ${owner}) returning number`.execute(
        db,
      )
      await sql`update registry set unused = false where name = ${registry} and unused`.execute(db)
      receiving.set(id, { number: Number(rows[0]!.number), id, key: sealingKey(dataKey), run: 1 })
    },
    touch: async (id) => {
      const { rows } = await sql`update registry_edition set heartbeat_at = clock_timestamp()
        where id = ${id} and ${RECEIVING} returning id`.execute(db)
      return rows.length === 1
    },
    append: async (id, run, pages) => {
      const edition = receiving.get(id)
      if (edition === undefined) throw new StagingLost(`Edition ${id} is not being received here`)
      await writePages(database, { ...edition, run }, pages)
    },
    accept: async (input) => {
      const result = await accept(input)
      if (result.kind === 'accepted') receiving.delete(input.id)
      return result
    },
    discard: async (id) => {
      receiving.delete(id)
      await discard(db, id, RECEIVING)
    },
    sweep: createSweepEditions(database),
  }
}
