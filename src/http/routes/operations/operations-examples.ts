import type { z } from 'zod'

import type { Example } from '../../document/example.ts'
import type { readinessSchema } from '../../server/schemas.ts'
import type { limitsSchema } from './limits-schema.ts'

const LIMITS: z.output<typeof limitsSchema> = {
  dialect: 'guide',
  upload: {
    maxBytes: 2_147_483_648,
    maxRows: 10_000_000,
    maxRecordBytes: 1_048_576,
    fileThresholdRows: 50_000,
  },
  contactList: { maxColumns: null, maxHeaderCharacters: null, maxCellCharacters: null },
  batch: { maxRows: 2_500, maxBytes: 10_000_000 },
  pace: { configuredPerMinute: 900, inForcePerMinute: 900 },
  idempotencyKeys: { keptDays: 7 },
  key: { requestsPerMinute: 6_000 },
  quotas: { rowsPerDay: 1_000_000, openUploads: 20, requestsPerMinute: null },
  use: { rowsToday: 12_500, openUploads: 1, requestsThisMinute: 3 },
}

const READY: z.output<typeof readinessSchema> = {
  ready: true,
  sandbox: false,
  missing: [],
  checks: {
    database: { ok: true, detail: 'server' },
    genesys: { ok: true, detail: 'dialect guide; answers' },
  },
}

export const LIMITS_EXAMPLES: readonly Example[] = [
  {
    name: 'guide',
    summary: 'The limits of the guide dialect',
    answer: { status: 200, body: LIMITS },
  },
]

export const LIVE_EXAMPLES: readonly Example[] = [
  {
    name: 'alive',
    summary: 'The process is running',
    answer: { status: 200, body: { alive: true } },
  },
]

export const READY_EXAMPLES: readonly Example[] = [
  { name: 'ready', summary: 'The gateway accepts uploads', answer: { status: 200, body: READY } },
]

export const METRICS_EXAMPLES: readonly Example[] = [
  {
    name: 'scrape',
    summary: 'A call from the machine of the gateway',
    answer: {
      status: 200,
      type: 'text/plain',
      body: '# HELP gateway_uploads Uploads by state\n# TYPE gateway_uploads gauge\n',
    },
  },
]

export const DOCUMENT_EXAMPLES: readonly Example[] = [
  {
    name: 'whole',
    summary: 'The document starts like this',
    answer: { status: 200, body: { openapi: '3.1.0' } },
  },
]
