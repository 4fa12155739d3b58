import type { KeyObject } from 'node:crypto'

import { sql, type RawBuilder } from 'kysely'

import { packSubjects } from '../../domain/uploads/chunk.ts'
import { newKey, sealingKey } from '../../lib/envelope.ts'
import {
  type NewUpload,
  StagingLost,
  type UploadStore,
} from '../../workflows/ports/uploads/uploads.ts'
import { withWaits } from '../delivery/lane-waits.ts'
import { createEnsureRegister } from '../delivery/register.ts'
import type { Outbox } from '../endpoints/outbox.ts'
import type { Database, Db } from '../homes/database.ts'
import { keptStatement, runKept } from '../homes/kept-statements.ts'
import type { Keyring } from '../homes/keyring.ts'
import type { Seals } from '../homes/seals.ts'
import { isOwnerGone } from '../homes/sql-failure.ts'
import { createControls } from './apply.ts'
import { createEncodeChunk, decodeChunk, type ChunkRow } from './chunk-codec.ts'
import { keyContext, openKey, type SealedKey } from './data-keys.ts'
import { createLedger } from './ledger.ts'
import { namelessSource } from './source-columns.ts'
import { createStage } from './stage.ts'
import { createUploadPages } from './upload-pages.ts'
import { toUpload, UPLOAD_COLUMNS, type UploadRow } from './upload-row.ts'

const createFind =
  ({ db }: Database): UploadStore['find'] =>
  async (tenantId, uploadId) => {
    const ofTenant = tenantId === null ? sql`` : sql`and tenant_id = ${tenantId}`
    const { rows } = await sql<UploadRow>`select ${UPLOAD_COLUMNS} from upload
        where id = ${uploadId} ${ofTenant} and state <> 'receiving'`.execute(db)
    if (rows[0] === undefined) return null
    const [upload] = await withWaits(db, [toUpload(rows[0])])
    return upload!
  }

/**
 * The data keys of uploads. Keys of uploads that this process is receiving are kept in memory. All
 * others are read from the database.
 */
const createDataKeys = (db: Db, keyring: Keyring) => {
  const receiving = new Map<string, KeyObject>()
  return {
    receiving,
    read: async (uploadId: string): Promise<KeyObject> => {
      const known = receiving.get(uploadId)
      if (known) return known
      const { rows } = await sql<SealedKey>`
        select data_key, data_key_id from upload where id = ${uploadId}`.execute(db)
      return openKey(keyring, uploadId, rows[0])
    },
  }
}
type DataKeys = ReturnType<typeof createDataKeys>

/**
 * Appends chunks. Does not wait until the commit is on disk, because the later commit that stages
 * the upload also brings all earlier commits to disk. A crash of the database before that may lose
 * chunks. Staging counts the chunks and notices the loss.
 */
const createAppend = (database: Database, keys: DataKeys): UploadStore['appendChunks'] => {
  const encodeChunk = createEncodeChunk()
  return async (uploadId, chunks) => {
    const dataKey = await keys.read(uploadId)
    const packed = await Promise.all(chunks.map((chunk) => encodeChunk(dataKey, uploadId, chunk)))
    if (packed.length === 0) return
    const values = chunks.map(
      (chunk, index) =>
        sql`(${uploadId}::text, ${chunk.seq}::int, ${chunk.firstLine}::int, ${chunk.lastLine}::int,
          ${chunk.lines.length}::int, ${packed[index]}::bytea, ${chunk.idDigests}::bytea, ${packSubjects(chunk)}::bytea)`,
    )
    try {
      await database.writeBytes(
        sql`with relaxed as materialized (select set_config('synchronous_commit', 'off', true))
          insert into chunk (upload_id, seq, first_line, last_line, accepted, payload, id_digests, subjects)
          select v.* from relaxed, (values ${sql.join(values)}) as v`.compile(database.db),
      )
    } catch (error) {
      if (!isOwnerGone(error)) throw error
      throw new StagingLost(`Upload ${uploadId} was deleted before all of it arrived`)
    }
  }
}

