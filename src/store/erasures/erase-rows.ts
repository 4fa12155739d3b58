import { sql } from 'kysely'

import { mentionsOf, type Mentions } from '../../domain/erasures/erasure.ts'
import {
  packSubjects,
  textOfCells,
  unpackSubjects,
  type NewChunk,
  type StagedChunk,
} from '../../domain/uploads/chunk.ts'
import { FINAL_STATES } from '../../domain/uploads/upload.ts'
import { createBitmap, hasBit, setBit } from '../../lib/bitmap.ts'
import { DIGEST_BYTES } from '../../lib/keyed-digest.ts'
import type { ErasureWork } from '../../workflows/ports/erasures/erasures.ts'
import { tenantsOf } from '../do-not-call/standing-entries.ts'
import { inTransaction, type Db, type Tx } from '../homes/database.ts'
import { decodeChunk, type ChunkRow } from '../uploads/chunk-codec.ts'
import { openKey, type SealedKey } from '../uploads/data-keys.ts'
import { lockErasure, noteDone } from './erasure-row.ts'
import { idsOf, nextAfter, uploadsBehind, type EraseLot, type ErasingDeps } from './lots.ts'

type Found = ChunkRow &
  SealedKey & {
    upload_id: string
    list_id: string
    state: string
    id_digests: Buffer
    subjects: Buffer | null
    payload_digest: string
  }

type Contacts = { digests: Buffer[]; ids: string[] }

/** The contacts that the erasure found, by list. */
const readContacts = async (
  { database, seals }: ErasingDeps,
  { claim }: ErasureWork,
): Promise<Map<string, Contacts>> => {
  const { rows } = await sql<{ list_id: string; contact_digest: Buffer; sealed_id: Buffer }>`
    select contact_list_id as list_id, contact_digest, sealed_id from erasure_contact
    where erasure_id = ${claim.erasureId}`.execute(database.db)
  const byList = new Map<string, Contacts>()
  for (const { list_id: listId, contact_digest: digest, sealed_id: sealed } of rows) {
    const known = byList.get(listId) ?? { digests: [], ids: [] }
    known.digests.push(digest)
    known.ids.push(seals.contactIds.open(digest, sealed))
    byList.set(listId, known)
  }
  return byList
}

/**
 * The chunks that may contain the person. Either a digest of the person matches, or the chunk has
 * rows without digests (not computed yet, or rejected), so that its cells must be read.
 */
const candidates = async (
  db: Db,
  { erasure }: ErasureWork,
  uploads: readonly string[],
  digests: readonly Buffer[],
): Promise<{ upload_id: string; seq: number }[]> => {
  const own = Buffer.from(erasure.subjectDigest, 'hex')
  const all = [...digests, own].map((digest) => digest.toString('hex'))
  const { rows } = await sql<{
    upload_id: string
    seq: number
  }>`select c.upload_id, c.seq from chunk c
    where c.upload_id = any(${idsOf(uploads)}) and (c.subjects is null or c.last_line - c.first_line + 1 > c.accepted
      or exists (select from unnest(${all}::text[]) as d
        where position(decode(d, 'hex') in c.id_digests) > 0 or position(decode(d, 'hex') in c.subjects) > 0))
    order by c.upload_id, c.seq`.execute(db)
  return rows
}

const readOne = async (db: Db, uploadId: string, seq: number): Promise<Found | undefined> => {
  const { rows } =
    await sql<Found>`select c.upload_id, c.seq, c.first_line, c.last_line, c.payload, c.left_out, c.erased,
      c.id_digests, c.subjects, md5(c.payload) as payload_digest, u.contact_list_id as list_id, u.state, u.data_key, u.data_key_id
    from chunk c join upload u on u.id = c.upload_id where c.upload_id = ${uploadId} and c.seq = ${seq} and u.data_key is not null`.execute(
      db,
    )
  return rows[0]
}

