import type { Tenant } from '../../../domain/access/tenant.ts'

/** A tenant as callers see it. */
export const renderTenant = (tenant: Tenant) => ({
  id: tenant.id,
  name: tenant.name,
  grants: tenant.grants,
  registries: tenant.registries,
  quotas: tenant.quotas,
  use: tenant.use,
  version: tenant.version,
  createdAt: tenant.createdAt,
  updatedAt: tenant.updatedAt,
})
