import type { z } from 'zod'

import type { Example } from '../../document/example.ts'
import type { ledgerEntrySchema, submissionSchema } from './dnc-schemas.ts'

const dncListId = 'demo-dnc'
const submissionId = 'dns_0198c0de73a47e5b9c1df20a4e6b8d01'
const key = { 'idempotency-key': '8f6a1c7e-3b55-4f0e-9d0b-6a2f4c1d7e90' }

const ENTRIES = [
  { phoneNumber: '+14155552691', reason: 'CUSTOMER_REQUEST', source: 'web form' },
  { email: 'ines@example.com', expiresAt: '2032-01-01T00:00:00Z' },
  { phoneNumber: '(415) 555-2671' },
]
const FILE = [
  'phoneNumber,reason,expiresAt',
  '+14155552691,CUSTOMER_REQUEST,',
  '+442079460018,REGULATORY,2032-01-01T00:00:00+01:00',
  '',
].join('\r\n')

const SUBMISSION: z.output<typeof submissionSchema> = {
  id: submissionId,
  dncListId,
  kind: 'add',
  state: 'applying',
  hold: null,
  version: 1,
  counts: {
    ...{ read: 3, accepted: 2, rejected: 1, quarantined: 0, duplicates: 0, blank: 0 },
    ...{ created: 0, existing: 0, updated: 0, removed: 0, notFound: 0, failed: 0, pending: 2 },
  },
  rejections: { 'phone-region-missing': 1 },
  notes: [],
  source: {
    fileName: null,
    format: 'json',
    bytes: 196,
    sha256: '6f1c0f1d3a57c2b9b6a1f8c2f4a3d5e6978899aabbccddeeff00112233445566',
  },
  createdAt: '2026-11-28T08:00:00.000Z',
  updatedAt: '2026-11-28T08:00:00.000Z',
  appliedAt: null,
  problem: null,
}

const OF_FILE: z.output<typeof submissionSchema> = {
  ...SUBMISSION,
  counts: { ...SUBMISSION.counts, read: 2, rejected: 0 },
  rejections: {},
  source: { ...SUBMISSION.source, format: 'csv', bytes: 114 },
}

const REASON =
  'The number has no country code, and the do-not-call entry names no country. The gateway does not guess the country, because a wrong guess could suppress the wrong person. Write the number with + and its country code. Or name the country, either in the entry (field: region) or for all entries (option: region).'

const ENTRY: z.output<typeof ledgerEntrySchema> = {
  line: 3,
  outcome: 'rejected',
  code: 'phone-region-missing',
  column: 'phoneNumber',
  reason: `phoneNumber: ${REASON}`,
  faults: [
    { code: 'phone-region-missing', column: 'phoneNumber', reason: `phoneNumber: ${REASON}` },
  ],
  entry: null,
  cells: { phoneNumber: '(415) 555-2671' },
}

export const SUBMIT_EXAMPLES: readonly Example[] = [
  {
    name: 'json',
    summary: 'Three entries, one of them without a region',
    params: { dncListId },
    headers: key,
    body: { entries: ENTRIES },
    answer: { status: 202, body: SUBMISSION },
  },
  {
    name: 'csv',
    summary: 'A file, with options that apply to every entry',
    params: { dncListId },
    query: { source: 'crm-export' },
    headers: { 'idempotency-key': '0c2b7c1e-94a4-4a51-8a5c-64f6a3e5d2b1' },
    body: FILE,
    bodyType: 'text/csv',
    answer: { status: 202, body: OF_FILE },
  },
]

export const REMOVE_EXAMPLES: readonly Example[] = [
  {
    name: 'json',
    summary: 'One person who allows calls again',
    params: { dncListId },
    headers: { 'idempotency-key': '3f0f7a4e-52c1-4a0b-9a57-0c9d1b2e4f60' },
    body: {
      entries: [{ phoneNumber: '+14155552691', reason: 'Asked by mail to be called again' }],
    },
    answer: {
      status: 202,
      body: {
        ...SUBMISSION,
        kind: 'remove',
        counts: { ...SUBMISSION.counts, read: 1, accepted: 1, rejected: 0, pending: 1 },
        rejections: {},
        source: { ...SUBMISSION.source, bytes: 94 },
      },
    },
  },
]