/**
 * How many chunks one statement reads. With 2,500 rows in a chunk and 16 bytes for each row, the
 * digests of four chunks are 160 KB. They arrive as text, which takes twice as much.
 */
const DIGESTS_AT_ONCE = 4

const createIdDigests = (db: Db): UploadStore['idDigests'] =>
  async function* (uploadId) {
    for (let after = -1; ;) {
      const { rows } = await sql<{ seq: number; id_digests: Buffer }>`
        select seq, id_digests from chunk where upload_id = ${uploadId} and seq > ${after}
        order by seq limit ${DIGESTS_AT_ONCE}`.execute(db)
      for (const row of rows) yield row.id_digests
      if (rows.length < DIGESTS_AT_ONCE) return
      after = rows.at(-1)!.seq
    }
  }

/**
 * How many chunks one statement deletes. Deleting a large upload in one statement would stop the
 * embedded home, and with it every request, for seconds.
 */
const DISCARDED_AT_ONCE = 16

/**
 * Deletes the upload's chunks in slices and then the upload, as long as `condition` is true for its
 * row. Returns whether it was deleted. Each slice is deleted under a lock on that row, which
 * staging needs too. If staging comes first, every chunk stays. If staging comes in between, it
 * counts the chunks and finds some missing.
 */
const discard = async (
  db: Db,
  uploadId: string,
  condition: RawBuilder<unknown>,
): Promise<boolean> => {
  for (let after = -1, more = true; more;) {
    const { rows } = await sql<{
      seq: number
    }>`with dead as materialized (select id from upload where id = ${uploadId} and ${condition} for update)
      delete from chunk using dead where upload_id = dead.id and seq = any(array(
        select seq from chunk where upload_id = ${uploadId} and seq > ${after} order by seq limit ${DISCARDED_AT_ONCE}))
      returning seq`.execute(db)
    after = Math.max(after, ...rows.map(({ seq }) => seq))
    more = rows.length === DISCARDED_AT_ONCE
  }
  const { rows } =
    await sql`delete from upload where id = ${uploadId} and ${condition} returning id`.execute(db)
  return rows.length === 1
}

/** An upload of which only chunks are stored. Its list exists nowhere. */
const REHEARSAL: Omit<NewUpload, 'id' | 'owner'> = {
  tenantId: 'default',
  contactListId: 'rehearsal',
  laneKey: 'rehearsal',
  mode: 'append',
  duplicates: 'update',
  source: {
    fileName: null,
    format: 'csv',
    encoding: 'utf-8',
    delimiter: null,
    bytes: 0,
    sha256: '',
  },
  schemaVersion: '',
  requestId: '',
}

type Receiving = 'begin' | 'touch' | 'appendChunks' | 'discard' | 'rehearse' | 'sweepReceiving'