/**
 * The accepted rows of the person: by contact id, and by the digests of phones and emails. If the
 * chunk has no digests yet, its cells are compared instead of the digests.
 */
const rowsOf = (
  row: Found,
  chunk: StagedChunk,
  { contacts, own, mentions }: Pick<Person, 'own' | 'mentions'> & { contacts: Contacts },
): Set<number> => {
  const ids = new Set(contacts.ids)
  const rows = new Set<number>()
  for (const [at, id] of chunk.contactIds.entries()) {
    if (id !== '' && ids.has(id)) rows.add(at)
  }
  if (row.subjects === null) {
    for (const at of chunk.contactIds.keys()) {
      const cells = chunk.cells.slice(at * chunk.width, (at + 1) * chunk.width)
      if (cells.some((cell) => mentions.isCell(cell))) rows.add(at)
    }
    return rows
  }
  const { subjectDigests, subjectRows } = unpackSubjects(row.subjects)
  for (const [index, at] of subjectRows.entries()) {
    const digest = subjectDigests.subarray(index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES)
    if (digest.equals(own)) rows.add(at)
  }
  return rows
}

type Erased = { chunk: NewChunk; erased: Buffer; accepted: number; rejected: number }

/**
 * The chunk without the person. The places, lines and outcomes of rows stay. null: the person is
 * not in the chunk.
 */
const withoutPerson = (
  row: Found,
  chunk: StagedChunk,
  rows: ReadonlySet<number>,
  isRejected: (cells: readonly string[]) => boolean,
): Erased | null => {
  const rejected = chunk.rejected.map((one) =>
    isRejected(one.cells) ? { ...one, cells: [] } : one,
  )
  const gone = rejected.filter((one, at) => one !== chunk.rejected[at]).length
  if (rows.size === 0 && gone === 0) return null
  const { width } = chunk
  const contactIds = chunk.contactIds.map((id, at) => (rows.has(at) ? '' : id))
  const cells = chunk.cells.map((cell, at) => (rows.has(Math.floor(at / width)) ? '' : cell))
  const idDigests = Buffer.from(row.id_digests)
  const erased = createBitmap(contactIds.length)
  for (const at of contactIds.keys()) if (hasBit(row.erased, at)) setBit(erased, at)
  for (const at of rows) {
    idDigests.fill(0, at * DIGEST_BYTES, (at + 1) * DIGEST_BYTES)
    setBit(erased, at)
  }
  const known = unpackSubjects(row.subjects ?? Buffer.alloc(0))
  const kept = [...known.subjectRows.keys()].filter((at) => !rows.has(known.subjectRows[at]!))
  return {
    chunk: {
      ...{ seq: chunk.seq, firstLine: chunk.firstLine, lastLine: chunk.lastLine, width, rejected },
      blank: chunk.blank,
      lines: Uint32Array.from(chunk.lines),
      text: textOfCells({ width, contactIds, cells }),
      idDigests,
      subjectDigests: Buffer.concat(
        kept.map((at) => known.subjectDigests.subarray(at * DIGEST_BYTES, (at + 1) * DIGEST_BYTES)),
      ),
      subjectRows: Uint16Array.from(kept, (at) => known.subjectRows[at]!),
    },
    erased,
    accepted: rows.size,
    rejected: gone,
  }
}

/**
 * Raises the epochs of the list's tenants. A transaction that records a try of the upload's rows
 * locks the epochs for share. There are therefore two cases. If the try was recorded before the
 * chunk is written, the batch of the try shows that the rows are in flight. Otherwise the try sees
 * the raised epochs and checks who was erased.
 */
const raiseEpochs = async (tx: Tx, listId: string): Promise<void> => {
  await sql`insert into suppression_epoch (tenant_id, epoch)
    select distinct tenant_id, 1 from (${tenantsOf(listId)}) as granted order by tenant_id
    on conflict (tenant_id) do update set epoch = suppression_epoch.epoch + 1`.execute(tx)
}

