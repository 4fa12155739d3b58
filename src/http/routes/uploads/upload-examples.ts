import type { z } from 'zod'

import type { Example } from '../../document/example.ts'
import type { uploadSchema, validationSchema } from '../../server/schemas.ts'

type Upload = z.output<typeof uploadSchema>

const FILE = [
  'customerId,firstName,lastName,phoneNumber,email,city',
  'C-1001,Anna,Martin,+14155552671,anna@example.com,Austin',
  'C-1002,Ben,Smith,12,ben@example.com,Chicago',
  '',
].join('\r\n')

const contactListId = 'demo-contacts'
const uploadId = 'upl_0198c0de73a47e5b9c1df20a4e6b8d01'
const retryId = 'upl_0198c0df2b9d7c40a1f6b3d5e7091c24'
const planDigest = '244bd3f20ff000822c3e219a5c72ed481c9570cf8c72edd77a27fdcf5f7628e8'
const key = { 'idempotency-key': '3f0f9a9c-8f0e-4a57-9a0c-3b8b8a3f5a11' }

const COLUMNS: Upload['columns'] = [
  { name: 'customerId', kind: 'contactId', mappedTo: 'customerId', by: 'exact', confidence: 1 },
  { name: 'phoneNumber', kind: 'phone', mappedTo: 'phoneNumber', by: 'exact', confidence: 1 },
]
const COUNTS: Upload['counts'] = {
  read: 2,
  accepted: 1,
  rejected: 1,
  duplicates: 0,
  suppressed: 0,
  blank: 0,
  delivered: 0,
  unchanged: 0,
  failed: 0,
  unprocessed: 0,
}
const REJECTIONS = { 'phone-short-or-emergency': 1 }
const HINT =
  "phoneNumber: The number is a short code or an emergency number, which must never be dialled. Write the contact's own number."

const UPLOAD: Upload = {
  id: uploadId,
  parentId: null,
  children: [],
  contactListId,
  state: 'staged',
  hold: null,
  waitingFor: null,
  mode: 'append',
  duplicates: 'update',
  version: 1,
  delivery: {
    method: 'batches',
    batches: { total: 1, delivered: 0, failed: 0 },
    duplicateCheckField: null,
  },
  queue: null,
  source: {
    fileName: null,
    format: 'csv',
    encoding: 'utf-8',
    encodingFrom: 'content',
    compression: null,
    delimiter: ',',
    bytes: 156,
    sha256: '92f0b321ca87016503b7f8917fb72cb86a0a54d70f13f3b6ec1c171464842504',
  },
  columns: COLUMNS,
  counts: COUNTS,
  rejections: REJECTIONS,
  warnings: [],
  planDigest,
  plan: null,
  notBefore: null,
  createdAt: '2026-03-02T08:00:00.000Z',
  updatedAt: '2026-03-02T08:00:00.120Z',
  completedAt: null,
  progress: null,
  problem: null,
  reconciliation: null,
}
const COMPLETED: Upload = {
  ...UPLOAD,
  state: 'completed_with_errors',
  version: 5,
  delivery: { ...UPLOAD.delivery, batches: { total: 1, delivered: 1, failed: 0 } },
  counts: { ...COUNTS, delivered: 1 },
  updatedAt: '2026-03-02T08:00:03.000Z',
  completedAt: '2026-03-02T08:00:03.000Z',
  reconciliation: {
    state: 'pending',
    checkedAt: null,
    sampled: 0,
    missing: 0,
    differences: {},
    listSize: null,
    registered: null,
  },
}
const SHORT = { column: 'phoneNumber', code: 'phone-short-or-emergency' }
const VALIDATION: z.output<typeof validationSchema> = {
  valid: true,
  source: UPLOAD.source,
  counts: COUNTS,
  rejections: REJECTIONS,
  columns: COLUMNS,
  warnings: [],
  plan: { creates: 1, updates: 0, unchanged: 0, suppressed: 0, notDialledAgain: null },
  rejectedRows: [{ line: 3, ...SHORT, hint: HINT, faults: [{ ...SHORT, hint: HINT }] }],
}

