import { unpackSubjects } from '../../../src/domain/uploads/chunk.ts'
import { hasBit } from '../../../src/lib/bitmap.ts'
import { DIGEST_BYTES } from '../../../src/lib/keyed-digest.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'

/** An HTTP try of rows, as the transaction that recorded it saw the data at its commit. */
export type RecordedTry = {
  seq: number
  /**
   * By tenant. They are locked until the commit, so entries of a later epoch were committed after
   * it.
   */
  epochs: Readonly<Record<string, number>>
  /** Digests of 16 bytes in hex, of all people whose contacts it carries. */
  subjects: ReadonlySet<string>
}

/**
 * Makes the database record every try when its transaction commits, with the epochs at that moment.
 * The trigger runs after everything else in the transaction. So it cannot take a lock that the
 * transaction itself has forgotten to take.
 */
export const noteTries = async (store: Store): Promise<void> => {
  for (const statement of [
    `create table recorded_try (seq bigint generated always as identity, epochs jsonb, upload_id text, chunk_seq int,
      from_row int, to_row int, sent bytea)`,
    `create function note_try() returns trigger language plpgsql as $$
      declare now_at jsonb;
      begin
        perform 1 from suppression_epoch order by tenant_id for share;
        select coalesce(jsonb_object_agg(tenant_id, epoch), '{}') into now_at from suppression_epoch;
        insert into recorded_try (epochs, upload_id, chunk_seq, from_row, to_row, sent)
          select now_at, upload_id, chunk_seq, from_row, to_row, sent from batch where shipment_id = new.id;
        return null;
      end $$`,
    `create constraint trigger note_try after update on shipment deferrable initially deferred
      for each row when (new.attempts > old.attempts) execute function note_try()`,
  ]) {
    await store.sql.executeSql(statement)
  }
}

type Noted = {
  seq: string
  epochs: Record<string, number>
  from_row: number
  to_row: number
  sent: Buffer
  subjects: Buffer
}

/** The tries that were recorded after number `after`. */
export const readTries = async (store: Store, after: number): Promise<RecordedTry[]> => {
  const { rows } = await store.sql.executeSql(
    `select t.*, chunk.subjects from recorded_try t
      join chunk on chunk.upload_id = t.upload_id and chunk.seq = t.chunk_seq where t.seq > $1 order by t.seq`,
    [after],
  )
  return (rows as Noted[]).map(({ seq, epochs, from_row: from, to_row: to, sent, subjects }) => {
    const { subjectDigests, subjectRows } = unpackSubjects(Buffer.from(subjects))
    const carried = new Set<string>()
    for (const [index, row] of subjectRows.entries()) {
      if (row < from || row >= to || !hasBit(Buffer.from(sent), row - from)) continue
      const at = index * DIGEST_BYTES
      carried.add(subjectDigests.toString('hex', at, at + DIGEST_BYTES))
    }
    return { seq: Number(seq), epochs, subjects: carried }
  })
}

export const lastTry = async (store: Store): Promise<number> => {
  const { rows } = await store.sql.executeSql(
    'select coalesce(max(seq), 0)::int as seq from recorded_try',
  )
  return (rows[0] as { seq: number }).seq
}
