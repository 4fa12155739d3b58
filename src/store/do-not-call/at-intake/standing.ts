import type { Standing } from '../../../domain/do-not-call/suppression.ts'
import type { Db } from '../../homes/database.ts'
import { keptStatement, runKept } from '../../homes/kept-statements.ts'

export type StandingRow = {
  /** For each tenant its epoch, and the submission that made the epoch. */
  epochs: Record<string, [epoch: number, madeBy: string | null]> | null
  editions: Standing['editions'] | null
}

/** The columns of a `StandingRow`. `list`: SQL for the id of the contact list. */
export const standingColumns = (list: string): string =>
  `(select jsonb_object_agg(e.tenant_id, jsonb_build_array(e.epoch,
        (select s.id from dnc_submission s where s.tenant_id = e.tenant_id and s.epoch = e.epoch limit 1)))
      from tenant_grant g join suppression_epoch e using (tenant_id)
      where g.kind = 'contact_list' and g.object_id in (${list}, '*') and e.epoch > 0) as epochs,
    (select jsonb_agg(distinct jsonb_build_object('number', r.current_edition, 'registry', r.name, 'country', r.country))
      from tenant_grant g join tenant_registry t using (tenant_id) join registry r on r.name = t.registry
      where g.kind = 'contact_list' and g.object_id in (${list}, '*') and r.current_edition is not null) as editions`

/**
 * Makes a `Standing` from a row. null in the row means that there is no epoch or no edition.
 * Editions are in the order of their numbers.
 */
export const toStanding = ({ epochs, editions }: StandingRow): Standing => {
  const entries = Object.entries(epochs ?? {})
  return {
    epochs: Object.fromEntries(entries.map(([tenantId, [epoch]]) => [tenantId, epoch])),
    madeBy: Object.fromEntries(entries.map(([tenantId, [, madeBy]]) => [tenantId, madeBy])),
    editions: (editions ?? []).toSorted((a, b) => a.number - b.number),
  }
}

const READ = keptStatement(`select ${standingColumns('$1')}`)

/**
 * Reads epochs and editions of a contact list in one round trip. Both are empty for a list that no
 * tenant is granted.
 */
export const readStanding = async (db: Db, contactListId: string): Promise<Standing> => {
  const [row] = await runKept<StandingRow>(db, READ, [contactListId])
  return toStanding(row!)
}
