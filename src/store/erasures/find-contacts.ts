import { sql } from 'kysely'

import { unpackSubjects } from '../../domain/uploads/chunk.ts'
import { DIGEST_BYTES } from '../../lib/keyed-digest.ts'
import type { ErasureWork } from '../../workflows/ports/erasures/erasures.ts'
import { inTransaction, type Tx } from '../homes/database.ts'
import { decodeChunk, type ChunkRow } from '../uploads/chunk-codec.ts'
import { openKey, type SealedKey } from '../uploads/data-keys.ts'
import { lockErasure, noteDone } from './erasure-row.ts'
import { idsOf, nextAfter, uploadsBehind, type EraseLot, type ErasingDeps } from './lots.ts'

type Contact = { listId: string; contactId: string }

const insertContacts = async (
  tx: Tx,
  { seals }: ErasingDeps,
  { claim }: ErasureWork,
  contacts: readonly Contact[],
): Promise<void> => {
  for (const { listId, contactId } of contacts) {
    const { digests, sealed } = seals.contactIds.seal([contactId])
    await sql`insert into erasure_contact (erasure_id, contact_list_id, contact_digest, sealed_id)
      values (${claim.erasureId}, ${listId}, ${digests}, ${sealed}) on conflict do nothing`.execute(
      tx,
    )
  }
}

type Found = ChunkRow & SealedKey & { upload_id: string; list_id: string; subjects: Buffer }

/** The contact ids of the rows of a chunk that have the subject. */
const contactsIn = async (
  { keyring }: ErasingDeps,
  digest: Buffer,
  row: Found,
): Promise<Contact[]> => {
  const { subjectDigests, subjectRows } = unpackSubjects(row.subjects)
  const rows = [...subjectRows].filter((_, index) =>
    subjectDigests.subarray(index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES).equals(digest),
  )
  if (rows.length === 0) return []
  const { contactIds } = await decodeChunk(openKey(keyring, row.upload_id, row), row.upload_id, row)
  return rows.flatMap((at) =>
    contactIds[at] ? [{ listId: row.list_id, contactId: contactIds[at] }] : [],
  )
}

/**
 * The statement that finds the contacts with the subject in the tenant's registers, and adds them
 * to the erasure. Contacts whose rows are past their retention can be found only in this way.
 */
const registered = (erasureId: string, tenantId: string, digest: Buffer) => {
  const number = String(digest.readBigInt64BE())
  return sql`insert into erasure_contact (erasure_id, contact_list_id, contact_digest, sealed_id)
    select ${erasureId}, r.list_id, known.contact_digest, known.sealed_id
    from (select register_id, contact_digest, sealed_id from contact_register where subject_1 = ${number}::bigint
      union select register_id, contact_digest, sealed_id from contact_register where subject_2 = ${number}::bigint
      union select register_id, contact_digest, sealed_id from contact_register where subject_3 = ${number}::bigint
      union select register_id, contact_digest, sealed_id from contact_register where more_subjects @> array[${number}::bigint]) as known
      join register r on r.id = known.register_id where r.tenant_id = ${tenantId} on conflict do nothing`
}

/**
 * Finds the contacts of the person, in stored rows and in the registers. If the request names a
 * contact id, that contact is already known.
 */
export const findContacts: EraseLot = async (deps, work, after) => {
  const { erasure, subject, claim } = work
  const digest = Buffer.from(erasure.subjectDigest, 'hex')
  if (subject.kind === 'contact') {
    await inTransaction(deps.database, async (tx) => {
      await lockErasure(tx, claim)
      await insertContacts(tx, deps, work, [
        { listId: subject.contactListId, contactId: subject.value },
      ])
      await noteDone(tx, work, 'found', {}, null)
    })
    return null
  }
  const uploads = await uploadsBehind(deps.database.db, work, after)
  const { rows } =
    await sql<Found>`select c.upload_id, c.seq, c.first_line, c.last_line, c.payload, c.left_out, c.erased, c.subjects,
      u.contact_list_id as list_id, u.data_key, u.data_key_id
    from chunk c join upload u on u.id = c.upload_id
    where c.upload_id = any(${idsOf(uploads)}) and position(${digest}::bytea in c.subjects) > 0`.execute(
      deps.database.db,
    )
  const contacts: Contact[] = []
  for (const row of rows) contacts.push(...(await contactsIn(deps, digest, row)))
  const next = nextAfter(uploads)
  await inTransaction(deps.database, async (tx) => {
    await lockErasure(tx, claim)
    await insertContacts(tx, deps, work, contacts)
    if (next === null) await registered(claim.erasureId, erasure.tenantId, digest).execute(tx)
    await noteDone(tx, work, 'found', {}, next)
  })
  return next
}
