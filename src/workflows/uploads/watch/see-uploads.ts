import { type Caller, hasScope } from '../../../domain/access/access.ts'
import { GatewayProblem } from '../../../domain/problems/problem.ts'
import type { Refusing } from '../../../domain/problems/refusing.ts'
import type { Upload } from '../../../domain/uploads/upload.ts'
import type { TenantStore } from '../../ports/access/tenants.ts'
import type { Page, UploadFilter, UploadStore } from '../../ports/uploads/uploads.ts'
import type { SEE_REFUSALS } from '../refusals.ts'

type Asked = {
  /** Default: the tenant of the caller. */
  tenantId?: string
  limit: number
  cursor: string | null
} & UploadFilter

/**
 * The uploads as callers see them: their states and counts, not their rows. A tenant sees its own
 * uploads. An admin sees the uploads of every tenant.
 */
export type SeeUploads = {
  /**
   * The uploads of one tenant, newest first. null: the cursor cannot be read. Throws
   * `scope-missing` if a caller who is no admin asks for another tenant. Throws `not-found` if an
   * admin asks for a tenant that does not exist.
   */
  list: Refusing<
    (typeof SEE_REFUSALS)[number],
    (caller: Caller, asked: Asked) => Promise<Page<Upload> | null>
  >
  /** null: there is no such upload, or the caller may not see it. */
  find(caller: Caller, uploadId: string): Promise<Upload | null>
}

/** Checks no grants: a tenant sees its uploads even after it has lost the grant for the list. */
export const createSeeUploads = ({
  uploads,
  tenants,
}: {
  uploads: Pick<UploadStore, 'find' | 'list'>
  tenants: Pick<TenantStore, 'find'>
}): SeeUploads => ({
  list: async ({ tenantId: own, scopes }, { tenantId = own, ...page }) => {
    if (tenantId !== own && !hasScope(scopes, 'admin')) {
      throw new GatewayProblem(
        'scope-missing',
        'To see the uploads of another tenant, your key needs the scope `admin`.',
        { scope: 'admin' },
      )
    }
    if (tenantId !== own && (await tenants.find(tenantId)) === null) {
      throw new GatewayProblem('not-found', 'The tenant does not exist.')
    }
    return uploads.list(tenantId, page)
  },
  find: async ({ tenantId, scopes }, uploadId) =>
    uploads.find(hasScope(scopes, 'admin') ? null : tenantId, uploadId),
})