const write = async (
  tx: Tx,
  row: Found,
  payload: Buffer,
  { chunk, erased }: Erased,
): Promise<boolean> => {
  const subjects = row.subjects === null ? null : packSubjects(chunk)
  const { rows } =
    await sql`update chunk set payload = ${payload}::bytea, id_digests = ${chunk.idDigests}::bytea,
      subjects = ${subjects}::bytea, subject_digests = ''::bytea, erased = ${erased}::bytea
    where upload_id = ${row.upload_id} and seq = ${row.seq} and md5(payload) = ${row.payload_digest} returning 1`.execute(
      tx,
    )
  return rows.length === 1
}

type Person = { contacts: Map<string, Contacts>; mentions: Mentions; own: Buffer }

/**
 * Erases the person in one chunk. If something else has changed the chunk in the meantime (for
 * example another erasure), reads the chunk again.
 */
const eraseChunk = async (
  deps: ErasingDeps,
  work: ErasureWork,
  place: { upload_id: string; seq: number },
  { contacts, mentions, own }: Person,
  after: string,
): Promise<void> => {
  for (;;) {
    const row = await readOne(deps.database.db, place.upload_id, place.seq)
    if (row === undefined) return
    const dataKey = openKey(deps.keyring, row.upload_id, row)
    const chunk = await decodeChunk(dataKey, row.upload_id, row)
    const inList = contacts.get(row.list_id) ?? { digests: [], ids: [] }
    const ids = new Set(inList.ids)
    const without = withoutPerson(
      row,
      chunk,
      rowsOf(row, chunk, { contacts: inList, own, mentions }),
      (cells) => cells.some((cell) => ids.has(cell.trim()) || mentions.isCell(cell)),
    )
    if (without === null) return
    const payload = await deps.encodeChunk(dataKey, row.upload_id, without.chunk)
    const written = await inTransaction(deps.database, async (tx) => {
      await lockErasure(tx, work.claim)
      // A retry of the upload locks it before it is accepted. So either the retry finds that rows
      // were erased, or `retriesOf` finds the retry.
      await sql`select from upload where id = ${row.upload_id} for share`.execute(tx)
      if (!FINAL_STATES.some((state) => state === row.state)) await raiseEpochs(tx, row.list_id)
      if (!(await write(tx, row, payload, without))) return false
      const count = without.accepted + without.rejected
      await noteDone(tx, work, 'rows', { found: count, erased: count }, after)
      return true
    })
    if (written) return
  }
}

/**
 * The retries of these uploads. They copied rows, and may have been accepted after the uploads of a
 * lot were read.
 */
const retriesOf = async (db: Db, uploads: readonly string[]): Promise<string[]> => {
  const { rows } = await sql<{ id: string }>`select jsonb_array_elements_text(child_ids) as id
    from upload where id = any(${idsOf(uploads)}) and jsonb_array_length(child_ids) > 0`.execute(db)
  return rows.map(({ id }) => id)
}

/** Erases the person's rows of uploads, a few uploads at a time. */
export const eraseRows: EraseLot = async (deps, work, after) => {
  const { db } = deps.database
  const uploads = await uploadsBehind(db, work, after)
  const contacts = await readContacts(deps, work)
  const person = {
    contacts,
    mentions: mentionsOf(work.subject),
    own: Buffer.from(work.erasure.subjectDigest, 'hex'),
  }
  const digests = [...contacts.values()].flatMap((one) => one.digests)
  const seen = new Set(uploads)
  for (let some = uploads; some.length > 0;) {
    for (const place of await candidates(db, work, some, digests)) {
      await eraseChunk(deps, work, place, person, after ?? '')
    }
    some = (await retriesOf(db, some)).filter((id) => !seen.has(id))
    for (const id of some) seen.add(id)
  }
  const next = nextAfter(uploads)
  await inTransaction(deps.database, async (tx) => {
    await lockErasure(tx, work.claim)
    await noteDone(tx, work, 'rows', {}, next)
  })
  return next
}
