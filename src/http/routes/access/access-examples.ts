import type { z } from 'zod'

import type { Example } from '../../document/example.ts'
import type { keySchema, tenantSchema } from './access-schemas.ts'

const tenantId = 'tnt_0198c0de11d27b6f8e3a5c90d4f7a2b6'
const keyId = 'key_0198c0de80f97d01b4a6e3925c7d1f08'
const newKeyId = 'key_0198c0df02b47c11a0e1d4b79f3c2a55'
const key = 'ogw_ZXhhbXBsZS1leGFtcGxlLWV4YW1wbGUtZXhhbXBsZSFhcGtB'

const TENANT: z.output<typeof tenantSchema> = {
  id: tenantId,
  name: 'crm-a',
  grants: {
    contactLists: ['demo-contacts'],
    dncLists: [],
    campaigns: [],
    externalContacts: [],
    conversations: [],
  },
  registries: [],
  quotas: { rowsPerDay: 500_000, openUploads: null, requestsPerMinute: 600 },
  use: { rowsToday: 0, openUploads: 0, requestsThisMinute: 0 },
  version: 1,
  createdAt: '2026-03-02T07:00:00.000Z',
  updatedAt: '2026-03-02T07:00:00.000Z',
}

const KEY: z.output<typeof keySchema> = {
  id: keyId,
  tenantId,
  name: 'nightly-load',
  prefix: 'ogw_ZXhhbXBs',
  scopes: ['uploads'],
  source: 'issued',
  createdAt: '2026-03-02T07:00:00.000Z',
  expiresAt: null,
  revokedAt: null,
  lastUsedAt: null,
  replacedBy: null,
}

export const CREATE_TENANT_EXAMPLES: readonly Example[] = [
  {
    name: 'oneList',
    summary: 'A CRM that may use one contact list, with quotas per day and per minute',
    headers: { 'idempotency-key': 'tenant-crm-a' },
    body: {
      name: 'crm-a',
      grants: { contactLists: ['demo-contacts'] },
      quotas: { rowsPerDay: 500_000, requestsPerMinute: 600 },
    },
    answer: { status: 201, body: TENANT },
  },
]

export const LIST_TENANTS_EXAMPLES: readonly Example[] = [
  {
    name: 'byName',
    summary: 'The tenant that has the given name',
    query: { name: 'crm-a' },
    answer: { status: 200, body: { items: [TENANT], next: null } },
  },
]

export const GET_TENANT_EXAMPLES: readonly Example[] = [
  {
    name: 'one',
    summary: 'A tenant and its grants',
    params: { tenantId },
    answer: {
      status: 200,
      body: { ...TENANT, use: { rowsToday: 48_210, openUploads: 2, requestsThisMinute: 37 } },
    },
  },
]

export const CHANGE_TENANT_EXAMPLES: readonly Example[] = [
  {
    name: 'grant',
    summary: 'Grants a do-not-call list to the tenant. The contact lists stay granted',
    params: { tenantId },
    headers: { 'if-match': '"1"' },
    body: { grants: { dncLists: ['demo-dnc'] } },
    answer: {
      status: 200,
      body: { ...TENANT, grants: { ...TENANT.grants, dncLists: ['demo-dnc'] }, version: 2 },
    },
  },
]

export const CREATE_KEY_EXAMPLES: readonly Example[] = [
  {
    name: 'uploads',
    summary: 'A key that can upload',
    body: { tenantId, name: 'nightly-load', scopes: ['uploads'] },
    answer: { status: 201, body: { ...KEY, key } },
  },
]

export const LIST_KEYS_EXAMPLES: readonly Example[] = [
  {
    name: 'ofTenant',
    summary: 'The keys of a tenant',
    query: { tenantId },
    answer: { status: 200, body: { items: [KEY], next: null } },
  },
]

export const GET_KEY_EXAMPLES: readonly Example[] = [
  {
    name: 'one',
    summary: 'A key that was used this morning',
    params: { keyId },
    answer: { status: 200, body: { ...KEY, lastUsedAt: '2026-03-04T06:12:00.000Z' } },
  },
]

export const ROTATE_KEY_EXAMPLES: readonly Example[] = [
  {
    name: 'rotated',
    summary: 'Both keys work for two days',
    params: { keyId },
    body: { overlapHours: 48 },
    answer: { status: 201, body: { ...KEY, id: newKeyId, key } },
  },
]

export const REVOKE_KEY_EXAMPLES: readonly Example[] = [
  {
    name: 'revoked',
    summary: 'The key stops working immediately',
    params: { keyId },
    answer: { status: 204, type: null },
  },
]
