import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'

import type { ContactListSummary } from '../../../domain/contact-lists/contact-list.ts'
import { GatewayProblem } from '../../../domain/problems/problem.ts'
import { normaliseIdempotencyKey } from '../../plugins/normalisation.ts'
import type { HttpDeps } from '../../server/deps.ts'
import { contactListParamsSchema } from '../../server/schemas.ts'
import { contactListsQuerySchema, newContactListSchema } from './contact-list-schemas.ts'
import { renderContactList } from './contact-list-view.ts'
import { grantedList, grantedLists, hideUnknownList, LIST_UNKNOWN } from './list-access.ts'

const access = { scope: 'lists' } as const
const LISTS = '/v1/contact-lists'

const badCursor = (): GatewayProblem =>
  new GatewayProblem('parameter-invalid', 'The cursor cannot be read.', { parameters: ['cursor'] })

/** In the order of their ids, so that a page begins after the last one of the page before, whatever came or went. */
const pageOfLists = (
  lists: readonly ContactListSummary[],
  { limit, cursor }: z.output<typeof contactListsQuerySchema>,
) => {
  const after = cursor === undefined ? '' : Buffer.from(cursor, 'base64url').toString('utf8')
  if (cursor !== undefined && Buffer.from(after).toString('base64url') !== cursor) throw badCursor()
  const rest = lists
    .filter(({ id }) => id > after)
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id, name }) => ({ id, name }))
  const items = rest.slice(0, limit)
  const last = rest.length > limit ? items.at(-1) : undefined
  return { items, next: last ? Buffer.from(last.id).toString('base64url') : null }
}

/** POST and GET /v1/contact-lists, and GET …/{contactListId}: what Genesys holds, as far as the tenant is granted. */
export const registerContactLists = (app: FastifyInstance, deps: HttpDeps): void => {
  app.post(
    LISTS,
    { config: { access, bodySchema: newContactListSchema } },
    async (request, reply) => {
      const idempotencyKey = normaliseIdempotencyKey(request.headers['idempotency-key'])
      if (idempotencyKey === null) {
        throw new GatewayProblem(
          'idempotency-key-missing',
          'Send an Idempotency-Key with the list that is to be made.',
        )
      }
      const answer = await deps.provisionContactList({
        caller: request.caller!,
        plan: request.valid.body as z.output<typeof newContactListSchema>,
        idempotencyKey,
        method: 'POST',
        path: LISTS,
      })
      reply.code(answer.status).header('content-type', 'application/json; charset=utf-8')
      if (answer.location !== null) reply.header('location', answer.location)
      if (answer.replayed) reply.header('idempotency-replayed', 'true')
      return reply.send(answer.body)
    },
  )

  app.get(LISTS, { config: { access, querySchema: contactListsQuerySchema } }, async (request) => {
    const query = request.valid.query as z.output<typeof contactListsQuerySchema>
    const caller = request.caller!
    const lists = await deps.listContactLists(caller)
    return pageOfLists(await grantedLists(deps.access, caller, lists), query)
  })

  app.get(
    `${LISTS}/:contactListId`,
    { config: { access, paramsSchema: contactListParamsSchema } },
    async (request) => {
      const caller = request.caller!
      const { contactListId } = request.valid.params as { contactListId: string }
      if (!(await grantedList(deps.access, caller, contactListId))) throw LIST_UNKNOWN()
      const { list, ageMs } = await hideUnknownList(deps.readContactList(caller, contactListId))
      return renderContactList(list, ageMs)
    },
  )
}
