import { EXPLAIN_REFUSALS } from '../../../workflows/uploads/refusals.ts'
import type { AddRoute } from '../../server/route.ts'
import {
  contactExplainedSchema,
  contactParamsSchema,
  explainQuerySchema,
} from './contact-explain-schemas.ts'
import { EXPLAIN_EXAMPLES } from './contact-list-examples.ts'
import { checkListGranted } from './list-access.ts'

const renderColumns = (
  columns: readonly { name: string; kind: string; mappedTo: string | null }[],
) => columns.map(({ name, kind, mappedTo }) => ({ name, kind, mappedTo }))

/**
 * GET …/contacts/{contactId}/explain: why one contact was or was not sent. The contact id is only
 * in the path, and no log line contains the path.
 */
export const registerContactExplain = (add: AddRoute): void => {
  add({
    method: 'GET',
    url: '/v1/contact-lists/:contactListId/contacts/:contactId/explain',
    access: { scope: 'uploads' },
    id: 'explainContact',
    tag: 'contact-lists',
    summary:
      'Explain why a contact was or was not sent. Shows the rows of the contact (newest upload first) and the latest content that Genesys acknowledged',
    params: contactParamsSchema,
    query: explainQuerySchema,
    answers: {
      200: {
        about: 'A page. If `next` is not null, there is a next page, even if this page is empty',
        schema: contactExplainedSchema,
      },
    },
    problems: ['not-found', ...EXPLAIN_REFUSALS],
    examples: EXPLAIN_EXAMPLES,
    handler: async (request, _reply, deps) => {
      const caller = request.caller!
      const { contactListId, contactId } = request.params
      const { cursor = null } = request.query
      await checkListGranted(deps, caller, contactListId)
      const found = await deps.explainContact({ caller, contactListId, contactId, cursor })
      const items = found.items.map((item) => ({ ...item, columns: renderColumns(item.columns) }))
      return { ...found, items }
    },
  })
}
