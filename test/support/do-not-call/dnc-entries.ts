import { subjectDigest } from '../../../src/domain/do-not-call/subject.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { ids } from '../stages/store-uploads.ts'

type About = {
  tenantId?: string
  kind?: 'add' | 'remove' | 'pull'
  reason?: 1 | 2 | 3
  /** The contact lists that the entry is for. Default: all. */
  lists?: readonly string[]
  /** Hours from now. Default: never. */
  expiresInHours?: number
}

/**
 * The statement that accepts a submission of such entries. It raises the epoch first, and commits
 * everything together.
 */
export const acceptEntries = (
  store: Store,
  values: readonly string[],
  about: About = {},
): { text: string; values: unknown[] } => {
  const { tenantId = 'default', kind = 'add', reason = 2, lists = null } = about
  const hours = about.expiresInHours ?? null
  const subjects = values.map((value) => subjectDigest(store.digestKey, value).toString('hex'))
  return {
    text: `with raised as (insert into suppression_epoch (tenant_id, epoch) values ($1, 1)
        on conflict (tenant_id) do update set epoch = suppression_epoch.epoch + 1 returning epoch),
      looking as (insert into dnc_look_back (tenant_id, epoch) select $1, epoch from raised),
      submitted as (insert into dnc_submission (id, tenant_id, dnc_list_id, kind, state, epoch, actor, request_id, owner)
        select $2, $1, 'dnc-1', $3, 'applying', epoch, 'key', 'req', 'me' from raised returning number)
      insert into dnc_entry (subject, submission, scope, contact_list_ids, chunk_seq, place, subject_kind, reason, expires_at)
      select e.subject::uuid, number, 0, $4::text[], 0, e.place, 1, $5::int,
        clock_timestamp() + make_interval(secs => $6::float8 * 3600)
      from submitted, unnest($7::text[]) with ordinality as e (subject, place)`,
    values: [tenantId, ids.newId('dns'), kind, lists, reason, hours, subjects],
  }
}

/** Adds entries as an accepted submission. */
export const addEntries = async (
  store: Store,
  values: readonly string[],
  about: About = {},
): Promise<void> => {
  const statement = acceptEntries(store, values, about)
  await store.sql.executeSql(statement.text, statement.values)
}
