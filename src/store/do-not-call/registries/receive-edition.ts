import { sql, type RawBuilder } from 'kysely'

import { newKey, sealingKey } from '../../../lib/envelope.ts'
import type {
  EditionHold,
  NewEdition,
  RegistryStore,
} from '../../../workflows/ports/do-not-call/registries/registries.ts'
import { StagingLost } from '../../../workflows/ports/uploads/uploads.ts'
import { appendAudit } from '../../audit/audit-store.ts'
import { inTransaction, type Database } from '../../homes/database.ts'
import type { Keyring } from '../../homes/keyring.ts'
import type { Seals } from '../../homes/seals.ts'
import { answerClaim } from '../../uploads/stored-answer.ts'
import { faultOfNew, sameFile } from './edition-faults.ts'
import { editionKeyContext, type OpenEdition, writePages } from './edition-pages.ts'
import { EDITION_COLUMNS, type EditionRow, toEdition } from './edition-row.ts'
import { createSweepEditions, deletePages, discardEdition, KEPT, RECEIVING } from './left-pages.ts'
import { keepState, readReceiving, resumeEdition } from './resume-edition.ts'

type Deps = { database: Database; keyring: Keyring; seals: Seals }

const heldBy = ({ attempt }: EditionHold): RawBuilder<unknown> =>
  sql`state = 'receiving' and attempt = ${attempt}`

/** The editions that this process is receiving. */
const createHolds = () => {
  const held = new Map<string, OpenEdition>()
  const placeOf = ({ id, attempt }: EditionHold): string => `${id} ${attempt}`
  return {
    add: (edition: OpenEdition & { attempt: number }): EditionHold => {
      const hold = { id: edition.id, attempt: edition.attempt }
      held.set(placeOf(hold), edition)
      return hold
    },
    heldOf: (hold: EditionHold): OpenEdition => {
      const edition = held.get(placeOf(hold))
      if (edition !== undefined) return edition
      throw new StagingLost(`This instance is not receiving edition ${hold.id}`)
    },
    forget: (hold: EditionHold): void => {
      held.delete(placeOf(hold))
    },
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
  async ({ hold, received, isDated, allowShrink, claim, audit, answerOf }) => {
    const { id } = hold
    try {
      return await inTransaction(database, async (tx) => {
        // Locks the registry first, as a transaction that brings an edition into force does. So of
        // two changes that end together, the later one finds the earlier one.
        await sql`select from registry where name = (select registry from registry_edition where id = ${id}) for no key update`.execute(
          tx,
        )
        const { rows: locked } =
          await sql<EditionRow>`select ${EDITION_COLUMNS} from registry_edition e
          where e.id = ${id} and ${heldBy(hold)} for update of e`.execute(tx)
        if (locked[0] === undefined)
          throw new StagingLost(`Edition ${id} was deleted before all of it arrived`)
        const given = toEdition(locked[0])
        const { baseId, change, asOf, registry } = given
        const numbers = allowShrink ? null : received.numbers
        const judged = { baseId, change, asOf, registry }
        const fault =
          (await sameFile(tx, judged, received.sha256, isDated)) ??
          (await faultOfNew(tx, judged, numbers))
        if (fault !== null) throw new Refused({ kind: 'fault', fault })
        // A full edition of one ascending part needs no merge, because its pages can be looked up
        // unchanged.
        const whole = received.runs === 1 && change === 'full' ? 1 : null
        const { rows } =
          await sql<EditionRow>`update registry_edition e set state = 'loading', runs = ${received.runs},
            final_run = ${whole}, lines = ${received.lines}, numbers = ${received.numbers}, rejected = ${received.rejected},
            first_rejected_line = ${received.firstRejectedLine}, bytes = ${received.bytes}, sha256 = ${received.sha256},
            base = case when change = 'full' then base else (select current_edition from registry where name = e.registry) end,
            loaded_at = clock_timestamp(), kept_state = null
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

const beginEdition = async (
  { database: { db }, keyring }: Deps,
  edition: NewEdition,
): Promise<OpenEdition & { attempt: number }> => {
  const { id, registry, change, baseId, asOf, subscription } = edition
  const { tenantId, requestId, owner, callDigest } = edition
  const { rows: left } = await sql<{ id: string }>`select id from registry_edition
    where ${RECEIVING} and registry = ${registry} and call_digest = ${callDigest}`.execute(db)
  for (const one of left) await discardEdition(db, one.id, RECEIVING)
  const dataKey = newKey()
  const { keyId, sealed } = keyring.seal(editionKeyContext(id), dataKey)
  const { rows } = await sql<{ number: string }>`insert into registry_edition
      (id, registry, state, change, base, as_of, subscription, data_key, data_key_id, tenant_id, request_id, owner, call_digest)
    values (${id}, ${registry}, 'receiving', ${change}, (select number from registry_edition where id = ${baseId}), ${asOf}::timestamptz,
      ${subscription}, ${sealed}, ${keyId}, ${tenantId}, ${requestId}, ${owner}, ${callDigest}) returning number`.execute(
    db,
  )
  await sql`update registry set unused = false where name = ${registry} and unused`.execute(db)
  return { number: Number(rows[0]!.number), id, key: sealingKey(dataKey), run: 1, attempt: 1 }
}

/**
 * The SQL store that receives editions. An edition appears only among the editions that are being
 * received until a transaction accepts the edition.
 */
export const createReceiveEdition = (
  deps: Deps,
): Pick<
  RegistryStore,
  | 'faultOf'
  | 'receiving'
  | 'begin'
  | 'resume'
  | 'keep'
  | 'forgetBeyond'
  | 'touch'
  | 'append'
  | 'accept'
  | 'discard'
  | 'leave'
  | 'sweep'
> => {
  const { database } = deps
  const { db } = database
  const { add, heldOf, forget } = createHolds()
  const accept = createAccept(deps)
  const discard = async (hold: EditionHold, condition: RawBuilder<unknown>): Promise<void> => {
    forget(hold)
    await discardEdition(db, hold.id, condition)
  }
  return {
    faultOf: (edition) => faultOfNew(db, edition, null),
    receiving: (name) => readReceiving(db, name, KEPT),
    begin: async (edition) => add(await beginEdition(deps, edition)),
    resume: async (asked) => {
      const resumed = await resumeEdition(deps, asked)
      if (resumed.kind !== 'resumed') return resumed
      return { kind: 'resumed', hold: add(resumed.edition), state: resumed.state }
    },
    forgetBeyond: (hold, run, first) =>
      deletePages(
        db,
        heldOf(hold).number,
        sql`(run > ${run} or (run = ${run} and first >= ${first}))`,
      ),
    keep: (hold, bytes, state) => keepState(db, heldOf(hold), bytes, state),
    touch: async (hold) => {
      const { rows } = await sql`update registry_edition set heartbeat_at = clock_timestamp()
        where id = ${hold.id} and ${heldBy(hold)} returning id`.execute(db)
      return rows.length === 1
    },
    append: (hold, run, pages) => writePages(database, { ...heldOf(hold), run }, pages),
    accept: async (input) => {
      const result = await accept(input)
      if (result.kind === 'accepted') forget(input.hold)
      return result
    },
    discard: (hold) => discard(hold, heldBy(hold)),
    leave: (hold) => discard(hold, sql`${heldBy(hold)} and kept_bytes = 0`),
    sweep: createSweepEditions(database),
  }
}
