import { z } from 'zod'

import type { NewLists } from '../../workflows/ports/contact-lists/new-lists.ts'
import type { ContactReadPort } from '../../workflows/ports/uploads/reconciliation.ts'
import { pathSegment } from '../calls/path-segment.ts'
import type { Caller } from '../calls/retry.ts'

const contactsSchema = z.array(
  z.looseObject({ id: z.string(), data: z.record(z.string(), z.unknown()).nullish() }),
)

/** A cell as text. In a list with typed columns, Genesys may show numbers and booleans. */
const textOf = (value: unknown): string => {
  if (value === null || value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/**
 * Reads contacts with `POST …/contacts/bulk`, which changes nothing although it is a POST. One call
 * reads at most 50 ids (Swagger of 2018).
 */
export const createPlatformContactReads = (deps: {
  call: Caller
  newLists: NewLists
}): ContactReadPort => ({
  readContacts: async (listId, contactIds, context) => {
    const contacts = await deps.call(
      {
        operation: 'read-contacts',
        method: 'POST',
        path: `/api/v2/outbound/contactlists/${pathSegment(listId)}/contacts/bulk`,
        body: Buffer.from(JSON.stringify(contactIds)),
        schema: contactsSchema,
        right: 'outbound:contact:view',
        notYet: () => deps.newLists.has(listId),
      },
      context,
    )
    return new Map(
      contacts.map(({ id, data }) => [
        id,
        Object.fromEntries(
          Object.entries(data ?? {}).map(([name, value]) => [name, textOf(value)]),
        ),
      ]),
    )
  },
})
