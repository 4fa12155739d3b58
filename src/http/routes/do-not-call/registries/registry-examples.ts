import type { z } from 'zod'

import type { Example } from '../../../document/example.ts'
import type { editionSchema, registrySchema } from './registry-schemas.ts'

const editionId = 'rge_0198c0de73a47e5b9c1df20a4e6b8d01'
const registry = 'ftc'

const EDITION: z.output<typeof editionSchema> = {
  id: editionId,
  registry,
  state: 'loading',
  change: 'full',
  baseId: null,
  asOf: '2026-11-28T00:00:00.000Z',
  subscription: 'SAN 12345',
  lines: 2,
  numbers: 2,
  rejected: 0,
  firstRejectedLine: null,
  bytes: 24,
  sha256: '6f1c0f1d3a57c2b9b6a1f8c2f4a3d5e6978899aabbccddeeff00112233445566',
  added: null,
  problem: null,
  createdAt: '2026-11-28T08:00:00.000Z',
  currentAt: null,
  deletedAt: null,
}
const CURRENT = {
  ...EDITION,
  state: 'current',
  added: 2,
  currentAt: '2026-11-28T08:00:01.000Z',
} as const
const REGISTRY: z.output<typeof registrySchema> = {
  name: registry,
  country: 'US',
  maxAgeDays: 31,
  current: null,
  version: 1,
  createdAt: '2026-11-28T07:00:00.000Z',
  updatedAt: '2026-11-28T07:00:00.000Z',
}
const params = { registry }
const one = { ...params, editionId }

export const PUT_REGISTRY_EXAMPLES: readonly Example[] = [
  {
    name: 'ftc',
    summary: 'The National Do Not Call Registry of the United States',
    params,
    body: { country: 'US', maxAgeDays: 31 },
    answer: { status: 200, body: REGISTRY },
  },
]
export const LIST_REGISTRIES_EXAMPLES: readonly Example[] = [
  {
    name: 'all',
    summary: 'One registry, with an edition in force',
    answer: { status: 200, body: { items: [{ ...REGISTRY, current: CURRENT }] } },
  },
]
export const GET_REGISTRY_EXAMPLES: readonly Example[] = [
  {
    name: 'inForce',
    summary: 'A registry and its editions',
    params,
    answer: {
      status: 200,
      body: { ...REGISTRY, current: CURRENT, editions: [CURRENT], receiving: [] },
    },
  },
]
export const CREATE_EDITION_EXAMPLES: readonly Example[] = [
  {
    name: 'flat',
    summary: "A full list in the FTC's flat form",
    params,
    query: { asOf: '2026-11-28T00:00:00Z', subscription: 'SAN 12345' },
    headers: { 'idempotency-key': 'ftc-2026-11-28' },
    body: '201,5550100\n201,5550101\n',
    bodyType: 'text/csv',
    answer: { status: 202, body: EDITION },
  },
]
export const GET_EDITION_EXAMPLES: readonly Example[] = [
  {
    name: 'current',
    summary: 'An edition in force',
    params: one,
    answer: { status: 200, body: CURRENT },
  },
]
export const DELETE_EDITION_EXAMPLES: readonly Example[] = [
  {
    name: 'deleted',
    summary: 'The numbers are deleted. The other data about the edition stays',
    params: one,
    answer: {
      status: 200,
      body: { ...CURRENT, state: 'deleted', deletedAt: '2027-01-02T08:00:00.000Z' },
    },
  },
]
