import { z } from 'zod'

import type { ContactListSummary } from '../../domain/contact-lists/contact-list.ts'
import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import { genesysIdSchema } from '../../domain/ids/ids.ts'
import type { CallContext } from '../../workflows/ports/genesys/genesys.ts'
import type { Caller } from './retry.ts'

const pageSchema = z.looseObject({
  entities: z.array(z.looseObject({ id: z.string().min(1), name: z.string() })),
  pageCount: z.number().int().nonnegative().nullish(),
})

/**
 * An org has at most 1,000 lists. If Genesys reports this many pages, its page count must be wrong.
 */
const MAX_PAGES = 10_000

/**
 * All contact lists of the org, or those that Genesys finds by `name`. Both dialects have this
 * call. An answer without `pageCount` counts as the last page.
 */
export const listAllContactLists = async (
  call: Caller,
  context: CallContext,
  about: {
    right: string
    pageSize: number
    name?: string
    /**
     * Asks Genesys to answer with an empty page after the last page. Without this, Genesys repeats
     * the last page. Set it only in the platform dialect, and only with `name`.
     */
    allowsEmpty?: boolean
  },
): Promise<ContactListSummary[]> => {
  const operation = 'list-contact-lists'
  const empty = about.allowsEmpty ? '&allowEmptyResult=true' : ''
  const named = about.name === undefined ? '' : `&name=${encodeURIComponent(about.name)}${empty}`
  const lists = new Map<string, ContactListSummary>()
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const answer = await call(
      {
        operation,
        method: 'GET',
        path: `/api/v2/outbound/contactlists?pageSize=${about.pageSize}&pageNumber=${page}${named}`,
        schema: pageSchema,
        right: about.right,
      },
      context,
    )
    // A list whose id no call can contain is left out, so that the other lists are still found.
    const usable = answer.entities.filter(({ id }) => genesysIdSchema.safeParse(id).success)
    for (const { id, name } of usable) lists.set(id, { id, name })
    if (page >= (answer.pageCount ?? 1) || answer.entities.length === 0) return [...lists.values()]
  }
  throw new GenesysFailure('malformed_answer', operation)
}
