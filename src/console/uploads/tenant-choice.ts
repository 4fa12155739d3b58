import { hasScope } from '../../domain/access/access.ts'
import type { Visit } from '../frame/page.ts'

/** How many tenants the filter offers. If there are more, the filter has a field for the id. */
const MOST_TENANTS = 100

type Asking = Pick<Visit, 'deps' | 'caller'>

/** The tenants whose uploads the viewer can choose. */
export type TenantChoice = {
  /** The chosen tenant. Empty: the viewer's own tenant. */
  chosen: string
  /** The viewer's own tenant. */
  own: string
  others: { id: string; name: string }[]
  isCut: boolean
}

/** The tenants for the filter. null: the viewer sees only one tenant. */
export const tenantChoice = async (
  { deps, caller }: Asking,
  chosen = '',
): Promise<TenantChoice | null> => {
  if (!hasScope(caller.scopes, 'admin')) return null
  const found = await deps.tenants.list({ limit: MOST_TENANTS, cursor: null })
  const all = found?.items ?? []
  const others = all
    .filter(({ id }) => id !== caller.tenantId)
    .map(({ id, name }) => ({ id, name }))
  if (others.length === 0 && chosen === '') return null
  const own = all.find(({ id }) => id === caller.tenantId)?.name ?? caller.tenantId
  return { chosen, own, others, isCut: (found?.next ?? null) !== null }
}

/** The name of the upload's tenant. null: it is the viewer's own tenant. */
export const foreignTenant = async (
  { deps, caller }: Asking,
  { tenantId }: { tenantId: string },
): Promise<string | null> =>
  tenantId === caller.tenantId ? null : (await deps.tenants.find(tenantId)).name
