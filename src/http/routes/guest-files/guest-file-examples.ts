import type { z } from 'zod'

import type { Example } from '../../document/example.ts'
import type { guestFileSchema } from './guest-file-schemas.ts'

const BOUNDARY = 'guest-file-example'
const FORM = [
  `--${BOUNDARY}`,
  'Content-Disposition: form-data; name="options"',
  'Content-Type: application/json',
  '',
  '{"scan":{"enabled":true}}',
  `--${BOUNDARY}`,
  'Content-Disposition: form-data; name="file"; filename="notes.txt"',
  'Content-Type: text/plain',
  '',
  'Please call back on Monday.',
  `--${BOUNDARY}--`,
  '',
].join('\r\n')

const FILE: z.output<typeof guestFileSchema> = {
  id: 'gf_01990c2f-7a4e-7c31-9d54-0a1b2c3d4e5f',
  externalContactId: 'demo-guest',
  conversationId: null,
  communicationId: null,
  mediaId: null,
  state: 'scanning',
  hold: null,
  fileName: 'notes.txt',
  contentType: 'text/plain',
  sizeBytes: 27,
  sha256: 'b52a7b0f2b34a9b3f3a4a4c3d5f3c7d6a1f0e9d8c7b6a5948372615049382716',
  md5: '5d41402abc4b2a76b9719d911017c592',
  scan: { verdict: null, engine: null, at: null },
  genesys: { fileId: null, status: null, virusScan: 'pending' },
  latencyMs: null,
  createdAt: '2026-03-02T08:00:00.000Z',
  storedAt: null,
  problem: null,
  version: 1,
}

const FORM_TYPE = `multipart/form-data; boundary=${BOUNDARY}`

export const CONTACT_EXAMPLES: readonly Example[] = [
  {
    name: 'text',
    summary: 'Send a text file for an external contact',
    params: { externalContactId: 'demo-guest' },
    headers: { 'idempotency-key': '4d2e8f0a-6b1c-4e57-9a3d-guest-file' },
    body: FORM,
    bodyType: FORM_TYPE,
    answer: { status: 202, body: FILE },
  },
]

export const CONVERSATION_EXAMPLES: readonly Example[] = [
  {
    name: 'text',
    summary: 'Send a text file into a conversation (platform dialect)',
    params: { conversationId: 'demo-conversation', communicationId: 'demo-communication' },
    headers: { 'idempotency-key': '4d2e8f0a-6b1c-4e57-9a3d-conversation' },
    body: FORM,
    bodyType: FORM_TYPE,
    answer: {
      status: 202,
      body: {
        ...FILE,
        externalContactId: null,
        conversationId: 'demo-conversation',
        communicationId: 'demo-communication',
      },
    },
  },
]

export const FIND_EXAMPLES: readonly Example[] = [
  {
    name: 'stored',
    summary: 'A file that Genesys has and found clean',
    params: { guestFileId: FILE.id },
    answer: {
      status: 200,
      body: {
        ...FILE,
        state: 'stored',
        scan: { verdict: 'clean', engine: 'clamav 1.4.6', at: '2026-03-02T08:00:00.200Z' },
        genesys: {
          fileId: '6f3a6a0e-3d0f-4f0e-9a57-2f8f2f0d9c11',
          status: 'completed',
          virusScan: 'passed',
        },
        latencyMs: 640,
        storedAt: '2026-03-02T08:00:00.640Z',
        version: 7,
      },
    },
  },
]

export const CANCEL_EXAMPLES: readonly Example[] = [
  {
    name: 'held',
    summary: 'A file that was held, because Genesys refused the credentials of the gateway',
    params: { guestFileId: FILE.id },
    answer: {
      status: 200,
      body: {
        ...FILE,
        state: 'failed',
        scan: { verdict: 'clean', engine: 'clamav 1.4.6', at: '2026-03-02T08:00:00.200Z' },
        problem: {
          code: 'guest-file-cancelled',
          detail:
            'The file was cancelled before the gateway had sent it completely. Genesys does not show the file.',
        },
        version: 5,
      },
    },
  },
]
