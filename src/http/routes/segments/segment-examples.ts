import type { z } from 'zod'

import type { Example } from '../../document/example.ts'
import type { segmentPreviewSchema, segmentSchema } from './segment-schemas.ts'

const params = { campaignId: 'demo-campaign' }
const definition = {
  contactListIds: ['demo-contacts'],
  conditions: {
    all: [
      { attribute: 'city', operator: 'in', values: ['Boston', 'Chicago'] },
      { not: { attribute: 'lastName', operator: '=', value: 'Test' } },
    ],
  },
  exclusions: [],
}

const rule = (type: 'include' | 'exclude', expression: string) => ({
  type: 'contact',
  expression,
  filter: { type: 'contact', expression },
  actions: [{ type }],
})
const list = {
  type: 'list',
  filter: { type: 'list', expression: "listId = 'demo-contacts'" },
  actions: [{ type: 'include' }],
}
const rules = [
  list,
  rule('include', "city IN ('Boston', 'Chicago')"),
  rule('exclude', "lastName = 'Test'"),
]

const UNDERSTOOD = {
  campaignId: 'demo-campaign',
  definition,
  house: [],
  ruleCount: 3,
  analysis: {
    digest: '6f1c0f1d3a57c2b9b6a1f8c2f4a3d5e6978899aabbccddeeff00112233445566',
    findings: [
      {
        code: 'house-exclusion-missing',
        severity: 'warning',
        path: '',
        detail:
          'The gateway leaves out the exclusion on "do_not_call" (from SEGMENT_EXCLUSIONS), because the contact list demo-contacts has no such column.',
      },
    ],
    matches: null,
    change: null,
  },
  compiled: { rules, contactFilters: rules },
} satisfies Partial<z.output<typeof segmentSchema>>

const SEGMENT: z.output<typeof segmentSchema> = {
  ...UNDERSTOOD,
  version: 1,
  state: 'applying',
  hold: null,
  waitingFor: null,
  indexStatus: null,
  problem: null,
  latencyMs: null,
  createdAt: '2026-03-02T08:00:00.000Z',
  updatedAt: '2026-03-02T08:00:00.000Z',
  appliedAt: null,
}
const APPLIED: z.output<typeof segmentSchema> = {
  ...SEGMENT,
  state: 'applied',
  indexStatus: 'ready',
  latencyMs: 340,
  updatedAt: '2026-03-02T08:00:00.340Z',
  appliedAt: '2026-03-02T08:00:00.320Z',
}
const PREVIEW: z.output<typeof segmentPreviewSchema> = { ...UNDERSTOOD, needsConfirm: [] }

export const PUT_EXAMPLES: readonly Example[] = [
  {
    name: 'typed',
    summary: 'Two cities, without test contacts',
    params,
    headers: { 'idempotency-key': '4d2e8f0a-6b1c-4e57-9a3d-segment-put' },
    body: definition,
    answer: { status: 202, body: SEGMENT },
  },
  {
    name: 'short',
    summary: 'The short form',
    params,
    headers: { 'idempotency-key': '4d2e8f0a-6b1c-4e57-9a3d-segment-short' },
    body: {
      listIds: ['demo-contacts'],
      demographicMatrix: { city: { allowed: ['Boston', 'Chicago'] } },
      exclusionRules: [{ attribute: 'lastName', operator: '=', value: 'Test' }],
    },
    answer: { status: 202, body: { ...SEGMENT, version: 2 } },
  },
]

export const PREVIEW_EXAMPLES: readonly Example[] = [
  {
    name: 'typed',
    summary: 'What the definition means',
    params,
    body: definition,
    answer: { status: 200, body: PREVIEW },
  },
]

export const FIND_EXAMPLES: readonly Example[] = [
  {
    name: 'newest',
    summary: 'An applied segment',
    params,
    answer: { status: 200, body: APPLIED },
  },
]

export const VERSIONS_EXAMPLES: readonly Example[] = [
  {
    name: 'all',
    summary: 'A campaign with one version',
    params,
    answer: { status: 200, body: { items: [APPLIED], next: null } },
  },
]

export const ROLLBACK_EXAMPLES: readonly Example[] = [
  {
    name: 'first',
    summary: 'Back to the first version',
    params,
    headers: { 'idempotency-key': '4d2e8f0a-6b1c-4e57-9a3d-segment-rollback' },
    body: { version: 1 },
    answer: { status: 202, body: { ...SEGMENT, version: 3 } },
  },
]

export const RESUME_EXAMPLES: readonly Example[] = [
  {
    name: 'granted',
    summary: 'The missing right was granted, and the segment resumes',
    params,
    answer: { status: 200, body: SEGMENT },
  },
]
