import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'

import type sdk from 'purecloud-platform-client-v2'
import type { Models } from 'purecloud-platform-client-v2'

import { createGenesysClient, type GenesysClient } from '../../../src/genesys/calls/client.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import type { LoggedRequest } from '../../../src/sandbox/server/request-log.ts'
import {
  contextOf,
  createMemoryNewLists,
  createMemoryPace,
  createTeller,
} from '../../genesys/harness.ts'
import { CLIENT, platformContact } from '../caller.ts'
import { codeOf, openWithSdk } from '../sdk.ts'

const LIST_ID = 'demo-contacts'
const REQUEST_ID = '0198c0de-0000-7000-8000-000000000001'
const CONVERSATION = {
  kind: 'conversation',
  conversationId: 'demo-conversation',
  communicationId: 'demo-communication',
} as const
const COLUMNS = ['customerId', 'phoneNumber', 'email']
const context = contextOf({ retryForMs: 0 })

const named = (name: string) => ({
  name,
  columnNames: COLUMNS,
  phoneColumns: [{ columnName: 'phoneNumber', type: 'cell' }],
  emailColumns: [{ columnName: 'email', type: 'personal' }],
})

const QUEUE = { priority: true, clearSystemData: false, doNotQueue: false }
const ONE_CONTACT = {
  listId: LIST_ID,
  requestId: REQUEST_ID,
  columns: COLUMNS.map((name) => ({ name, kind: 'text' as const, required: false })),
  contactIds: ['a'],
  cells: ['a', '+14155550100', ''],
  queue: QUEUE,
}
const addOne = (outbound: sdk.OutboundApi) =>
  outbound.postOutboundContactlistContacts(LIST_ID, [platformContact('a', { email: '' })], QUEUE)

type Operation = {
  name: string
  sdk: (outbound: sdk.OutboundApi, conversations: sdk.ConversationsApi) => Promise<unknown>
  ours: (client: GenesysClient) => Promise<unknown>
}

/**
 * The same operation by the official SDK and by the gateway's client. Every call of the platform
 * dialect has its row.
 */
