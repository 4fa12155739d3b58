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
import type { ListCache } from '../ports/contact-lists/list-cache.ts'
import type { ListSettingsStore } from '../ports/contact-lists/list-settings.ts'
import type { ContactListPort } from '../ports/genesys/genesys.ts'
import { FRESH_MS, readContext, readListSchema } from '../uploads/receive/list-schema.ts'
import type { CHANGE_LIST_REFUSALS } from './refusals.ts'

type Refusals = (typeof CHANGE_LIST_REFUSALS)[number]
/** The queue options of a list. They apply to an upload that does not set them itself. */
type Shown = { contactListId: string; queue: QueueOptions }

/**
 * The settings of a list that the gateway stores. A change does not affect uploads that were
 * accepted earlier. Both calls throw `capability-not-available` in the guide dialect, and the
 * problems of reading the list.
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
 * Does not check the grant: callers check the grant before. A grant for every list does not say
 * that the list exists, so the list is looked up, as for an upload. A change writes its audit entry
 * in the same transaction.
 */
export const createListSettings = (deps: {
  settings: ListSettingsStore
  contactLists: ContactListPort
  lists: ListCache
  ids: Ids
  signal?: AbortSignal
}): ListSettings => {
  const signal = deps.signal ?? new AbortController().signal
  const check = async (tenantId: string, listId: string): Promise<void> => {
    if (deps.contactLists.dialect !== 'platform') {
      const detail = 'These settings exist only in the platform dialect.'
      throw new GatewayProblem('capability-not-available', detail)
    }
    await readListSchema(deps, listId, readContext(tenantId, signal), FRESH_MS)
  }
  return {
    read: async ({ tenantId }, listId) => {
      await check(tenantId, listId)
      return shown(listId, (await deps.settings.read(tenantId, listId)).queue)
    },
    change: async (caller, listId, { queue }) => {
      await check(caller.tenantId, listId)
      const about = { action: 'list.settings_changed', object: listId } as const
      const audit = createAuditEntry(deps.ids, byCaller(caller), about)
      const { tenantId } = caller
      return shown(listId, (await deps.settings.change({ tenantId, listId, queue, audit })).queue)
    },
  }
}
