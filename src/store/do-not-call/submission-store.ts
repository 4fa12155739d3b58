import type { KeyObject } from 'node:crypto'

import { sql, type RawBuilder } from 'kysely'

import type { DncChunk } from '../../domain/do-not-call/dnc-chunk.ts'
import { newKey, sealingKey } from '../../lib/envelope.ts'
import type { Ids } from '../../lib/ids.ts'
import type { DncSubmissionStore } from '../../workflows/ports/do-not-call/submissions.ts'
import { StagingLost } from '../../workflows/ports/uploads/uploads.ts'
import type { Outbox } from '../endpoints/outbox.ts'
import type { Database, Db } from '../homes/database.ts'
import type { Keyring } from '../homes/keyring.ts'
import { idOfCursor, pageOfRows } from '../homes/page-cursor.ts'
import type { Seals } from '../homes/seals.ts'
import { createAcceptSubmission } from './accept-submission.ts'
import { createAppendEntries } from './append-entries.ts'
import { openChunk } from './entry-chunks.ts'
import { createExportEntries } from './export-entries.ts'
import { createFindEntries } from './find-entries.ts'
import { createHeldByRegulatory } from './removals/held-by-regulatory.ts'
import { createSubmissionLedger } from './submission-ledger.ts'
import { createSubmissionMoves } from './submission-moves.ts'
import { SUBMISSION_COLUMNS, toSubmission, type SubmissionRow } from './submission-row.ts'

/** The purpose for which a submission's data key is sealed. */
export const keyContext = (id: string): string => `dnc-submission:${id}`

type SealedKey = { data_key: Buffer; data_key_id: string }

/**
 * The data keys of submissions. Keys of submissions that this process is receiving are kept in
 * memory. All others are read from the database.
 */
export const createDataKeys = (db: Db, keyring: Keyring) => {
  const receiving = new Map<string, KeyObject>()
  return {
    receiving,
    read: async (id: string): Promise<KeyObject> => {
      const known = receiving.get(id)
      if (known !== undefined) return known
      const { rows } = await sql<SealedKey>`select data_key, data_key_id from dnc_submission
        where id = ${id} and data_key is not null`.execute(db)
      if (rows[0] === undefined) throw new StagingLost(`Submission ${id} or its data key is gone`)
      return sealingKey(keyring.open(keyContext(id), rows[0].data_key_id, rows[0].data_key))
    },
  }
}

/**
 * How many chunks of entries one statement deletes. Deleting a large submission in one statement
 * would stop the embedded home, and with it every request, for seconds.
 */
const DISCARDED_AT_ONCE = 4

/**
 * Deletes the submission's chunks in slices and then the submission, as long as `condition` is
 * true. Returns whether the submission was deleted.
 */
const discard = async (db: Db, id: string, condition: RawBuilder<unknown>): Promise<boolean> => {
  for (let more = true; more;) {
    const { rows } = await sql<{ seq: number }>`
      with dead as materialized (select number from dnc_submission where id = ${id} and ${condition} for update),
      slice as materialized (select submission, seq from dnc_chunk, dead
        where submission = dead.number order by seq limit ${DISCARDED_AT_ONCE}),
      entries as (delete from dnc_entry e using slice
        where e.submission = slice.submission and e.chunk_seq = slice.seq)
      delete from dnc_chunk c using slice where c.submission = slice.submission and c.seq = slice.seq returning c.seq`.execute(
      db,
    )
    more = rows.length === DISCARDED_AT_ONCE
  }
  const { rows } =
    await sql`delete from dnc_submission where id = ${id} and ${condition} returning id`.execute(db)
  return rows.length === 1
}

/** Reads and opens a chunk. Throws if the chunk or its submission's data key no longer exists. */
const createReadChunk =
  (db: Db, readKey: (id: string) => Promise<KeyObject>) =>
  async (id: string, seq: number): Promise<DncChunk> => {
    const { rows } = await sql<{ payload: Buffer }>`select payload from dnc_chunk
      join dnc_submission on number = submission where id = ${id} and seq = ${seq}`.execute(db)
    if (rows[0] === undefined) throw new Error(`Submission ${id} has no chunk ${seq}`)
    return openChunk(await readKey(id), id, seq, rows[0].payload)
  }

const createList =
  (db: Db): DncSubmissionStore['list'] =>
  async (tenantId, { limit, cursor, dncListId, states }) => {
    const before = cursor === null ? null : idOfCursor(cursor)
    if (cursor !== null && before === null) return null
    const older = before === null ? sql`` : sql`and id < ${before}`
    const ofList = dncListId === undefined ? sql`` : sql`and dnc_list_id = ${dncListId}`
    const inState = states === undefined ? sql`` : sql`and state = any(${[...states]}::text[])`
    const { rows } = await sql<SubmissionRow>`select ${SUBMISSION_COLUMNS} from dnc_submission
      where tenant_id = ${tenantId} and state <> 'receiving' ${older} ${ofList} ${inState}
      order by id desc limit ${limit + 1}`.execute(db)
    return pageOfRows(rows.map(toSubmission), limit)
  }

