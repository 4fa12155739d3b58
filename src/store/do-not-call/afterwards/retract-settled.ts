import { sql, type RawBuilder } from 'kysely'

import type { Suppression, SuppressionEpochs } from '../../../domain/do-not-call/suppression.ts'
import { unpackSubjects } from '../../../domain/uploads/chunk.ts'
import { hasBit } from '../../../lib/bitmap.ts'
import { DIGEST_BYTES } from '../../../lib/keyed-digest.ts'
import type { SettledChunk } from '../../../workflows/ports/delivery/delivery.ts'
import type { Tx } from '../../homes/database.ts'
import type { Seals } from '../../homes/seals.ts'
import { noteLate } from '../registries/registry-hits.ts'
import { createAddedSince, movedSince } from '../standing-entries.ts'
import { type LockedEpochs, lockNewEpochs } from '../suppressed-since.ts'
import { noteRetractions } from './note-retractions.ts'

/** The rows of a chunk that a settlement ends. */
export type SettledRows = {
  uploadId: string
  tenantId: string
  listId: string
  chunkSeq: number
  fromRow: number
  toRow: number
  /**
   * The chunk's subjects. null: the subjects were not computed yet, or no row can have been sent.
   */
  subjects: Buffer | null
  chunk: SettledChunk
  /** The epochs from before the look-up of the rows at intake. */
  since: SuppressionEpochs | null
}

/**
 * Returns a function that says whether Genesys may hold a row of the chunk. This is the case if a
 * try with this row was recorded. The try may belong to the present request, or to a request that
 * the present request replaced.
 */
const readTried = async (tx: Tx, settled: SettledRows): Promise<(row: number) => boolean> => {
  const { rows } = await sql<{ from_row: number; to_row: number; sent: Buffer }>`
    select from_row, to_row, sent from batch join shipment on shipment.id = shipment_id
    where upload_id = ${settled.uploadId} and chunk_seq = ${settled.chunkSeq} and attempts > 0
      and from_row < ${settled.toRow} and to_row > ${settled.fromRow}`.execute(tx)
  return (row) =>
    rows.some(
      ({ from_row: from, to_row: to, sent }) => row >= from && row < to && hasBit(sent, row - from),
    )
}

type Hit = { digest: string; sealed: string; subject: string; submission: number; line: number }

const hitsAsRows = (
  hits: readonly Hit[],
  { listId, tenantId, uploadId }: SettledRows,
): RawBuilder<unknown> =>
  sql`select ${listId} as contact_list_id, decode(h.digest, 'hex') as contact_digest, h.subject::uuid as subject, h.submission, null::bigint as edition,
      decode(h.sealed, 'hex') as sealed_id, ${tenantId} as tenant_id, ${uploadId} as upload_id, h.line, clock_timestamp() as held_at
    from jsonb_to_recordset(${JSON.stringify(hits)}::jsonb) as h (digest text, sealed text, subject text, submission bigint, line int)`

/** The settled rows that an entry names and that Genesys may hold. */
const hitsOf = (
  seals: Seals,
  { fromRow, toRow, chunk, subjects }: SettledRows,
  entryOf: (digest: string) => Suppression | undefined,
  wasTried: (row: number) => boolean,
): Hit[] => {
  const { subjectDigests, subjectRows } = unpackSubjects(subjects!)
  return [...subjectRows].flatMap((row, index) => {
    const subject = subjectDigests.subarray(index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES)
    const entry = entryOf(subject.toString('latin1'))
    const contactId = chunk.contactIds[row]
    if (entry === undefined || contactId === undefined) return []
    if (row < fromRow || row >= toRow || !wasTried(row)) return []
    const { digests, sealed } = seals.contactIds.seal([contactId])
    return {
      ...{ digest: digests.toString('hex'), sealed: sealed.toString('hex') },
      ...{ subject: subject.toString('hex'), submission: entry.submission },
      line: chunk.lines[row]!,
    }
  })
}

/**
 * Notes that settled rows must be retracted. Genesys may hold these rows, and an entry that was
 * added after their look-up at intake names them. The try of each row was recorded before the entry
 * was added, because otherwise the row would not have been sent. For editions of registries, calls
 * `noteLate`.
 *
 * `locked`: the epochs, which an earlier statement of this transaction has locked for share. There
 * are two cases for another transaction that adds entries. It waits for this transaction and then
 * finds the rows in the register. Or it has already committed, and this transaction sees the
 * entries.
 */
export const retractSettled = async (
  tx: Tx,
  seals: Seals,
  settled: SettledRows,
  locked: LockedEpochs,
): Promise<void> => {
  const { listId, subjects } = settled
  const now = locked.lacking ? await lockNewEpochs(tx, listId) : (locked.epochs ?? {})
  const beyond = movedSince(now, settled.since)
  if (beyond === null || subjects === null) return
  await noteLate(tx, settled.uploadId)
  const added = await createAddedSince(tx, listId, beyond)(unpackSubjects(subjects).subjectDigests)
  if (added.size === 0) return
  const hits = hitsOf(seals, settled, (digest) => added.get(digest), await readTried(tx, settled))
  if (hits.length > 0) await noteRetractions(tx, hitsAsRows(hits, settled), true)
}
