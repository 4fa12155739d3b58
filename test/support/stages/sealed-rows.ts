import type { Store } from '../../../src/store/homes/open-store.ts'
import { createSeals } from '../../../src/store/homes/seals.ts'

/** An idempotency key as the store keeps it. */
export const keyDigest = (store: Store, key: string): Buffer =>
  createSeals(store.digestKey).keyDigest(key)

/**
 * Adds contacts of `default` to the register of a list. Their lines are counted from 1, and their
 * content equals no real one.
 */
export const fillRegister = async (
  store: Store,
  listId: string,
  acceptedSeq: number,
  contactIds: readonly string[],
): Promise<void> => {
  const { contactIds: seal } = createSeals(store.digestKey)
  await store.sql.executeSql(
    `insert into register (tenant_id, list_id) values ('default', $1) on conflict do nothing`,
    [listId],
  )
  for (const [index, id] of contactIds.entries()) {
    const { digests, sealed } = seal.seal([id])
    await store.sql.executeSql(
      `insert into contact_register (register_id, contact_digest, sealed_id, content_hash, accepted_seq, upload_id, line)
       select id, $2, $3, '', $4::bigint, 'upl_1', $5::int from register where list_id = $1`,
      [listId, digests, sealed, acceptedSeq, index + 1],
    )
  }
  await store.sql.executeSql(
    `update register set contacts = (select count(*) from contact_register left join list_clearing on list_clearing.list_id = $1
        where register_id = register.id and accepted_seq >= coalesce(cleared_seq, 0)),
      newest_seq = greatest(newest_seq, $2::bigint) where list_id = $1`,
    [listId, acceptedSeq],
  )
}
