import type { z } from 'zod'

import type { Example } from '../../document/example.ts'
import type { contactListSchema } from '../../server/schemas.ts'
import type { contactExplainedSchema } from './contact-explain-schemas.ts'

const contactListId = 'demo-contacts'
const uploadId = 'upl_0198c0de73a47e5b9c1df20a4e6b8d01'

const LIST: z.output<typeof contactListSchema> = {
  id: contactListId,
  name: 'Demo contacts',
  status: 'ready',
  schemaVersion: '1.0:3033bbb4d1bb105f',
  columns: [
    { name: 'customerId', kind: 'text', required: true },
    { name: 'phoneNumber', kind: 'phone', required: false },
  ],
  size: 1,
  ageSeconds: 0,
}

const EXPLAINED: z.output<typeof contactExplainedSchema> = {
  contactListId,
  contactId: 'C-1001',
  register: { uploadId, line: 2, deliveredAt: '2026-03-02T08:00:02.900Z', inDoubt: false },
  items: [
    {
      uploadId,
      uploadState: 'completed_with_errors',
      mode: 'append',
      duplicates: 'update',
      acceptedAt: '2026-03-02T08:00:00.000Z',
      completedAt: '2026-03-02T08:00:03.000Z',
      line: 2,
      outcome: 'delivered',
      code: null,
      reason: null,
      schemaVersion: LIST.schemaVersion,
      columns: [
        { name: 'customerId', kind: 'contactId', mappedTo: 'customerId' },
        { name: 'phoneNumber', kind: 'phone', mappedTo: 'phoneNumber' },
      ],
      removedAt: null,
      supersededBy: null,
      suppressedBy: null,
      requests: [
        {
          requestId: '0195e1a0-0000-7000-8000-00000000f001',
          tries: 2,
          lastTriedAt: '2026-03-02T08:00:02.100Z',
          jobId: 'job-4711',
        },
      ],
    },
  ],
  next: null,
}

export const PROVISION_EXAMPLES: readonly Example[] = [
  {
    name: 'twoColumns',
    summary: 'A list of two columns',
    headers: { 'idempotency-key': 'c6a7d1f0-1f57-4a3d-9c61-4de6c9a5b7e8' },
    body: {
      name: 'Spring campaign',
      columns: [
        { name: 'customerId', kind: 'text', required: true },
        { name: 'phoneNumber', kind: 'phone' },
      ],
      contactIdColumn: 'customerId',
    },
    answer: {
      status: 201,
      body: {
        ...LIST,
        id: '7fac1336-dad1-4e6f-9b44-362ec0e32f85',
        name: 'Spring campaign',
        size: 0,
        contactIdColumn: 'customerId',
        notes: [],
      },
    },
  },
]

export const LISTS_EXAMPLES: readonly Example[] = [
  {
    name: 'firstPage',
    summary: 'The first page',
    query: { limit: '1' },
    answer: {
      status: 200,
      body: { items: [{ id: contactListId, name: 'Demo contacts' }], next: 'ZGVtby1jb250YWN0cw' },
    },
  },
]

export const LIST_EXAMPLES: readonly Example[] = [
  {
    name: 'ready',
    summary: 'A list that accepts contacts',
    params: { contactListId },
    answer: { status: 200, body: LIST },
  },
]

const SETTINGS = {
  contactListId,
  queue: { priority: false, doNotQueue: false, clearSystemData: false },
}

export const LIST_SETTINGS_EXAMPLES: readonly Example[] = [
  {
    name: 'inForce',
    summary: 'If an upload to this list contains known contacts, Genesys dials them again',
    params: { contactListId },
    answer: { status: 200, body: SETTINGS },
  },
]

export const CHANGE_LIST_SETTINGS_EXAMPLES: readonly Example[] = [
  {
    name: 'dailyCallList',
    summary: 'A list whose people are called every day',
    params: { contactListId },
    body: { queue: { doNotQueue: false } },
    answer: { status: 200, body: SETTINGS },
  },
]

export const EXPLAIN_EXAMPLES: readonly Example[] = [
  {
    name: 'delivered',
    summary: 'A contact that Genesys holds',
    params: { contactListId, contactId: 'C-1001' },
    answer: { status: 200, body: EXPLAINED },
  },
]