export const CREATE_EXAMPLES: readonly Example[] = [
  {
    name: 'bareCsv',
    summary: 'The body is the CSV itself. The gateway rejects one of its two rows',
    params: { contactListId },
    headers: key,
    body: FILE,
    bodyType: 'text/csv',
    answer: { status: 202, body: UPLOAD },
  },
  {
    name: 'form',
    summary: 'A form: the options, then the file',
    params: { contactListId },
    headers: { 'idempotency-key': '8d4f51f2-6c0e-4f8b-bb1e-0f8a55f0a6d2' },
    body: { options: { duplicates: 'skip', apply: 'manual' }, file: FILE },
    bodyType: 'multipart/form-data',
    answer: {
      status: 202,
      body: {
        ...UPLOAD,
        state: 'held',
        hold: { reason: 'apply', since: '2026-03-02T08:00:00.120Z' },
        duplicates: 'skip',
        plan: { creates: 1, updates: 0, unchanged: 0, suppressed: 0, notDialledAgain: null },
      },
    },
  },
  {
    name: 'validateOnly',
    summary: 'Shows what would happen to the rows. Nothing is stored',
    params: { contactListId },
    query: { validateOnly: 'true' },
    body: FILE,
    bodyType: 'text/csv',
    answer: { status: 200, body: VALIDATION },
  },
]

export const LIST_EXAMPLES: readonly Example[] = [
  {
    name: 'ended',
    summary: 'The completed uploads to one list',
    query: { state: 'completed,completed_with_errors', contactListId, limit: '10' },
    answer: { status: 200, body: { items: [COMPLETED], next: null } },
  },
]

export const GET_EXAMPLES: readonly Example[] = [
  {
    name: 'completed',
    summary: 'An upload that has ended',
    params: { uploadId },
    answer: { status: 200, body: COMPLETED },
  },
]

export const ROWS_EXAMPLES: readonly Example[] = [
  {
    name: 'rejected',
    summary: 'The rows that were rejected',
    params: { uploadId },
    query: { outcome: 'rejected', limit: '100' },
    answer: {
      status: 200,
      body: {
        items: [
          {
            line: 3,
            outcome: 'rejected',
            contactId: 'C-1002',
            ...SHORT,
            reason: HINT,
            faults: [{ ...SHORT, reason: HINT }],
            replacedByLine: null,
            suppressedBy: null,
            cells: ['C-1002', 'Ben', 'Smith', '12', 'ben@example.com', 'Chicago'],
          },
        ],
        next: null,
      },
    },
  },
  {
    name: 'csv',
    summary: 'All rows as a CSV file that you can fix and send back',
    params: { uploadId },
    headers: { accept: 'text/csv' },
    answer: {
      status: 200,
      type: 'text/csv',
      body: [
        'customerId,firstName,lastName,phoneNumber,email,city,_line,_outcome,_code,_reason,_row',
        "C-1001,Anna,Martin,'+14155552671,anna@example.com,Austin,2,delivered,,,r2-5f0a6c21d3e4-ibcdefghijklmnopabcde",
        `C-1002,Ben,Smith,12,ben@example.com,Chicago,3,rejected,phone-short-or-emergency,"${HINT}",r3-5f0a6c21d3e4-ilmnopabcdefghijklmno`,
        '',
      ].join('\r\n'),
    },
  },
]

export const FOLLOW_EXAMPLES: readonly Example[] = [
  {
    name: 'ended',
    summary: 'The stream of an upload that has ended',
    params: { uploadId },
    answer: {
      status: 200,
      type: 'text/event-stream',
      body: [
        'retry: 2000',
        '',
        'id: 5',
        'event: state',
        `data: {"uploadId":"${uploadId}","state":"completed_with_errors","version":5}`,
        '',
        'id: 5',
        'event: end',
        `data: {"uploadId":"${uploadId}","state":"completed_with_errors","version":5}`,
        '',
        '',
      ].join('\n'),
    },
  },
]

/** The example of a call after which an upload has this state. */
export const moveExamples = (state: Upload['state']): readonly Example[] => [
  {
    name: 'moved',
    summary: `The upload is ${state}`,
    params: { uploadId },
    answer: { status: 200, body: { ...UPLOAD, state, version: 2 } },
  },
]

export const APPLY_EXAMPLES: readonly Example[] = [
  {
    name: 'agreed',
    summary: 'Confirms the plan that was shown',
    params: { uploadId },
    headers: { 'if-match': `"${planDigest}"` },
    answer: { status: 200, body: { ...UPLOAD, version: 2 } },
  },
]

export const RETRY_EXAMPLES: readonly Example[] = [
  {
    name: 'unprocessed',
    summary: 'Sends the rows that were unprocessed when the upload was cancelled',
    params: { uploadId },
    headers: { 'idempotency-key': '0b7a2f5e-38a9-4a0b-8f57-9be8f4d9a0c3' },
    body: { outcomes: ['unprocessed'] },
    answer: {
      status: 202,
      body: {
        ...UPLOAD,
        id: retryId,
        parentId: uploadId,
        counts: { ...COUNTS, read: 1, rejected: 0 },
        rejections: {},
      },
    },
  },
]
