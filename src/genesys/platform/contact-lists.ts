import { z } from 'zod'

import type { DialectLimits } from '../../domain/contact-lists/contact-list.ts'
import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import type { NewLists } from '../../workflows/ports/contact-lists/new-lists.ts'
import type { BatchToSend, ContactListPort } from '../../workflows/ports/genesys/genesys.ts'
import { batchBody, jsonString } from '../calls/batch-body.ts'
import { listAllContactLists } from '../calls/list-pages.ts'
import { pathSegment } from '../calls/path-segment.ts'
import type { Caller } from '../calls/retry.ts'
import { contactListOf, readListCall } from './list-wire.ts'

/** Genesys accepts 1,000 contacts in a request (Swagger of 2018). */
const MAX_ROWS = 1_000
/**
 * Genesys publishes no limit for this call. The gateway uses half the limit of Genesys' other
 * calls. After a 413, the gateway halves the batch.
 */
const MAX_BYTES = 5_000_000
/**
 * The answer repeats every contact with Genesys' own fields: up to 1,000 contacts with 50 cells of
 * 512 characters.
 */
const MAX_ANSWER_BYTES = 67_108_864

/** The most contacts of a list (Genesys' help, "Contact lists"). */
const MAX_CONTACTS = 1_000_000

const contactsSchema = z.array(z.looseObject({ id: z.string() }))

const bodyOf = (batch: BatchToSend): Buffer => {
  const listId = jsonString(batch.listId)
  return batchBody(batch, {
    open: (id) => `{"id":${id},"contactListId":${listId},"data":{`,
    joined: false,
    close: '}}',
    empty: () => '""',
    skip: null,
  })
}

/**
 * Every request sets these options. With Genesys' own defaults, people who were already called
 * would be called again.
 */
const queueQuery = ({ queue }: BatchToSend): string => {
  const { priority = false, doNotQueue = true, clearSystemData = false } = queue ?? {}
  return new URLSearchParams({
    priority: String(priority),
    clearSystemData: String(clearSystemData),
    doNotQueue: String(doNotQueue),
  }).toString()
}

const OPERATION = 'send-batch'

/** The request for a batch, and what its answer must contain. */
const composed = (batch: BatchToSend) => {
  const body = batch.body ?? bodyOf(batch)
  if (body.length > MAX_BYTES) throw new GenesysFailure('too_large', OPERATION)
  return {
    headers: { 'x-request-id': batch.requestId },
    body,
    // If a contact is missing in the answer, the outcome is unknown, and the gateway sends the
    // batch again.
    schema: contactsSchema.refine((contacts) => {
      const ids = new Set(contacts.map(({ id }) => id))
      return batch.contactIds.every((id) => ids.has(id))
    }),
  }
}

const addContacts = (given: BatchToSend | (() => BatchToSend), newLists: NewLists) => {
  const batch = typeof given === 'function' ? given() : given
  return {
    operation: OPERATION,
    method: 'POST' as const,
    path: `/api/v2/outbound/contactlists/${pathSegment(batch.listId)}/contacts?${queueQuery(batch)}`,
    schema: contactsSchema,
    ...(typeof given === 'function' ? { compose: () => composed(given()) } : composed(given)),
    right: 'outbound:contact:add',
    rows: true,
    notYet: () => newLists.has(batch.listId),
    maxAnswerBytes: MAX_ANSWER_BYTES,
  }
}

/**
 * Contact lists in the platform dialect. The gateway sets the `id` of each contact. If the gateway
 * sends a contact again, Genesys therefore updates the same contact.
 */
export const createPlatformContactLists = (deps: {
  call: Caller
  newLists: NewLists
  /** The most rows of a batch. 1,000 if this is null or more than that. */
  batchRows: number | null
}): ContactListPort => {
  const limits: DialectLimits = {
    batchRows: Math.min(deps.batchRows ?? MAX_ROWS, MAX_ROWS),
    batchBytes: MAX_BYTES,
    columns: 50,
    headerChars: 128,
    cellChars: 512,
    listContacts: MAX_CONTACTS,
  }
  return {
    dialect: 'platform',
    limits,
    listContactLists: (context) =>
      listAllContactLists(deps.call, context, {
        right: 'outbound:contactList:view',
        pageSize: 100,
      }),
    readContactList: async (listId, context) =>
      contactListOf(await deps.call(readListCall(listId, deps.newLists), context)),
    serialise: bodyOf,
    sendBatch: async (batch, context) => {
      await deps.call(addContacts(batch, deps.newLists), context)
      return { kind: 'ingested' }
    },
    readJob: () => {
      throw new Error('the platform dialect has no jobs: the answer completes the batch')
    },
  }
}
