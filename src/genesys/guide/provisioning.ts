import { z } from 'zod'

import type { NewLists } from '../../workflows/ports/contact-lists/new-lists.ts'
import type {
  EventSubscriptionPort,
  ProvisioningPort,
} from '../../workflows/ports/contact-lists/provisioning.ts'
import type { CallContext } from '../../workflows/ports/genesys/genesys.ts'
import { listAllContactLists } from '../calls/list-pages.ts'
import { pathSegment } from '../calls/path-segment.ts'
import type { Caller } from '../calls/retry.ts'
import { contactListOf, fieldOfColumn, readListCall, wireListSchema } from './list-wire.ts'

const FIRST_VERSION = '1.0'
const DESCRIPTION = 'Made by Outbound Gateway'

/**
 * Allows only one try, because a second try could take effect a second time. If the pace or the
 * token stopped the call before it was sent, the caller repeats the call.
 */
const once = (context: CallContext): CallContext => ({ ...context, retryForMs: 0 })

/**
 * The next version, in the form of the last version: 3 → 4, "3" → "4", "1.0" → "2.0". If the last
 * version is missing or does not begin with a digit, the result is "2.0".
 */
const raised = (version: string | number | null | undefined): string | number => {
  if (typeof version === 'number') return version + 1
  const [, major, rest] = /^(\d{1,9})(.*)$/.exec(version ?? '') ?? []
  if (major === undefined) return '2.0'
  return `${Number(major) + 1}${rest === '' ? '' : '.0'}`
}

/**
 * Makes and changes lists in the guide dialect. Genesys continues to index after its answer, so the
 * caller waits until the list is `ready`.
 */
export const createGuideProvisioning = (deps: {
  call: Caller
  newLists: NewLists
}): ProvisioningPort => ({
  createContactList: async ({ name, columns, ...asked }, context) => {
    const { description = DESCRIPTION, schemaName = name, schemaVersion = FIRST_VERSION } = asked
    const fields = columns.map(fieldOfColumn)
    const schema = { name: schemaName, version: schemaVersion, fields }
    const made = await deps.call(
      {
        operation: 'create-contact-list',
        method: 'POST',
        path: '/api/v2/outbound/lists',
        body: Buffer.from(JSON.stringify({ name, description, schema, status: 'READY' })),
        schema: wireListSchema,
        right: 'outbound:list:write',
      },
      once(context),
    )
    await deps.newLists.add(made.id)
    return contactListOf(made)
  },
  findByName: async (name, context) => {
    const about = { right: 'outbound:contactlist:read', pageSize: 100, name }
    const lists = await listAllContactLists(deps.call, context, about)
    const found = lists.filter((list) => list.name === name)
    // A list that the gateway looks for by name was probably made a moment ago.
    for (const { id } of found) await deps.newLists.add(id)
    return found
  },
  addColumns: async (listId, columns, context) => {
    const list = await deps.call(readListCall(listId, deps.newLists), context)
    const known = new Set(list.schema.fields.map(({ name }) => name))
    const missing = columns.filter(({ name }) => !known.has(name))
    // If an earlier try with an unknown outcome took effect, nothing is left to do.
    if (missing.length === 0) return contactListOf(list)
    const fields = [...list.schema.fields, ...missing.map(fieldOfColumn)]
    const schema = { ...list.schema, version: raised(list.schema.version), fields }
    return contactListOf(
      await deps.call(
        {
          operation: 'extend-contact-list',
          method: 'PUT',
          path: `/api/v2/outbound/lists/${pathSegment(listId)}`,
          body: Buffer.from(JSON.stringify({ ...list, schema })),
          schema: wireListSchema,
          right: 'outbound:list:write',
        },
        once(context),
      ),
    )
  },
  clearContactList: null,
})

const subscriptionSchema = z.looseObject({ id: z.string().min(1).max(200) })

/**
 * Subscribes to events of Genesys, in one try. No call lists subscriptions, so nobody could find a
 * duplicate later.
 */
export const createGuideSubscriptions = (deps: { call: Caller }): EventSubscriptionPort => ({
  subscribe: async ({ name, eventType, url }, context) => {
    const { id } = await deps.call(
      {
        operation: 'subscribe-event',
        method: 'POST',
        path: '/api/v2/platform/webhooks',
        body: Buffer.from(
          JSON.stringify({
            name,
            description: DESCRIPTION,
            enabled: true,
            eventDefinition: { eventType },
            httpTarget: {
              url,
              httpMethod: 'POST',
              contentType: 'application/json',
              authentication: { authenticationType: 'NONE' },
            },
          }),
        ),
        schema: subscriptionSchema,
        right: 'webhooks:write',
      },
      once(context),
    )
    return { id }
  },
})
