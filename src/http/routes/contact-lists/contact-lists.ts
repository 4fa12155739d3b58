import type { z } from 'zod'

import type { ContactListSummary } from '../../../domain/contact-lists/contact-list.ts'
import type { Refuse } from '../../../domain/problems/refusing.ts'
import { grantedLists } from '../../../workflows/contact-lists/granted-lists.ts'
import {
  GENESYS_REFUSALS,
  PROVISION_REFUSALS,
  READ_LIST_REFUSALS,
} from '../../../workflows/contact-lists/refusals.ts'
import { KEYED } from '../../document/route-codes.ts'
import { cursorUnreadable } from '../../server/cursor.ts'
import { idempotencyKeyOf, sendKept } from '../../server/keyed-call.ts'
import type { AddRoute } from '../../server/route.ts'
import {
  contactListParamsSchema,
  contactListSchema,
  contactListSummarySchema,
  pageOf,
} from '../../server/schemas.ts'
import { LISTS_EXAMPLES, LIST_EXAMPLES, PROVISION_EXAMPLES } from './contact-list-examples.ts'
import {
  contactListsQuerySchema,
  newContactListSchema,
  provisionedListSchema,
} from './contact-list-schemas.ts'
import { renderContactList } from './contact-list-view.ts'
import { checkListGranted, hideUnknownList } from './list-access.ts'

const access = { scope: 'lists' } as const
const LISTS = '/v1/contact-lists'

/**
 * A page of lists in the order of their ids. The next page begins after the last id, so lists that
 * are made or deleted in between do not shift the pages.
 */
const pageOfLists = (
  refuse: Refuse<'parameter-invalid'>,
  lists: readonly ContactListSummary[],
  { limit, cursor }: z.output<typeof contactListsQuerySchema>,
) => {
  const after = cursor === undefined ? '' : Buffer.from(cursor, 'base64url').toString('utf8')
  if (cursor !== undefined && Buffer.from(after).toString('base64url') !== cursor) {
    throw cursorUnreadable(refuse)
  }
  const rest = lists
    .filter(({ id }) => id > after)
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id, name }) => ({ id, name }))
  const items = rest.slice(0, limit)
  const last = rest.length > limit ? items.at(-1) : undefined
  return { items, next: last ? Buffer.from(last.id).toString('base64url') : null }
}

const registerProvisioning = (add: AddRoute): void => {
  add({
    method: 'POST',
    url: LISTS,
    access,
    id: 'createContactList',
    tag: 'contact-lists',
    summary:
      'Make a contact list in Genesys. The gateway answers when the list accepts contacts or has an error, and after 30 s at the latest. `status` shows the state of the list',
    headers: { 'Idempotency-Key': 'required' },
    body: newContactListSchema,
    answers: {
      201: {
        about: 'The list. Location is the address of the list',
        schema: provisionedListSchema,
        headers: ['Location', 'Idempotency-Replayed'],
      },
    },
    problems: [...KEYED, ...PROVISION_REFUSALS],
    examples: PROVISION_EXAMPLES,
    handler: async ({ headers, body, caller }, reply, { provisionContactList, refuse }) => {
      const answer = await provisionContactList({
        caller: caller!,
        plan: body,
        idempotencyKey: idempotencyKeyOf(refuse, headers, 'when you make a contact list'),
        method: 'POST',
        path: LISTS,
      })
      return sendKept(reply, answer)
    },
  })
}

const registerReads = (add: AddRoute): void => {
  add({
    method: 'GET',
    url: LISTS,
    access,
    id: 'listContactLists',
    tag: 'contact-lists',
    summary: 'List the contact lists that the tenant may use',
    query: contactListsQuerySchema,
    answers: {
      200: { about: 'A page of contact lists', schema: pageOf(contactListSummarySchema) },
    },
    problems: GENESYS_REFUSALS,
    examples: LISTS_EXAMPLES,
    handler: async (request, _reply, deps) => {
      const caller = request.caller!
      const lists = await deps.listContactLists(caller)
      const granted = await grantedLists(deps.access, caller, lists)
      return pageOfLists(deps.refuse, granted, request.query)
    },
  })

  add({
    method: 'GET',
    url: `${LISTS}/:contactListId`,
    access,
    id: 'getContactList',
    tag: 'contact-lists',
    summary: 'Read a contact list: its columns and its state in Genesys',
    params: contactListParamsSchema,
    answers: { 200: { about: 'The contact list', schema: contactListSchema } },
    problems: READ_LIST_REFUSALS,
    examples: LIST_EXAMPLES,
    handler: async (request, _reply, deps) => {
      const caller = request.caller!
      const { contactListId } = request.params
      await checkListGranted(deps, caller, contactListId)
      const read = deps.readContactList(caller, contactListId)
      const { list, ageMs } = await hideUnknownList(deps.refuse, read)
      return renderContactList(list, ageMs)
    },
  })
}

/** /v1/contact-lists: the lists in Genesys that the tenant is granted. */
export const registerContactLists = (add: AddRoute): void => {
  registerProvisioning(add)
  registerReads(add)
}