const createCountHeld =
  (db: Db): DncSubmissionStore['countHeld'] =>
  async (tenantId, reasons) => {
    const { rows } = await sql<{ count: number }>`select count(*)::int as count from dnc_submission
      where tenant_id = ${tenantId} and state = 'held'
        and hold_reason = any(${[...reasons]}::text[])`.execute(db)
    return rows[0]!.count
  }

/**
 * Discards submissions that are still being received and had no heartbeat for `olderThanMs`.
 * Returns how many it discarded.
 */
const createSweep =
  (db: Db): DncSubmissionStore['sweepReceiving'] =>
  async (olderThanMs) => {
    const dead = sql`state = 'receiving'
      and heartbeat_at <= clock_timestamp() - make_interval(secs => ${olderThanMs / 1000}::float8)`
    const { rows } = await sql<{ id: string }>`select id from dnc_submission where ${dead}`.execute(
      db,
    )
    let discarded = 0
    for (const { id } of rows) if (await discard(db, id, dead)) discarded += 1
    return discarded
  }

const createFind =
  (db: Db): DncSubmissionStore['find'] =>
  async (tenantId, id) => {
    const { rows } = await sql<SubmissionRow>`select ${SUBMISSION_COLUMNS} from dnc_submission
      where id = ${id} and tenant_id = ${tenantId} and state <> 'receiving'`.execute(db)
    return rows[0] === undefined ? null : toSubmission(rows[0])
  }

const createKnowsList =
  (db: Db): DncSubmissionStore['knowsList'] =>
  async (dncListId) => {
    const { rows } = await sql<{ known: boolean }>`select exists (select from dnc_list_lane
        where dnc_list_id = ${dncListId}) or exists (select from dnc_pull where dnc_list_id = ${dncListId}) as known`.execute(
      db,
    )
    return rows[0]!.known
  }

const createKnownLists =
  (db: Db): DncSubmissionStore['knownLists'] =>
  async (tenantId, limit) => {
    const granted = sql`tenant_grant g where g.tenant_id = ${tenantId} and g.kind = 'dnc_list'`
    const { rows } = await sql<{
      id: string
    }>`select id from (select dnc_list_id as id from dnc_list_lane
        union select dnc_list_id from dnc_pull union select g.object_id from ${granted}) as known
      where id <> '*' and exists (select from ${granted} and g.object_id in (known.id, '*'))
      order by id limit ${limit}`.execute(db)
    return rows.map(({ id }) => id)
  }

/**
 * The SQL store of submissions of do-not-call entries. Chunks are compressed and encrypted before a
 * transaction begins, never inside one.
 */
export const createDncSubmissionStore = (deps: {
  database: Database
  keyring: Keyring
  seals: Seals
  outbox: Pick<Outbox, 'tell'>
  ids: Ids
}): DncSubmissionStore => {
  const { database, keyring } = deps
  const { db } = database
  const keys = createDataKeys(db, keyring)
  const appendEntries = createAppendEntries(database)
  const accept = createAcceptSubmission(deps)
  const readChunk = createReadChunk(db, keys.read)
  return {
    begin: async ({ id, tenantId, dncListId, kind, actor, requestId, owner, overrides }) => {
      const dataKey = newKey()
      const wrapped = keyring.seal(keyContext(id), dataKey)
      await sql`insert into dnc_submission (id, tenant_id, dnc_list_id, kind, state, actor, request_id, owner, overrides, data_key, data_key_id)
        values (${id}, ${tenantId}, ${dncListId}, ${kind}, 'receiving', ${actor}, ${requestId}, ${owner}, ${overrides},
          ${wrapped.sealed}, ${wrapped.keyId})`.execute(db)
      keys.receiving.set(id, sealingKey(dataKey))
    },
    touch: async (id) => {
      const { rows } = await sql`update dnc_submission set heartbeat_at = clock_timestamp()
        where id = ${id} and state = 'receiving' returning id`.execute(db)
      return rows.length === 1
    },
    append: async (id, chunk) => {
      const appended = await appendEntries(id, await keys.read(id), chunk)
      if (appended === null)
        throw new StagingLost(`Submission ${id} was deleted before all of it arrived`)
      return appended
    },
    exportEntries: createExportEntries({ db, keyring, keyContext }),
    heldByRegulatory: createHeldByRegulatory(db),
    accept: async (input) => {
      try {
        return await accept(input)
      } finally {
        keys.receiving.delete(input.id)
      }
    },
    discard: async (id) => {
      keys.receiving.delete(id)
      await discard(db, id, sql`state = 'receiving'`)
    },
    sweepReceiving: createSweep(db),
    find: createFind(db),
    list: createList(db),
    countHeld: createCountHeld(db),
    readChunk,
    ...createSubmissionMoves(database),
    knowsList: createKnowsList(db),
    knownLists: createKnownLists(db),
    about: createFindEntries(db, readChunk),
    ledgerRows: createSubmissionLedger(database, readChunk),
  }
}
