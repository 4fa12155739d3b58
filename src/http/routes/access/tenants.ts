import {
  CHANGE_TENANT_REFUSALS,
  CREATE_TENANT_REFUSALS,
  FIND_ACCESS_REFUSALS,
} from '../../../workflows/access/refusals.ts'
import type { TenantChange } from '../../../workflows/ports/access/tenants.ts'
import type { Answer } from '../../document/operation.ts'
import { KEYED } from '../../document/route-codes.ts'
import { cursorUnreadable } from '../../server/cursor.ts'
import { etagOf, requireIfMatch } from '../../server/entity-tag.ts'
import { idempotencyKeyOf, sendKept } from '../../server/keyed-call.ts'
import type { AddRoute } from '../../server/route.ts'
import { pageOf } from '../../server/schemas.ts'
import {
  CHANGE_TENANT_EXAMPLES,
  CREATE_TENANT_EXAMPLES,
  GET_TENANT_EXAMPLES,
  LIST_TENANTS_EXAMPLES,
} from './access-examples.ts'
import {
  newTenantSchema,
  tenantChangeSchema,
  tenantParamsSchema,
  tenantSchema,
  tenantsQuerySchema,
} from './access-schemas.ts'
import { renderTenant } from './tenant-view.ts'

const of = { access: { scope: 'admin' }, tag: 'access' } as const
const TENANTS = '/v1/tenants'

const answerOf = (about: string): Answer => ({ about, schema: tenantSchema, headers: ['ETag'] })

const registerCollection = (add: AddRoute): void => {
  add({
    ...of,
    method: 'POST',
    url: TENANTS,
    id: 'createTenant',
    summary: 'Make a tenant with its grants, registries and quotas',
    headers: { 'Idempotency-Key': 'required' },
    body: newTenantSchema,
    answers: {
      201: {
        about: 'The tenant. Location is the address of the tenant',
        schema: tenantSchema,
        headers: ['Location', 'Idempotency-Replayed'],
      },
    },
    problems: [...KEYED, ...CREATE_TENANT_REFUSALS],
    examples: CREATE_TENANT_EXAMPLES,
    handler: async ({ headers, body, caller }, reply, { tenants, refuse }) => {
      const answer = await tenants.create({
        caller: caller!,
        plan: body,
        idempotencyKey: idempotencyKeyOf(refuse, headers, 'when you make a tenant'),
        method: 'POST',
        path: TENANTS,
      })
      return sendKept(reply, answer)
    },
  })
  add({
    ...of,
    method: 'GET',
    url: TENANTS,
    id: 'listTenants',
    summary: 'List tenants, newest first, or find a tenant by its name',
    query: tenantsQuerySchema,
    answers: { 200: { about: 'A page of tenants', schema: pageOf(tenantSchema) } },
    problems: [],
    examples: LIST_TENANTS_EXAMPLES,
    handler: async ({ query }, _reply, { tenants, refuse }) => {
      const { limit, cursor = null, name } = query
      const page = await tenants.list({ limit, cursor, ...(name !== undefined && { name }) })
      if (page === null) throw cursorUnreadable(refuse)
      return { items: page.items.map(renderTenant), next: page.next }
    },
  })
}

/** /v1/tenants: the tenants of this gateway, and what each is granted. */
export const registerTenants = (add: AddRoute): void => {
  const one = { ...of, url: `${TENANTS}/:tenantId`, params: tenantParamsSchema } as const
  registerCollection(add)
  add({
    ...one,
    method: 'GET',
    id: 'getTenant',
    summary: 'Read a tenant: its grants, its quotas, and how much of each quota it has used',
    answers: { 200: answerOf('The tenant. To change it, send its ETag (its version) in If-Match') },
    problems: FIND_ACCESS_REFUSALS,
    examples: GET_TENANT_EXAMPLES,
    handler: async ({ params }, reply, { tenants }) => {
      const tenant = await tenants.find(params.tenantId)
      return reply.header('etag', etagOf(tenant)).send(renderTenant(tenant))
    },
  })
  add({
    ...one,
    method: 'PATCH',
    id: 'changeTenant',
    summary:
      'Change the name, the grants, the registries or the quotas of a tenant. Uploads that were accepted before the change continue',
    headers: { 'If-Match': 'required' },
    body: tenantChangeSchema,
    answers: { 200: answerOf('The tenant as it is now') },
    problems: ['precondition-required', ...CHANGE_TENANT_REFUSALS],
    examples: CHANGE_TENANT_EXAMPLES,
    handler: async (request, reply, { tenants, refuse }) => {
      const { tenantId } = request.params
      const present = await tenants.find(tenantId)
      requireIfMatch(refuse, request.headers['if-match'], present)
      // zod leaves out members that were not sent, although its type allows undefined.
      const change = request.body as TenantChange
      const tenant = await tenants.change(request.caller!, tenantId, present.version, change)
      return reply.header('etag', etagOf(tenant)).send(renderTenant(tenant))
    },
  })
}
