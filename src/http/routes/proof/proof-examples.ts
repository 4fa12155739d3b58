import type { z } from 'zod'

import {
  CERTIFICATE_FORMAT,
  type SignedCertificate,
} from '../../../domain/proof/scrub-certificate.ts'
import type { Example } from '../../document/example.ts'
import type { evidenceSchema } from './proof-schemas.ts'

const uploadId = 'upl_0198c0de73a47e5b9c1df20a4e6b8d01'
const SUBMISSION_LIST = '1c9f3c0f0f6a9f4c1b7d5e2a8c3b6d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8'

const CERTIFICATE: SignedCertificate = {
  format: CERTIFICATE_FORMAT,
  algorithm: 'Ed25519',
  keyId: 'kept-1',
  issuedAt: '2026-03-02T08:01:00.000Z',
  tenantId: 'default',
  upload: {
    id: uploadId,
    parentId: null,
    contactListId: 'demo-contacts',
    state: 'completed',
    fileSha256: '92f0b321ca87016503b7f8917fb72cb86a0a54d70f13f3b6ec1c171464842504',
    fileBytes: 156,
  },
  check: {
    startedAt: '2026-03-02T08:00:00.000Z',
    endedAt: '2026-03-02T08:00:00.120Z',
    lastTriedAt: '2026-03-02T08:00:00.300Z',
  },
  ruleTable: { version: '2026-11-28' },
  lists: [
    {
      dncListId: 'demo-dnc',
      own: true,
      submissions: 2,
      entries: 14,
      removed: 1,
      digest: SUBMISSION_LIST,
      asOf: '2026-03-02T07:30:00.000Z',
      ageSeconds: 1_800,
    },
  ],
  registries: [
    {
      registry: 'ftc',
      country: 'US',
      editionId: 'rge_0198c0de73a47e5b9c1df20a4e6b8d02',
      lookedUp: 'intake',
      change: 'full',
      baseId: null,
      digest: '6d4f3c0f0f6a9f4c1b7d5e2a8c3b6d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8',
      numbers: 258_500_000,
      subscription: 'SAN 12345',
      asOf: '2026-02-27T00:00:00.000Z',
      inForceAt: '2026-02-27T06:00:00.000Z',
      maxAgeDays: 31,
      ageSeconds: 288_000,
    },
  ],
  countries: ['US'],
  counts: {
    ...{ read: 3, accepted: 1, rejected: 0, duplicates: 0, suppressed: 2, blank: 0 },
    ...{ delivered: 1, unchanged: 0, failed: 0, unprocessed: 0 },
  },
  codes: { 'suppressed-dnc': 1, 'suppressed-registry': 1 },
  codesComplete: true,
  audit: {
    block: 12,
    hash: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  },
  signature:
    'c2lnbmF0dXJlIG9mIDY0IGJ5dGVzLCBpbiBiYXNlIDY0LCB3aGljaCBhIHJlYWRlciBjYW5ub3QgbWFrZSB1cA==',
}

export const CERTIFICATE_EXAMPLES: readonly Example[] = [
  {
    name: 'delivered',
    summary:
      'One row that was sent, one that an entry suppressed, and one that a registry suppressed',
    params: { uploadId },
    answer: { status: 200, body: CERTIFICATE },
  },
]

const submissionId = 'dns_0198c0de73a47e5b9c1df20a4e6b8d03'

export const EVIDENCE_EXAMPLES: readonly Example[] = [
  {
    name: 'phone',
    summary: 'An opt-out, and a later file that contains the person',
    body: {
      phoneNumber: '+14155557871',
      from: '2026-03-01T00:00:00Z',
      to: '2026-04-01T00:00:00+02:00',
    },
    answer: {
      status: 200,
      body: {
        by: 'phoneNumber',
        subjectDigest: '6b1f8f0a4c5d2e7b9a3d4d2e8f0a6b1c',
        from: '2026-03-01T00:00:00.000Z',
        to: '2026-03-31T22:00:00.000Z',
        items: [
          {
            at: '2026-03-02T07:30:00.000Z',
            code: 'entry-accepted',
            id: submissionId,
            auditEntryId: 'aud_0198c0de73a47e5b9c1df20a4e6b8d04',
            about: {
              dncListId: 'demo-dnc',
              contactListIds: null,
              reason: 'CUSTOMER_REQUEST',
              originalReason: null,
              source: 'web form',
              receivedAt: null,
              expiresAt: null,
              quarantined: false,
            },
          },
          {
            at: '2026-03-02T08:00:00.120Z',
            code: 'row-suppressed',
            id: uploadId,
            auditEntryId: 'aud_0198c0de73a47e5b9c1df20a4e6b8d05',
            about: {
              contactListId: 'demo-contacts',
              line: 2,
              contactId: 'C-1001',
              code: 'suppressed-dnc',
              suppressedBy: {
                dncListId: 'demo-dnc',
                submissionId,
                reason: 'CUSTOMER_REQUEST',
                registry: null,
                editionId: null,
              },
            },
          },
        ],
        uploadsWithoutRows: 0,
        next: null,
      } satisfies z.output<typeof evidenceSchema>,
    },
  },
]
