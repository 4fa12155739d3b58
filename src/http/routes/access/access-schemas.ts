import { z } from 'zod'

import { SCOPES } from '../../../domain/access/access.ts'
import {
  KEY_SOURCES,
  MOST_OVERLAP_HOURS,
  USUAL_OVERLAP_HOURS,
} from '../../../domain/access/issued-key.ts'
import { MOST_OF_A_QUOTA, NO_QUOTAS } from '../../../domain/access/quotas.ts'
import { type GrantField, MOST_GRANTS } from '../../../domain/access/tenant.ts'
import { stamp } from '../../../domain/answers/answer-values.ts'
import { registryNameSchema } from '../../../domain/do-not-call/registries/edition-options.ts'
import { gatewayIdSchema, genesysIdSchema } from '../../../domain/ids/ids.ts'
import { cursorSchema, limitUpTo } from '../../server/schemas.ts'

/** The forms of tenants and keys in the API. */

const name = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/u,
    'must be 1 to 64 letters, digits, dots, hyphens or underscores, beginning with a letter or digit',
  )

/** The ids of objects, or "*" for all objects. */
const grant = z
  .union([z.literal('*'), z.array(genesysIdSchema).max(MOST_GRANTS)])
  .describe('Ids in Genesys, or "*" for all')

const NO_GRANTS: Record<GrantField, z.ZodDefault<typeof grant>> = {
  contactLists: grant.default([]),
  dncLists: grant.default([]),
  campaigns: grant.default([]),
  externalContacts: grant.default([]),
  conversations: grant.default([]),
}
const given: Record<GrantField, z.ZodOptional<typeof grant>> = {
  contactLists: grant.optional(),
  dncLists: grant.optional(),
  campaigns: grant.optional(),
  externalContacts: grant.optional(),
  conversations: grant.optional(),
}
const all: Record<GrantField, typeof grant> = {
  contactLists: grant,
  dncLists: grant,
  campaigns: grant,
  externalContacts: grant,
  conversations: grant,
}

/** The names of the registries that the tenant's contacts are checked against. */
const registries = z
  .array(registryNameSchema)
  .max(50)
  .refine((names) => new Set(names).size === names.length, 'must name each registry once')
  .describe('The gateway checks the contacts of the tenant against these registries')
const limit = z.int().min(1).max(MOST_OF_A_QUOTA).nullable()
const limits = {
  rowsPerDay: limit.describe(
    'Maximum number of rows that the gateway reads from accepted uploads in a day. Rejected rows count too. A day begins at midnight UTC. null: no limit',
  ),
  openUploads: limit.describe('Maximum number of uploads that have not ended. null: no limit'),
  requestsPerMinute: limit.describe(
    'Maximum number of calls per minute by all keys of the tenant together. null: no limit',
  ),
}
const NO_LIMITS = {
  rowsPerDay: limits.rowsPerDay.default(null),
  openUploads: limits.openUploads.default(null),
  requestsPerMinute: limits.requestsPerMinute.default(null),
}

/** Quotas. null: no limit. */
export const quotasSchema = z.strictObject(limits)
export const tenantUseSchema = z
  .strictObject({
    rowsToday: z.int().min(0),
    openUploads: z.int().min(0),
    requestsThisMinute: z.int().min(0),
  })
  .describe('How much of its quotas the tenant has used, counted over all instances')

export const newTenantSchema = z.strictObject({
  name,
  grants: z.strictObject(NO_GRANTS),
  registries: registries.default([]),
  quotas: z.strictObject(NO_LIMITS).default(NO_QUOTAS),
})

export const tenantChangeSchema = z
  .strictObject({
    name: name.optional(),
    grants: z.strictObject(given).optional(),
    registries: registries.optional(),
    quotas: z.strictObject(limits).partial().optional(),
  })
  .refine((change) => Object.keys(change).length > 0, {
    message: 'must change something: name, grants, registries or quotas',
    path: ['body'],
  })
  .meta({ minProperties: 1 })

export const tenantSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  grants: z.strictObject(all),
  registries: z.array(z.string()),
  quotas: quotasSchema,
  use: tenantUseSchema,
  version: z.int().min(1).describe('Grows with every change of the settings. It is also the ETag'),
  createdAt: stamp,
  updatedAt: stamp,
})

const scopes = z
  .array(z.enum(SCOPES))
  .min(1)
  .max(SCOPES.length)
  .refine((names) => new Set(names).size === names.length, 'must name each scope once')
  .meta({ uniqueItems: true, description: 'Which calls the key may make' })

export const newKeySchema = z.strictObject({
  tenantId: gatewayIdSchema,
  name,
  scopes,
  expiresAt: z.iso
    .datetime({ offset: true })
    .optional()
    .describe('The gateway refuses the key after this time. Default: the key does not expire'),
})

export const rotationSchema = z
  .strictObject({
    overlapHours: z
      .int()
      .min(0)
      .max(MOST_OVERLAP_HOURS)
      .default(USUAL_OVERLAP_HOURS)
      .describe(
        'How many hours the old key stays valid after the rotation. If the old key has an earlier expiry, it stays valid only until its expiry',
      ),
  })
  .prefault({})

export const keySchema = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  name: z.string(),
  prefix: z
    .string()
    .describe(
      'The beginning of the key, so that you can recognise it. Empty if the key comes from an environment variable of the gateway',
    ),
  scopes: z.array(z.enum(SCOPES)),
  source: z.enum(KEY_SOURCES).describe('Where the key comes from'),
  createdAt: stamp,
  expiresAt: stamp.nullable().describe('null: the key does not expire'),
  revokedAt: stamp.nullable().describe('null: the key is not revoked'),
  lastUsedAt: stamp
    .nullable()
    .describe('Time of the last call, to the minute. null: the key was never used'),
  replacedBy: z
    .string()
    .nullable()
    .describe('Id of the new key that replaces this key. null: this key was not rotated'),
})
export const newKeyAnswerSchema = keySchema.extend({
  key: z.string().describe('The key itself. Only this answer contains it'),
})

export const tenantParamsSchema = z.strictObject({ tenantId: gatewayIdSchema })
export const keyParamsSchema = z.strictObject({ keyId: gatewayIdSchema })

const page = { limit: limitUpTo(200, 50), cursor: cursorSchema.optional() }
export const tenantsQuerySchema = z.strictObject({ ...page, name: name.optional() })
export const keysQuerySchema = z.strictObject({ ...page, tenantId: gatewayIdSchema.optional() })
