import type { z } from 'zod'

import type { Example } from '../../document/example.ts'
import type { auditEntriesSchema, verificationSchema } from './audit-schemas.ts'

const HASH = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'

const ENTRIES: z.output<typeof auditEntriesSchema> = {
  items: [
    {
      seq: 12,
      id: 'aud_0198c0de11d27b6f8e3a5c90d4f7a2b6',
      at: '2026-03-02T07:00:00.123456Z',
      tenant: 'default',
      actor: 'gateway',
      action: 'upload.moved',
      object: 'upl_0198c0de80f97d01b4a6e3925c7d1f08',
      requestId: 'req_0198c0df02b47c11a0e1d4b79f3c2a55',
      attempt: 1,
      latencyMs: null,
      outcome: 'ok',
      counts: {},
      details: { from: 'delivering', to: 'held', reason: 'genesys_unavailable' },
      digest: null,
      hash: HASH,
    },
  ],
  next: null,
}

const VERIFIED: z.output<typeof verificationSchema> = {
  ok: true,
  head: { block: 7, hash: HASH },
  firstBlock: 1,
  lastBlock: 7,
  blocks: 7,
  entries: 412,
  faults: [],
  waiting: { entries: 0, oldestSeconds: 0 },
  strayEntries: 0,
}

export const ENTRIES_EXAMPLES: readonly Example[] = [
  {
    name: 'moves',
    summary: 'The entries about changes of the state of uploads',
    query: { action: 'upload.moved' },
    answer: { status: 200, body: ENTRIES },
  },
  {
    name: 'ndjson',
    summary: 'All entries of a day, one on each line',
    query: { from: '2026-03-02T00:00:00Z', to: '2026-03-03T00:00:00Z' },
    headers: { accept: 'application/x-ndjson' },
    answer: { status: 200, type: 'application/x-ndjson' },
  },
]

export const CHAIN_EXAMPLES: readonly Example[] = [
  {
    name: 'chain',
    summary: 'An export for the offline verifier',
    answer: { status: 200, type: 'application/x-ndjson' },
  },
]

export const VERIFICATION_EXAMPLES: readonly Example[] = [
  {
    name: 'newest',
    summary: 'The newest thousand blocks',
    answer: { status: 200, body: VERIFIED },
  },
]
