import { sql } from 'kysely'

import { FIRST_PROGRESS } from '../../domain/guest-files/guest-file.ts'
import { newKey, sealingKey } from '../../lib/envelope.ts'
import { nearestStorable } from '../../lib/storable-time.ts'
import type { GuestFileStore } from '../../workflows/ports/guest-files/guest-files.ts'
import { StagingLost } from '../../workflows/ports/uploads/uploads.ts'
import { appendAudit } from '../audit/audit-store.ts'
import type { Outbox } from '../endpoints/outbox.ts'
import { inTransaction, type Database } from '../homes/database.ts'
import type { Keyring } from '../homes/keyring.ts'
import { idOfCursor, pageOfRows } from '../homes/page-cursor.ts'
import type { Seals } from '../homes/seals.ts'
import { answerClaim } from '../uploads/stored-answer.ts'
import { createGuestFileLane } from './guest-file-lane.ts'
import { createPieces, keyContext, type Pieces } from './guest-file-pieces.ts'
import { GUEST_FILE_COLUMNS, toGuestFile, type GuestFileRow } from './guest-file-row.ts'

type StoreDeps = {
  database: Database
  keyring: Keyring
  seals: Seals
  outbox: Pick<Outbox, 'tell'>
}

const createAccept =
  ({ database, seals }: StoreDeps, pieces: Pieces): GuestFileStore['accept'] =>
  async (input) => {
    const { id, sizeBytes, sha256, md5 } = input
    const accepted = await inTransaction(database, async (tx) => {
      const { rows: stored } = await sql<{ count: number }>`select count(*)::int as count
        from guest_file_piece where guest_file_id = ${id}`.execute(tx)
      if (stored[0]!.count !== input.pieces) throw new StagingLost(`Guest file ${id} lacks pieces`)
      const { rows } =
        await sql<GuestFileRow>`update guest_file set state = 'scanning', size_bytes = ${sizeBytes},
          sha256 = ${sha256}, md5 = ${md5}, owner = null, ready_at = clock_timestamp(),
          created_at = clock_timestamp(), updated_at = clock_timestamp()
        where id = ${id} and state = 'receiving' returning ${GUEST_FILE_COLUMNS}`.execute(tx)
      if (rows[0] === undefined) throw new StagingLost(`Guest file ${id} is not being received`)
      const file = toGuestFile(seals, rows[0])
      const answer = input.answerOf(file)
      if (!(await answerClaim(tx, seals, input.scope, answer))) {
        throw new StagingLost(`Guest file ${id}: the call no longer holds its Idempotency-Key`)
      }
      await appendAudit(tx, [input.audit])
      return { file, answer }
    })
    pieces.receiving.delete(id)
    return accepted
  }

const createReads = ({
  database: { db },
  seals,
}: StoreDeps): Pick<GuestFileStore, 'find' | 'list'> => ({
  find: async (tenantId, id) => {
    const { rows } = await sql<GuestFileRow>`select ${GUEST_FILE_COLUMNS} from guest_file
      where id = ${id} and tenant_id = ${tenantId} and state <> 'receiving'`.execute(db)
    return rows[0] === undefined ? null : toGuestFile(seals, rows[0])
  },
  list: async (tenantId, { limit, cursor, state, createdFrom, createdTo }) => {
    const before = cursor === null ? null : idOfCursor(cursor)
    if (cursor !== null && before === null) return null
    const { rows } = await sql<GuestFileRow>`select ${GUEST_FILE_COLUMNS} from guest_file
      where tenant_id = ${tenantId} and state <> 'receiving'
        ${before === null ? sql`` : sql`and id < ${before}`}
        ${state === undefined ? sql`` : sql`and state = ${state}`}
        ${createdFrom === undefined ? sql`` : sql`and created_at >= ${nearestStorable(createdFrom)}`}
        ${createdTo === undefined ? sql`` : sql`and created_at < ${nearestStorable(createdTo)}`}
      order by id desc limit ${limit + 1}`.execute(db)
    return pageOfRows(
      rows.map((row) => toGuestFile(seals, row)),
      limit,
    )
  },
})

/**
 * The SQL store of guest files. Their bytes are stored in sealed pieces until the file has ended.
 */
export const createGuestFileStore = (deps: StoreDeps): GuestFileStore => {
  const { database, keyring, seals } = deps
  const { db } = database
  const pieces = createPieces(deps)
  return {
    begin: async (file) => {
      const dataKey = newKey()
      const wrapped = keyring.seal(keyContext(file.id), dataKey)
      const { sealed } = seals.sealFileName(file.id, file.fileName)
      const { target } = file
      const contact = target.kind === 'external_contact' ? target.externalContactId : null
      const [conversation, communication] =
        target.kind === 'conversation'
          ? [target.conversationId, target.communicationId]
          : [null, null]
      await sql`insert into guest_file (id, tenant_id, external_contact_id, conversation_id, communication_id, state, sealed_name, content_type, progress,
          actor, request_id, owner, data_key, data_key_id)
        values (${file.id}, ${file.tenantId}, ${contact}, ${conversation}, ${communication}, 'receiving', ${sealed}, ${file.contentType},
          ${JSON.stringify(FIRST_PROGRESS)}::jsonb, ${file.actor}, ${file.requestId}, ${file.owner},
          ${wrapped.sealed}, ${wrapped.keyId})`.execute(db)
      pieces.receiving.set(file.id, sealingKey(dataKey))
    },
    touch: async (id) => {
      const { rows } = await sql`update guest_file set heartbeat_at = clock_timestamp()
        where id = ${id} and state = 'receiving' returning id`.execute(db)
      return rows.length === 1
    },
    append: pieces.append,
    pieces: pieces.pieces,
    content: pieces.content,
    accept: createAccept(deps, pieces),
    discard: async (id, audit) => {
      if (id !== null) pieces.receiving.delete(id)
      await inTransaction(database, async (tx) => {
        await sql`delete from guest_file where id = ${id} and state = 'receiving'`.execute(tx)
        await appendAudit(tx, audit)
      })
    },
    sweepReceiving: async (olderThanMs) => {
      const { rows } = await sql`delete from guest_file where state = 'receiving'
        and heartbeat_at <= clock_timestamp() - make_interval(secs => ${olderThanMs / 1000}::float8) returning id`.execute(
        db,
      )
      return rows.length
    },
    ...createReads(deps),
    ...createGuestFileLane({ ...deps, pieces }),
  }
}
