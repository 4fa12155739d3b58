import { sql, type RawBuilder } from 'kysely'

import {
  combineBlocks,
  isSameBlock,
  type NumberBlock,
  numbersOf,
} from '../../../domain/do-not-call/registries/number-page.ts'
import { subjectOf } from '../../../domain/do-not-call/subject.ts'
import { createDigestBatch, DIGEST_BYTES } from '../../../lib/keyed-digest.ts'
import type { RegistryWork } from '../../../workflows/ports/do-not-call/registries/registries.ts'
import {
  RegistryStale,
  type SuppressionPort,
} from '../../../workflows/ports/do-not-call/suppressions.ts'
import { inTransaction, type Database } from '../../homes/database.ts'
import type { Keyring } from '../../homes/keyring.ts'
import { contactsWith } from '../afterwards/contacts-with.ts'
import { noteRetractions } from '../afterwards/note-retractions.ts'
import { grantedTo } from '../standing-entries.ts'
import { type BlockCursor, createBlockCursor, openEditions } from './edition-pages.ts'
import { EDITION_COLUMNS, type EditionRow, toEdition } from './edition-row.ts'

type Deps = { database: Database; keyring: Keyring; digestKey: Buffer }

type Task = {
  number: string
  edition: string
  base: string | null
  tenant_id: string | null
  compared_to: string
  registry: string
}

/**
 * One step takes about this many new numbers, and at most this many blocks. Other statements get
 * their turn between two steps.
 */
const NUMBERS_A_STEP = 50_000
const BLOCKS_A_STEP = 50_000
/** How many subjects one statement takes. */
const LOT = 5_000

const subjectsAsRows = (subjects: readonly string[], edition: string): RawBuilder<unknown> =>
  sql`select subject::uuid as subject, ('x' || left(subject, 16))::bit(64)::bigint as number, ${edition}::bigint as edition
    from unnest(${[...subjects]}::text[]) as given (subject)`

const found = (subjects: RawBuilder<unknown>, isFor: RawBuilder<unknown>): RawBuilder<unknown> =>
  sql`select r.list_id as contact_list_id, known.contact_digest, h.subject, null::bigint as submission, h.edition, known.sealed_id,
      r.tenant_id, known.upload_id, known.line, known.delivered_at as held_at
    from (${subjects}) as h cross join lateral (${contactsWith(sql`h.number`)}) as known
      join register r on r.id = known.register_id
      left join list_clearing on list_clearing.list_id = r.list_id
    where known.accepted_seq >= coalesce(cleared_seq, 0) and ${isFor}`

/**
 * The contact lists to search. If the task names no tenant: the lists of all tenants that use the
 * registry. Otherwise: the lists of the task's tenant, which has begun to use the registry, or
 * whose grants have changed.
 */
const listsOf = ({ tenant_id: tenantId, registry }: Task): RawBuilder<unknown> =>
  tenantId === null
    ? sql`exists (select from tenant_registry t where t.registry = ${registry} and ${grantedTo(sql`t.tenant_id`, sql`r.list_id`)})`
    : grantedTo(tenantId, sql`r.list_id`)

/** How many subjects of the registers a statement reads. */
const REGISTERED_AT_ONCE = 50_000

const SUBJECT_BYTES = 8

/**
 * The subjects that a select finds, ascending, in one buffer. If they were read as rows, each
 * subject would need an object.
 */
const readInOne = async (database: Database, select: string): Promise<Buffer> => {
  let all = Buffer.alloc(0)
  await database.readBytes(
    `select 0::bigint, coalesce(string_agg(int8send(subject), ''::bytea order by subject), ''::bytea) from (${select}) as part (subject)`,
    (_, bytes) => {
      all = Buffer.from(bytes)
    },
  )
  return all
}

/**
 * The first eight bytes of every subject in the registers, sorted. A subject that is not among them
 * needs no search.
 */
