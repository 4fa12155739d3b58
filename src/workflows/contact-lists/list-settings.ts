import type { Caller } from '../../domain/access/access.ts'
import { byCaller, createAuditEntry } from '../../domain/audit/audit.ts'
import {
  chooseQueue,
  type QueueChange,
  type QueueDefaults,
  type QueueOptions,
} from '../../domain/contact-lists/queue-options.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import type { Refusing } from '../../domain/problems/refusing.ts'
import type { Ids } from '../../lib/ids.ts'
import type { ListSettingsStore } from '../ports/contact-lists/list-settings.ts'
import type { ContactListPort } from '../ports/genesys/genesys.ts'
import type { CHANGE_LIST_REFUSALS } from './refusals.ts'

type Refusals = (typeof CHANGE_LIST_REFUSALS)[number]
/** The queue options of a list. They apply to an upload that does not set them itself. */
type Shown = { contactListId: string; queue: QueueOptions }

/**
 * The settings of a list that the gateway stores. A change does not affect uploads that were
 * accepted earlier. Both calls throw `capability-not-available` in the guide dialect.
 */
export type ListSettings = {
  read: Refusing<Refusals, (caller: Caller, listId: string) => Promise<Shown>>
  change: Refusing<
    Refusals,
    (caller: Caller, listId: string, change: { queue: QueueChange }) => Promise<Shown>
  >
}

const shown = (contactListId: string, decided: QueueDefaults): Shown => {
  const { byDefault: _byDefault, ...queue } = chooseQueue({}, decided)
  return { contactListId, queue }
}

/**
 * Does not ask Genesys about the list and does not check the grant: callers check the grant before.
 * A change writes its audit entry in the same transaction.
 */
export const createListSettings = (deps: {
  settings: ListSettingsStore
  contactLists: Pick<ContactListPort, 'dialect'>
  ids: Ids
}): ListSettings => {
  const check = (): void => {
    if (deps.contactLists.dialect === 'platform') return
    const detail = 'These settings exist only in the platform dialect.'
    throw new GatewayProblem('capability-not-available', detail)
  }
  return {
    read: async ({ tenantId }, listId) => {
      check()
      return shown(listId, (await deps.settings.read(tenantId, listId)).queue)
    },
    change: async (caller, listId, { queue }) => {
      check()
      const about = { action: 'list.settings_changed', object: listId } as const
      const audit = createAuditEntry(deps.ids, byCaller(caller), about)
      const { tenantId } = caller
      return shown(listId, (await deps.settings.change({ tenantId, listId, queue, audit })).queue)
    },
  }
}