const OPERATIONS: Operation[] = [
  {
    name: 'read a list',
    sdk: (outbound) => outbound.getOutboundContactlist(LIST_ID, { includeSize: true }),
    ours: ({ contactLists }) => contactLists.readContactList(LIST_ID, context),
  },
  {
    name: 'list the lists',
    sdk: (outbound) => outbound.getOutboundContactlists({ pageSize: 100, pageNumber: 1 }),
    ours: ({ contactLists }) => contactLists.listContactLists(context),
  },
  {
    name: 'find a list by name',
    sdk: (outbound) =>
      outbound.getOutboundContactlists({
        pageSize: 100,
        pageNumber: 1,
        name: 'Demo contacts',
        allowEmptyResult: true,
      }),
    ours: ({ provisioning }) => provisioning.findByName('Demo contacts', context),
  },
  {
    name: 'add contacts',
    sdk: addOne,
    ours: ({ contactLists }) => contactLists.sendBatch(ONE_CONTACT, context),
  },
  {
    name: 'erase a contact, and look whether it is gone',
    sdk: async (outbound) => {
      await addOne(outbound)
      await outbound.deleteOutboundContactlistContact(LIST_ID, 'a')
      assert.equal(
        await codeOf(outbound.getOutboundContactlistContact(LIST_ID, 'a')),
        '404 contact.not.found',
      )
    },
    ours: async ({ contactLists, contactErasures }) => {
      await contactLists.sendBatch(ONE_CONTACT, context)
      const contact = { contactListId: LIST_ID, contactId: 'a' }
      assert.equal(await contactErasures!.erase(contact, context), 'deleted')
    },
  },
  {
    name: 'create a list',
    sdk: (outbound) => outbound.postOutboundContactlists(named('By the SDK')),
    ours: ({ provisioning }) =>
      provisioning.createContactList(
        {
          name: 'By the gateway',
          contactIdColumn: 'customerId',
          columns: [
            { name: 'customerId', kind: 'text', required: true },
            { name: 'phoneNumber', kind: 'phone', required: false },
            { name: 'email', kind: 'email', required: false },
          ],
        },
        context,
      ),
  },
  {
    name: 'create a list with every setting',
    sdk: (outbound) =>
      outbound.postOutboundContactlists({
        ...named('By the SDK'),
        phoneColumns: [
          { columnName: 'phoneNumber', type: 'cell', callableTimeColumnName: 'customerId' },
        ],
        whatsAppColumns: [],
        division: { id: 'sandbox-home-division' },
        retentionType: 'Days',
        retentionDays: 9,
        dateExpiration: '2027-01-01T00:00:00Z',
        timeZone: 'Europe/Berlin',
      }),
    ours: ({ provisioning }) =>
      provisioning.createContactList(
        {
          name: 'By the gateway',
          contactIdColumn: 'customerId',
          columns: [
            { name: 'customerId', kind: 'text', required: true },
            { name: 'phoneNumber', kind: 'phone', required: false, whatsApp: true },
            { name: 'email', kind: 'email', required: false, contactableTimeColumn: 'customerId' },
          ],
          divisionId: 'sandbox-home-division',
          retentionType: 'Days',
          retentionDays: 9,
          dateExpiration: '2027-01-01T00:00:00Z',
          timeZone: 'Europe/Berlin',
        },
        context,
      ),
  },
  {
    name: 'clear a list',
    sdk: (outbound) => outbound.postOutboundContactlistClear(LIST_ID),
    ours: ({ provisioning }) => provisioning.clearContactList!(LIST_ID, context),
  },
  {
    name: 'ask for an upload URL',
    sdk: (outbound) =>
      outbound.postOutboundContactlistsUploads({
        contentType: 'text/csv',
        id: LIST_ID,
        contactIdName: 'customerId',
        clearSystemData: true,
        signedUrlTimeoutSeconds: 600,
      }),
    ours: ({ contactFiles }) =>
      contactFiles.startImport!(
        {
          listId: LIST_ID,
          requestId: REQUEST_ID,
          fileName: 'part-1.csv',
          csv: Buffer.from('customerId\na\n'),
          rows: 1,
          contactIdColumn: 'customerId',
          clearSystemData: true,
        },
        context,
      ),
  },
  {
    name: 'read the import status',
    sdk: (outbound) => outbound.getOutboundContactlistImportstatus(LIST_ID),
    ours: ({ contactFiles }) => contactFiles.readImport!(LIST_ID, context),
  },
  {
    name: 'read import events',
    sdk: async (outbound) => {
      for (const category of ['IMPORT_ERROR', 'CONTACT', 'ENTITY_LIMIT']) {
        const sorting = { sortBy: 'timestamp', sortOrder: 'descending' }
        await outbound.getOutboundEvents({ category, ...sorting, pageSize: 100, pageNumber: 1 })
      }
    },
    ours: ({ contactFiles }) => contactFiles.readImportEvents!(LIST_ID, new Date(0), context),
  },
  {
    name: 'make media of a message, ask for them, send them, and look for the message',
    sdk: async (_outbound, conversations) => {
      const { conversationId, communicationId } = CONVERSATION
      const { id, uploadUrl, uploadHeaders } =
        await conversations.postConversationsMessageCommunicationMessagesMediaUploads(
          ...[conversationId, communicationId],
          { fileName: 'notes.txt', contentLengthBytes: 5 },
        )
      await fetch(uploadUrl!, { method: 'PUT', headers: uploadHeaders!, body: 'hello' })
      await conversations.getConversationsMessageCommunicationMessagesMediaMediaId(
        ...[conversationId, communicationId],
        id!,
      )
      // The types demand textBody, but the platform accepts only one body field in a message.
      const message = { mediaIds: [id] } as unknown as Models.AdditionalMessage
      await conversations.postConversationsMessageCommunicationMessages(
        ...[conversationId, communicationId],
        message,
      )
      await conversations.getConversationsMessage(conversationId)
    },
    ours: async ({ guestFiles }) => {
      const target = CONVERSATION
      const named = { target, fileName: 'notes.txt', contentType: 'text/plain', sizeBytes: 5 }
      const { fileId, place } = await guestFiles.register(named, context)
      const pieces = Readable.from([Buffer.from('hello')])
      await guestFiles.put(place, { sizeBytes: 5, pieces }, context)
      assert.equal(await guestFiles.judge!({ target, fileId }, context), 'valid')
      await guestFiles.confirm({ target, fileId }, context)
      assert.equal((await guestFiles.read({ target, fileId }, context)).status, 'completed')
    },
  },
]

/** The ids of media are new each time. */
const withoutMediaId = (path: string): string => path.replace(/(?<=\/media\/)[0-9a-f-]{36}$/u, '…')

/** The SDK declares JSON even on calls without a body, where that means nothing. */
const comparable = ({ method, path, query, contentType, bodyKeys }: LoggedRequest) => ({
  method,
  path: withoutMediaId(path),
  query: Object.fromEntries(Object.entries(query).toSorted(([a], [b]) => (a < b ? -1 : 1))),
  bodyKeys: bodyKeys?.toSorted() ?? null,
  contentType: bodyKeys === null ? null : contentType,
})

for (const operation of OPERATIONS) {
  test(`${operation.name}: our client asks for it exactly as the official SDK does`, async (t) => {
    const { outbound, conversations, sandbox } = await openWithSdk(t)
    const client = createGenesysClient({
      ...CLIENT,
      dialect: 'platform',
      apiUrl: sandbox.url,
      loginUrl: sandbox.url,
      requestsPerMinute: 60_000,
      batchRows: null,
      pace: createMemoryPace(systemClock),
      newLists: createMemoryNewLists(),
      clock: systemClock,
      random: () => 0.01,
      emit: createTeller().emit,
    })
    t.after(() => client.close())
    const sentBy = async (call: () => Promise<unknown>) => {
      sandbox.reset()
      await call()
      const sent = sandbox.requests().filter(({ path }) => path.startsWith('/api/'))
      return sent.map(comparable)
    }
    const reference = await sentBy(() => operation.sdk(outbound, conversations))
    assert.ok(reference.length > 0)
    assert.deepEqual(await sentBy(() => operation.ours(client)), reference)
  })
}
