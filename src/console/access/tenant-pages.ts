import { z } from 'zod'

import { MOST_OF_A_QUOTA } from '../../domain/access/quotas.ts'
import { type GrantField, MOST_GRANTS } from '../../domain/access/tenant.ts'
import { registryNameSchema } from '../../domain/do-not-call/registries/edition-options.ts'
import { gatewayIdSchema, genesysIdSchema } from '../../domain/ids/ids.ts'
import type { ConsoleDeps } from '../frame/deps.ts'
import { cursorField, filled, pageLinks, ticked, versionField } from '../frame/fields.ts'
import { form, page } from '../frame/page.ts'
import { ENGLISH } from '../texts/texts.ts'
import { nameField } from './key-pages.ts'
import { GRANT_NAMES, tenantForm, tenantModel } from './tenant-model.ts'

const PAGE_TENANTS = 50
const { tenants: words } = ENGLISH
const TENANTS_PAGE = '/console/access/tenants'

const registryNames = async ({ registries }: Pick<ConsoleDeps, 'registries'>): Promise<string[]> =>
  (await registries.list()).map(({ name }) => name)

export const TENANTS = page({
  at: '/access/tenants',
  scope: 'admin',
  query: z.strictObject({ cursor: cursorField }),
  load: async ({ deps, query: { cursor } }) => {
    const found = await deps.tenants.list({ limit: PAGE_TENANTS, cursor: cursor ?? null })
    if (found === null) return { goTo: TENANTS_PAGE }
    return {
      title: words.title,
      template: '/access/tenants',
      model: {
        tenants: found.items.map(tenantModel),
        form: tenantForm(null, await registryNames(deps)),
        key: deps.ids.newUuid(),
        ...pageLinks(TENANTS_PAGE, {}, { cursor, next: found.next }),
      },
    }
  },
})

const params = z.strictObject({ tenantId: gatewayIdSchema })
const placeOf = (tenantId: string): string => `${TENANTS_PAGE}/${tenantId}`

export const TENANT = page({
  at: '/access/tenants/:tenantId',
  scope: 'admin',
  params,
  load: async ({ deps, params: { tenantId } }) => {
    const tenant = await deps.tenants.find(tenantId)
    return {
      title: tenant.name,
      template: '/access/tenant',
      model: {
        tenant: tenantModel(tenant),
        form: tenantForm(tenant, await registryNames(deps)),
      },
    }
  },
})

/** One id on each line, or `*` for all. */
const grant = z
  .string()
  .max(60_000)
  .transform((text) => [...new Set(text.split(/\s+/u).filter((line) => line !== ''))])
  .transform((ids) => (ids.includes('*') ? ('*' as const) : ids))
  .pipe(z.union([z.literal('*'), z.array(genesysIdSchema).max(MOST_GRANTS)]))

const grants = Object.fromEntries(GRANT_NAMES.map((name) => [name, grant])) as Record<
  GrantField,
  typeof grant
>
const quota = filled(z.coerce.number().int().min(1).max(MOST_OF_A_QUOTA)).transform(
  (limit) => limit ?? null,
)
const limits = { rowsPerDay: quota, openUploads: quota, requestsPerMinute: quota }
const registries = ticked(registryNameSchema)

const grantsOf = (given: Record<GrantField, '*' | string[]>) =>
  Object.fromEntries(GRANT_NAMES.map((name) => [name, given[name]])) as typeof given

export const TENANT_ADD = form({
  at: '/access/tenants/add',
  scope: 'admin',
  form: z.strictObject({ name: nameField, key: z.uuid(), ...grants, ...limits, registries }),
  act: async ({ deps, caller, form: given }) => {
    const { name, key: idempotencyKey, rowsPerDay, openUploads, requestsPerMinute } = given
    const answer = await deps.tenants.create({
      ...{ caller, idempotencyKey, method: 'POST', path: '/v1/tenants' },
      plan: {
        ...{ name, grants: grantsOf(given), registries: given.registries },
        quotas: { rowsPerDay, openUploads, requestsPerMinute },
      },
    })
    return { goTo: placeOf(answer.location!.split('/').at(-1)!), said: 'tenantAdded' }
  },
})

export const TENANT_CHANGE = form({
  at: '/access/tenants/:tenantId/change',
  scope: 'admin',
  params,
  form: z.strictObject({
    version: versionField,
    name: nameField,
    ...grants,
    ...limits,
    registries,
  }),
  act: async ({ deps, caller, params: { tenantId }, form: given }) => {
    const { version, name, rowsPerDay, openUploads, requestsPerMinute } = given
    await deps.tenants.change(caller, tenantId, version, {
      ...{ name, grants: grantsOf(given), registries: given.registries },
      quotas: { rowsPerDay, openUploads, requestsPerMinute },
    })
    return { goTo: placeOf(tenantId), said: 'tenantChanged' }
  },
})

/** Changes the quotas and registries of the default tenant, whose name and grants are fixed. */
export const TENANT_LIMIT = form({
  at: '/access/tenants/:tenantId/limit',
  scope: 'admin',
  params,
  form: z.strictObject({ version: versionField, ...limits, registries }),
  act: async ({ deps, caller, params: { tenantId }, form: given }) => {
    const { version, registries: names, ...quotas } = given
    await deps.tenants.change(caller, tenantId, version, { registries: names, quotas })
    return { goTo: placeOf(tenantId), said: 'tenantChanged' }
  },
})
