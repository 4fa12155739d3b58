import { sql, type RawBuilder } from 'kysely'

import { OPENS_AGAIN } from '../../../domain/do-not-call/retraction.ts'
import type { Tx } from '../../homes/database.ts'
import { NOT_OVER } from '../standing-entries.ts'

/**
 * The version of a row that replaces a settled one. The clause `on conflict` sees only the columns
 * of the row, so this version says that Genesys got the contact again.
 */
const SENT_SINCE = 2

const AGAIN = sql.join(OPENS_AGAIN.map((state) => sql`${state}`))

/**
 * Whether the entry or the edition because of which `d` was retracted is in force. If it no longer
 * is, someone may have made the contact callable in Genesys again.
 */
const STILL_NAMED = sql`(exists (select from dnc_entry e
    where e.submission = d.submission and e.subject = d.subject and ${NOT_OVER})
  or exists (select from registry where current_edition = d.edition))`

/**
 * Notes contacts to be retracted, and wakes the lanes of their lists. A contact is noted once for
 * each subject and each submission or edition. Returns how many were noted.
 *
 * `found`: a select of contact_list_id, contact_digest, subject, submission, edition, sealed_id,
 * tenant_id, upload_id, line and `held_at`. Either the submission or the edition is null. `held_at`
 * is the time since which Genesys holds the contact. If several tenants have delivered the contact,
 * the newest of these times counts. A contact that was already retracted after that time is noted
 * as retracted, so it is not retracted again. With `again`, such a contact is noted as open,
 * because Genesys may have got the contact once more. It is noted as open too if what it was
 * retracted for is over (`STILL_NAMED`). A contact that was already noted for the same submission
 * or edition opens again if Genesys got it after it was last retracted.
 *
 * Writes in the order of the keys, as every other writer of these rows does.
 */
export const noteRetractions = async (
  tx: Tx,
  found: RawBuilder<unknown>,
  again: boolean,
): Promise<number> => {
  const { rows } = await sql<{ noted: number }>`with found as materialized (
      select distinct on (contact_list_id, contact_digest, subject, coalesce(submission, -edition)) * from (${found}) as f
      order by contact_list_id, contact_digest, subject, coalesce(submission, -edition), held_at desc),
    done as materialized (select found.*, (select max(settled_at) from dnc_retraction d
        where d.contact_list_id = found.contact_list_id and d.contact_digest = found.contact_digest and d.subject = found.subject
          and d.state = 'retracted' and d.settled_at > found.held_at and not ${again}
          and ${STILL_NAMED}) as done_at,
        exists (select from dnc_retraction d where d.contact_list_id = found.contact_list_id and d.contact_digest = found.contact_digest
          and d.subject = found.subject and coalesce(d.submission, -d.edition) = coalesce(found.submission, -found.edition)
          and d.settled_at < found.held_at) as sent_since
      from found),
    noted as (insert into dnc_retraction as d (contact_list_id, contact_digest, subject, submission, edition, sealed_id, tenant_id, upload_id, line,
        state, settled_at, version)
      select contact_list_id, contact_digest, subject, submission, edition, sealed_id, tenant_id, upload_id, line,
        case when done_at is null then 'open' else 'retracted' end, done_at, case when sent_since and done_at is null then ${SENT_SINCE}::int else 1 end
      from done order by 1, 2, 3, coalesce(submission, -edition)
      on conflict (contact_list_id, contact_digest, subject, coalesce(submission, -edition)) do update set
        state = 'open', version = d.version + 1, settled_at = null, due_at = clock_timestamp(),
        tenant_id = excluded.tenant_id, upload_id = excluded.upload_id, line = excluded.line
      where ${again} and d.state in ('open', ${AGAIN}) or excluded.version = ${SENT_SINCE}::int and d.state in (${AGAIN})
      returning contact_list_id),
    woken as (insert into dnc_retraction_lane as l (contact_list_id, ready_at)
      select contact_list_id, clock_timestamp() from noted group by contact_list_id order by contact_list_id
      on conflict (contact_list_id) do update set woken = true, ready_at = least(l.ready_at, clock_timestamp()))
    select count(*)::int as noted from noted`.execute(tx)
  return rows[0]!.noted
}