export const PULL_EXAMPLES: readonly Example[] = [
  {
    name: 'pull',
    summary: 'Import the people who were added inside Genesys',
    params: { dncListId },
    headers: { 'idempotency-key': '9b1f3a52-6a0e-4f7c-8a43-2f5f0e6f7b11' },
    answer: {
      status: 202,
      body: {
        ...SUBMISSION,
        kind: 'pull',
        counts: { ...SUBMISSION.counts, read: 0, accepted: 0, rejected: 0, pending: 0 },
        rejections: {},
        source: { ...SUBMISSION.source, fileName: null, bytes: 0, sha256: '' },
      },
    },
  },
]

export const LIST_EXAMPLES: readonly Example[] = [
  {
    name: 'ofList',
    summary: 'Submissions that are not applied yet, for one do-not-call list',
    query: { dncListId, state: 'applying,held' },
    answer: { status: 200, body: { items: [SUBMISSION], next: null } },
  },
]

export const FIND_EXAMPLES: readonly Example[] = [
  {
    name: 'found',
    summary: 'A submission and its counts',
    params: { submissionId },
    answer: { status: 200, body: SUBMISSION },
  },
]

export const ENTRIES_EXAMPLES: readonly Example[] = [
  {
    name: 'rejected',
    summary: 'The entries that were rejected, and why',
    params: { submissionId },
    query: { outcome: 'rejected' },
    answer: { status: 200, body: { items: [ENTRY], next: null } },
  },
  {
    name: 'csv',
    summary: 'All entries of the submission as CSV',
    params: { submissionId },
    headers: { accept: 'text/csv' },
    answer: { status: 200, type: 'text/csv' },
  },
]

export const EXPORT_EXAMPLES: readonly Example[] = [
  {
    name: 'ndjson',
    summary: 'The entries in force, one on each line',
    params: { dncListId },
    answer: { status: 200, type: 'application/x-ndjson' },
  },
  {
    name: 'csv',
    summary: 'The entries in force as CSV',
    params: { dncListId },
    headers: { accept: 'text/csv' },
    answer: { status: 200, type: 'text/csv' },
  },
]

export const RELEASE_EXAMPLES: readonly Example[] = [
  {
    name: 'released',
    summary: 'The quarantined entries are accepted and will be sent',
    params: { submissionId },
    answer: { status: 200, body: { ...SUBMISSION, version: 2 } },
  },
]

export const RESUME_EXAMPLES: readonly Example[] = [
  {
    name: 'resumed',
    summary: 'A held submission resumes',
    params: { submissionId },
    answer: { status: 200, body: { ...SUBMISSION, version: 3 } },
  },
]

export const SEARCH_EXAMPLES: readonly Example[] = [
  {
    name: 'two',
    summary: 'One person who is suppressed, and one without entries',
    params: { dncListId },
    body: { phoneNumbers: ['+14155552691'], emails: ['nobody@example.com'] },
    answer: {
      status: 200,
      body: {
        items: [
          {
            phoneNumber: '+14155552691',
            suppressed: true,
            entries: [
              {
                reason: 'CUSTOMER_REQUEST',
                originalReason: null,
                source: 'web form',
                receivedAt: '2026-11-28T08:00:00.000Z',
                expiresAt: null,
                scope: null,
                upstream: true,
                state: 'standing',
                submissionId,
                acceptedAt: '2026-11-28T08:00:00.000Z',
                history: [{ event: 'accepted', at: '2026-11-28T08:00:00.000Z', submissionId }],
              },
            ],
          },
          { email: 'nobody@example.com', suppressed: false, entries: [] },
        ],
      },
    },
  },
]