const readRegistered = async (database: Database): Promise<BigInt64Array> => {
  const parts: Buffer[] = []
  for (const column of ['subject_1', 'subject_2', 'subject_3']) {
    for (let after: bigint | null = null; ;) {
      const beyond = after === null ? `${column} is not null` : `${column} > ${after}`
      const part = await readInOne(
        database,
        `select ${column} from contact_register where ${beyond} order by ${column} limit ${REGISTERED_AT_ONCE}`,
      )
      parts.push(part)
      if (part.byteLength < REGISTERED_AT_ONCE * SUBJECT_BYTES) break
      after = part.readBigInt64BE(part.byteLength - SUBJECT_BYTES)
    }
  }
  parts.push(
    await readInOne(
      database,
      'select unnest(more_subjects) from contact_register where more_subjects is not null',
    ),
  )
  const all = Buffer.concat(parts)
  const sorted = new BigInt64Array(all.byteLength / SUBJECT_BYTES)
  Buffer.from(sorted.buffer).set(all)
  Buffer.from(sorted.buffer).swap64()
  return sorted.toSorted()
}

const holds = (sorted: BigInt64Array, number: bigint): boolean => {
  let low = 0
  let high = sorted.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    if (sorted[middle] === number) return true
    if (sorted[middle]! < number) low = middle + 1
    else high = middle - 1
  }
  return false
}

/** Those numbers of the block that are not in the base. null: there are none. */
const addedIn = async (
  block: NumberBlock,
  base: BlockCursor | null,
): Promise<NumberBlock | null> => {
  while (base?.current && base.current.prefix < block.prefix) await base.next()
  const before = base?.current
  if (!before || before.prefix !== block.prefix) return block
  return isSameBlock(before, block) ? null : combineBlocks('minus', block, before)
}

const subjectsOf = (
  numbers: readonly number[],
  digestKey: Buffer,
  registered: BigInt64Array,
): string[] => {
  const batch = createDigestBatch(digestKey)
  for (const number of numbers) batch.add(subjectOf(`+${number}`))
  const digests = batch.take()
  const subjects: string[] = []
  for (let at = 0; at < digests.length; at += DIGEST_BYTES) {
    if (holds(registered, digests.readBigInt64BE(at))) {
      subjects.push(digests.toString('hex', at, at + DIGEST_BYTES))
    }
  }
  return subjects
}

type Going = {
  task: Task
  edition: BlockCursor
  base: BlockCursor | null
  registered: BigInt64Array
}

const begin = async ({ database, keyring }: Deps, task: Task): Promise<Going> => {
  const beyond = Number(task.compared_to)
  const open = async (number: string): Promise<BlockCursor> => {
    const [edition] = await openEditions(database.db, keyring, [Number(number)])
    return createBlockCursor(database, edition!, beyond)
  }
  return {
    task,
    edition: await open(task.edition),
    base: task.base === null ? null : await open(task.base),
    registered: await readRegistered(database),
  }
}

/** Makes one step: compares blocks, and notes the contacts with one of the new numbers. */
const stepOn = async ({ database, digestKey }: Deps, going: Going) => {
  const { task, edition, base, registered } = going
  let numbers: number[] = []
  const subjects: string[] = []
  let added = 0
  let reached = Number(task.compared_to)
  for (let blocks = 0; edition.current !== null; blocks += 1) {
    if (blocks === BLOCKS_A_STEP || added >= NUMBERS_A_STEP) break
    const block = await addedIn(edition.current, base)
    reached = edition.current.prefix
    if (block !== null) {
      added += block.count
      if (registered.length > 0) for (const number of numbersOf(block)) numbers.push(number)
      if (numbers.length >= LOT) {
        subjects.push(...subjectsOf(numbers, digestKey, registered))
        numbers = []
      }
    }
    await edition.next()
  }
  subjects.push(...subjectsOf(numbers, digestKey, registered))
  const done = edition.current === null
  const noted = await inTransaction(database, async (tx) => {
    let count = 0
    for (let from = 0; from < subjects.length; from += LOT) {
      const lot = subjectsAsRows(subjects.slice(from, from + LOT), task.edition)
      count += await noteRetractions(tx, found(lot, listsOf(task)), false)
    }
    await sql`update registry_look_back set compared_to = ${reached}, added = added + ${added},
        done_at = case when ${done} then clock_timestamp() end where number = ${task.number}::bigint`.execute(
      tx,
    )
    if (done && task.tenant_id === null) {
      // If the base was deleted meanwhile, nobody knows how many numbers are new.
      await sql`update registry_edition e set added = b.added from registry_look_back b
        where b.number = ${task.number}::bigint and e.number = b.edition and e.base is not distinct from b.base`.execute(
        tx,
      )
    }
    return count
  })
  task.compared_to = String(reached)
  return { found: noted, done }
}

