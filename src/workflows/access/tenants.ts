import type { Caller } from '../../domain/access/access.ts'
import type { Quotas } from '../../domain/access/quotas.ts'
import { DEFAULT_TENANT, type Grants, type Tenant } from '../../domain/access/tenant.ts'
import { byCaller, createAuditEntry } from '../../domain/audit/audit.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import type { Refusing } from '../../domain/problems/refusing.ts'
import { canonicalJson } from '../../lib/canonical-json.ts'
import { sha256Hex } from '../../lib/digest.ts'
import type { UploadAnswer } from '../contract.ts'
import type { TenantChange, TenantStore } from '../ports/access/tenants.ts'
import type { Page } from '../ports/uploads/uploads.ts'
import { answerOnce, type AnswerOnceDeps } from '../uploads/receive/answer-once.ts'
import { inProgress } from '../uploads/receive/idempotency-claim.ts'
import type {
  CHANGE_TENANT_REFUSALS,
  CREATE_TENANT_REFUSALS,
  FIND_ACCESS_REFUSALS,
} from './refusals.ts'

/** The use cases of tenants. Only admins call them, and admins see all tenants. */
export type Tenants = {
  create: Refusing<
    (typeof CREATE_TENANT_REFUSALS)[number],
    (request: {
      caller: Caller
      plan: { name: string; grants: Grants; registries: string[]; quotas: Quotas }
      idempotencyKey: string
      method: string
      path: string
    }) => Promise<UploadAnswer>
  >
  find: Refusing<(typeof FIND_ACCESS_REFUSALS)[number], (tenantId: string) => Promise<Tenant>>
  /** null: the cursor cannot be read. */
  list(page: { limit: number; cursor: string | null; name?: string }): Promise<Page<Tenant> | null>
  /**
   * `version`: the version that the caller saw. Throws `precondition-failed` if the tenant has
   * another version.
   */
  change: Refusing<
    (typeof CHANGE_TENANT_REFUSALS)[number],
    (caller: Caller, tenantId: string, version: number, change: TenantChange) => Promise<Tenant>
  >
}

export type TenantsDeps = AnswerOnceDeps & {
  tenants: TenantStore
  /**
   * Renders the tenant as callers see it. The result is stored with the idempotency key and
   * replayed.
   */
  renderTenant: (tenant: Tenant) => object
}

/**
 * Each change writes its audit entry in the same transaction. `change` throws `tenant-fixed` for
 * the name and the grants of the tenant `default`.
 */
export const createTenants = (deps: TenantsDeps): Tenants => ({
  create: (request) => create(deps, request),
  find: async (tenantId) => {
    const tenant = await deps.tenants.find(tenantId)
    if (tenant === null) throw unknown()
    return tenant
  },
  list: (page) => deps.tenants.list(page),
  change: async (caller, tenantId, version, change) => {
    if (tenantId === DEFAULT_TENANT && isFixed(change)) {
      throw new GatewayProblem('tenant-fixed', 'The tenant “default” always has every grant.')
    }
    const who = { ...byCaller(caller), tenantId }
    const audit = createAuditEntry(deps.ids, who, {
      action: 'tenant.changed',
      details: { fields: Object.keys(change).toSorted() },
      object: tenantId,
      digest: sha256Hex(canonicalJson(change)),
    })
    const result = await deps.tenants.change({ tenantId, version, change, audit })
    if (result === null) throw unknown()
    if (result.kind === 'registry_unknown') throw unknownRegistry(result.name)
    if (result.kind === 'name_taken') throw nameTaken(result.tenantId)
    if (result.kind === 'stale') {
      throw new GatewayProblem(
        'precondition-failed',
        'The tenant has changed since the version in If-Match.',
      )
    }
    return result.tenant
  },
})

const create = async (
  deps: TenantsDeps,
  { caller, plan, idempotencyKey: key, method, path }: Parameters<Tenants['create']>[0],
): Promise<UploadAnswer> => {
  const fingerprint = sha256Hex(canonicalJson(plan))
  const call = {
    ...{ tenantId: caller.tenantId, method, path, key, fingerprint: () => fingerprint },
    reused: 'You used this Idempotency-Key before, to make a different tenant.',
  }
  return answerOnce(deps, call, async (claim) => {
    const id = deps.ids.newId('tnt')
    const who = { ...byCaller(caller), tenantId: id }
    const result = await deps.tenants.create({
      id,
      ...plan,
      claim,
      fingerprint,
      answerOf: (tenant) => ({
        status: 201,
        body: JSON.stringify(deps.renderTenant(tenant)),
        location: `/v1/tenants/${tenant.id}`,
      }),
      audit: createAuditEntry(deps.ids, who, {
        action: 'tenant.created',
        object: id,
        digest: fingerprint,
      }),
    })
    if (result.kind === 'registry_unknown') throw unknownRegistry(result.name)
    if (result.kind === 'name_taken') throw nameTaken(result.tenantId)
    if (result.kind === 'claim_lost') throw inProgress()
    return { ...result.answer, replayed: false }
  })
}

/**
 * The name and the grants of the default tenant are fixed. Its registries and quotas can be
 * changed.
 */
const isFixed = ({ name, grants }: TenantChange): boolean =>
  name !== undefined || grants !== undefined

const unknownRegistry = (name: string): GatewayProblem =>
  new GatewayProblem('registry-unknown', `The registry ${name} does not exist.`, { registry: name })

const unknown = (): GatewayProblem => new GatewayProblem('not-found', 'The tenant does not exist.')

const nameTaken = (tenantId: string): GatewayProblem =>
  new GatewayProblem('tenant-exists', 'A tenant with this name exists.', { tenantId })
