import type { FastifyInstance } from 'fastify'

import type { HttpDeps } from '../deps.ts'
import { grantedList, grantedLists, hideUnknownList, LIST_UNKNOWN } from '../list-access.ts'
import { contactListParamsSchema } from '../schemas.ts'

/** GET /v1/contact-lists and GET /v1/contact-lists/{contactListId}: what Genesys holds, as far as the tenant is granted. */
export const registerContactLists = (app: FastifyInstance, deps: HttpDeps): void => {
  app.get('/v1/contact-lists', { config: { access: { scope: 'lists' } } }, async (request) => {
    const caller = request.caller!
    const lists = await deps.listContactLists(caller)
    const granted = await grantedLists(deps.access, caller, lists)
    return { items: granted.map(({ id, name }) => ({ id, name })), next: null }
  })

  app.get(
    '/v1/contact-lists/:contactListId',
    { config: { access: { scope: 'lists' }, paramsSchema: contactListParamsSchema } },
    async (request) => {
      const caller = request.caller!
      const { contactListId } = request.valid.params as { contactListId: string }
      if (!(await grantedList(deps.access, caller, contactListId))) throw LIST_UNKNOWN()
      const { list, ageMs } = await hideUnknownList(deps.readContactList(caller, contactListId))
      return {
        id: list.id,
        name: list.name,
        status: list.status,
        schemaVersion: list.schemaVersion,
        columns: list.columns.map(({ name, kind, required }) => ({ name, kind, required })),
        size: list.size,
        ageSeconds: Math.floor(ageMs / 1000),
      }
    },
  )
}
