import { z } from 'zod'

import type { NewContactListPlan } from '../../domain/contact-lists/new-contact-list.ts'
import type { NewLists } from '../../workflows/ports/contact-lists/new-lists.ts'
import type { ProvisioningPort } from '../../workflows/ports/contact-lists/provisioning.ts'
import type { CallContext } from '../../workflows/ports/genesys/genesys.ts'
import { listAllContactLists } from '../calls/list-pages.ts'
import { pathSegment } from '../calls/path-segment.ts'
import type { Caller } from '../calls/retry.ts'
import { contactListOf, wireListSchema } from './list-wire.ts'

const once = (context: CallContext): CallContext => ({ ...context, retryForMs: 0 })

type Column = NewContactListPlan['columns'][number]

const isWhatsApp = ({ whatsApp }: Column): boolean => whatsApp === true

/** The `type` of a phone or address is only a label in Genesys (SDK 262). */
const columnsOf = ({ columns }: NewContactListPlan) => {
  const messages = columns.filter(isWhatsApp).map((column) => addressOf(column, 'whatsapp'))
  return {
    columnNames: columns.map(({ name }) => name),
    phoneColumns: columns
      .filter((column) => column.kind === 'phone' && !isWhatsApp(column))
      .map(({ name, callableTimeColumn }) => ({
        columnName: name,
        type: 'cell',
        callableTimeColumnName: callableTimeColumn,
      })),
    emailColumns: columns
      .filter(({ kind }) => kind === 'email')
      .map((column) => addressOf(column, 'personal')),
    ...(messages.length > 0 ? { whatsAppColumns: messages } : {}),
  }
}

const addressOf = ({ name, contactableTimeColumn }: Column, type: string) => ({
  columnName: name,
  type,
  contactableTimeColumnName: contactableTimeColumn,
})

const refOf = (id: string | undefined): { id: string } | undefined =>
  id === undefined ? undefined : { id }

/** A member that is undefined is not sent, so Genesys uses its default. */
const settingsOf = (plan: NewContactListPlan) => ({
  division: refOf(plan.divisionId),
  attemptLimits: refOf(plan.attemptLimitsId),
  automaticTimeZoneMapping: plan.automaticTimeZoneMapping,
  zipCodeColumnName: plan.zipCodeColumn,
  retentionType: plan.retentionType,
  retentionDays: plan.retentionDays,
  dateExpiration: plan.dateExpiration,
  timeZone: plan.timeZone,
})

/**
 * Makes, finds and clears contact lists in the platform dialect. The columns of a list cannot be
 * changed later. A date is a text column.
 */
export const createPlatformProvisioning = (deps: {
  call: Caller
  newLists: NewLists
}): ProvisioningPort => ({
  createContactList: async (list, context) => {
    const made = await deps.call(
      {
        operation: 'create-contact-list',
        method: 'POST',
        path: '/api/v2/outbound/contactlists',
        body: Buffer.from(
          JSON.stringify({ name: list.name, ...columnsOf(list), ...settingsOf(list) }),
        ),
        schema: wireListSchema,
        right: 'outbound:contactList:add',
      },
      once(context),
    )
    await deps.newLists.add(made.id)
    return contactListOf(made)
  },
  findByName: async (name, context) => {
    const about = { right: 'outbound:contactList:view', pageSize: 100, name, allowsEmpty: true }
    const lists = await listAllContactLists(deps.call, context, about)
    const found = lists.filter((list) => list.name === name)
    // A list that the gateway looks for by name was probably made a moment ago.
    for (const { id } of found) await deps.newLists.add(id)
    return found
  },
  addColumns: null,
  clearContactList: async (listId, context) => {
    await deps.call(
      {
        operation: 'clear-contact-list',
        method: 'POST',
        path: `/api/v2/outbound/contactlists/${pathSegment(listId)}/clear`,
        // The answer (204, or the list) holds nothing that is needed.
        schema: z.unknown(),
        right: 'outbound:contact:delete',
      },
      once(context),
    )
  },
})