/**
 * Notes delivered contacts whose number is new in an edition. For a tenant that has begun to use
 * the registry, or whose grants have changed, all numbers of the edition count as new. One call
 * makes one step. null: there is nothing to search.
 */
export const createRegistryLookBack = (deps: Deps): RegistryWork['lookBack'] => {
  const { db } = deps.database
  let going: Going | null = null
  return async () => {
    const { rows } =
      await sql<Task>`select b.number, b.edition, b.base, b.tenant_id, b.compared_to, e.registry
      from registry_look_back b join registry_edition e on e.number = b.edition where b.done_at is null order by b.number limit 1`.execute(
        db,
      )
    const task = rows[0]
    if (task === undefined) {
      going = null
      return null
    }
    const isSame =
      going?.task.number === task.number &&
      going.task.compared_to === task.compared_to &&
      going.task.base === task.base
    const present = isSame ? going! : await begin(deps, task)
    // Cleared before the step. If the step fails, the next call begins at the stored place.
    going = null
    const step = await stepOn(deps, present)
    going = step.done ? null : present
    const { rows: editions } =
      await sql<EditionRow>`select ${EDITION_COLUMNS} from registry_edition e
      where e.number = ${task.edition}::bigint`.execute(db)
    return { edition: toEdition(editions[0]!), ...step }
  }
}

/** The hits of an upload, as subjects to search for. */
const ofUpload = (uploadId: string): RawBuilder<unknown> =>
  sql`select subject, ('x' || left(replace(subject::text, '-', ''), 16))::bit(64)::bigint as number, edition
    from registry_hit where upload_id = ${uploadId}`

/**
 * Repeats the look-up of uploads whose contacts were settled while an edition came into force.
 * Notes the contacts that the edition names. One call takes one upload. null: there is none.
 */
export const createLookForLate =
  ({
    database,
    lookAgain,
  }: Deps & { lookAgain: SuppressionPort['lookAgain'] }): RegistryWork['lookForLate'] =>
  async () => {
    const { rows } = await sql<{
      upload_id: string
      noted_at: string
    }>`select upload_id, noted_at::text from registry_late
      order by noted_at limit 1`.execute(database.db)
    if (rows[0] === undefined) return null
    const { upload_id: uploadId, noted_at: notedAt } = rows[0]
    await lookAgain(uploadId).catch((error: unknown) => {
      // The rows were looked up. `RegistryStale` means that a registry has no edition, or that its
      // edition is too old. That does not matter here.
      if (!(error instanceof RegistryStale)) throw error
    })
    const count = await inTransaction(database, async (tx) => {
      const noted = await noteRetractions(
        tx,
        found(ofUpload(uploadId), sql`known.upload_id = ${uploadId}`),
        false,
      )
      await sql`delete from registry_late where upload_id = ${uploadId} and noted_at = ${notedAt}::timestamptz`.execute(
        tx,
      )
      return noted
    })
    return { uploadId, found: count }
  }
