import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'

import type { HttpDeps } from '../../server/deps.ts'
import { contactParamsSchema, explainQuerySchema } from './contact-explain-schemas.ts'
import { grantedList, LIST_UNKNOWN } from './list-access.ts'

const renderColumns = (
  columns: readonly { name: string; kind: string; mappedTo: string | null }[],
) => columns.map(({ name, kind, mappedTo }) => ({ name, kind, mappedTo }))

/** GET …/contacts/{contactId}/explain: what decided about one contact. Its id is in the path and nowhere else: no log line has the path. */
export const registerContactExplain = (app: FastifyInstance, deps: HttpDeps): void => {
  app.get(
    '/v1/contact-lists/:contactListId/contacts/:contactId/explain',
    {
      config: {
        access: { scope: 'uploads' },
        paramsSchema: contactParamsSchema,
        querySchema: explainQuerySchema,
      },
    },
    async (request) => {
      const caller = request.caller!
      const { contactListId, contactId } = request.valid.params as z.output<
        typeof contactParamsSchema
      >
      const { cursor = null } = request.valid.query as z.output<typeof explainQuerySchema>
      if (!(await grantedList(deps.access, caller, contactListId))) throw LIST_UNKNOWN()
      const found = await deps.explainContact({ caller, contactListId, contactId, cursor })
      const items = found.items.map((item) => ({ ...item, columns: renderColumns(item.columns) }))
      return { ...found, items }
    },
  )
}