/** What happens to an upload before it is staged. */
const createReceiving = (
  { database, keyring }: { database: Database; keyring: Keyring },
  keys: DataKeys,
): Pick<UploadStore, Receiving> => {
  const { db } = database
  const ensureRegister = createEnsureRegister(db)
  const appendChunks = createAppend(database, keys)
  const insert = async (upload: NewUpload): Promise<void> => {
    const dataKey = newKey()
    const wrapped = keyring.seal(keyContext(upload.id), dataKey)
    await sql`insert into upload (id, tenant_id, contact_list_id, lane_key, state, mode, duplicates, method, source,
        schema_version, request_id, owner, data_key, data_key_id)
      values (${upload.id}, ${upload.tenantId}, ${upload.contactListId}, ${upload.laneKey}, 'receiving', ${upload.mode},
        ${upload.duplicates}, 'batches', ${JSON.stringify(namelessSource(upload.source))}::jsonb, ${upload.schemaVersion},
        ${upload.requestId}, ${upload.owner}, ${wrapped.sealed}, ${wrapped.keyId})`.execute(db)
    keys.receiving.set(upload.id, sealingKey(dataKey))
  }
  const discardReceived = async (uploadId: string): Promise<void> => {
    keys.receiving.delete(uploadId)
    await discard(db, uploadId, sql`state = 'receiving'`)
  }
  return {
    begin: async (upload) => {
      await ensureRegister(upload.tenantId, upload.contactListId)
      await insert(upload)
    },
    touch: async (uploadId) => {
      const { rows } = await sql`update upload set heartbeat_at = clock_timestamp()
        where id = ${uploadId} and state = 'receiving' returning id`.execute(db)
      return rows.length === 1
    },
    appendChunks,
    discard: discardReceived,
    rehearse: async (about, work) => {
      await insert({ ...REHEARSAL, ...about })
      try {
        await work((chunks) => appendChunks(about.id, chunks))
      } finally {
        await discardReceived(about.id)
      }
    },
    sweepReceiving: async (olderThanMs) => {
      const dead = sql`state = 'receiving'
        and heartbeat_at <= clock_timestamp() - make_interval(secs => ${olderThanMs / 1000}::float8)`
      const { rows } = await sql<{ id: string }>`select id from upload where ${dead}`.execute(db)
      let discarded = 0
      for (const { id } of rows) {
        if (!(await discard(db, id, dead))) continue
        keys.receiving.delete(id)
        discarded += 1
      }
      return discarded
    },
  }
}

const READ_CHUNK = keptStatement(`
  select seq, first_line, last_line, payload, left_out, erased, data_key, data_key_id
  from chunk join upload on upload.id = chunk.upload_id where upload_id = $1 and seq = $2::int`)

const READ_FIRST_CHUNKS = keptStatement(`
  select seq, first_line, last_line, payload, left_out, erased, data_key, data_key_id
  from unnest($1::text[]) with ordinality as asked (id, place) left join lateral (
    select chunk.*, data_key, data_key_id from chunk join upload on upload.id = chunk.upload_id
    where upload_id = asked.id and seq = 0 offset 0) as found on true
  order by asked.place`)

const createReadChunks = (
  db: Db,
  keyring: Keyring,
): Pick<UploadStore, 'readChunk' | 'readFirstChunks'> => ({
  readChunk: async (uploadId, seq) => {
    const [row] = await runKept<ChunkRow & SealedKey>(db, READ_CHUNK, [uploadId, seq])
    if (!row) throw new StagingLost(`Upload ${uploadId} has no chunk ${seq}`)
    return decodeChunk(openKey(keyring, uploadId, row), uploadId, row)
  },
  readFirstChunks: async (uploadIds) => {
    if (uploadIds.length === 0) return []
    const rows = await runKept<ChunkRow & SealedKey>(db, READ_FIRST_CHUNKS, [[...uploadIds]])
    return Promise.all(
      rows.map((row, at) => {
        const uploadId = uploadIds[at]!
        return decodeChunk(openKey(keyring, uploadId, row), uploadId, row)
      }),
    )
  },
})

/**
 * The SQL store of uploads and chunks. Chunks are compressed and encrypted before a transaction
 * begins, never inside one.
 */
export const createUploadStore = (deps: {
  database: Database
  keyring: Keyring
  outbox: Outbox
  seals: Seals
}): UploadStore => {
  const { db } = deps.database
  const keys = createDataKeys(db, deps.keyring)

  const chunks = createReadChunks(db, deps.keyring)
  const stage = createStage(deps)
  const receiving = createReceiving(deps, keys)

  return {
    find: createFind(deps.database),
    ...createUploadPages(deps.database, deps.seals),
    ...chunks,
    ...createLedger({ database: deps.database, readChunk: chunks.readChunk }),
    ...createControls(deps),
    ...receiving,
    idDigests: createIdDigests(db),
    stage: async (input) => {
      try {
        return await stage(input)
      } finally {
        keys.receiving.delete(input.uploadId)
      }
    },
  }
}
