import { z } from 'zod'

import type { ColumnKind, ContactList } from '../../domain/contact-lists/contact-list.ts'
import { genesysIdSchema } from '../../domain/ids/ids.ts'
import { canonicalJson } from '../../lib/canonical-json.ts'
import { sha256Hex } from '../../lib/digest.ts'
import type { NewLists } from '../../workflows/ports/contact-lists/new-lists.ts'
import type { ApiCall } from '../calls/attempt.ts'
import { pathSegment } from '../calls/path-segment.ts'

const columnRefs = z.array(z.looseObject({ columnName: z.string() })).nullish()
const listSchema = z.looseObject({
  id: genesysIdSchema,
  name: z.string(),
  columnNames: z.array(z.string().min(1)).min(1),
  phoneColumns: columnRefs,
  emailColumns: columnRefs,
  size: z.number().int().nonnegative().nullish(),
})

export type WireList = z.infer<typeof listSchema>
export const wireListSchema: z.ZodType<WireList> = listSchema

/** The call that reads a list as it stands, with its size. */
export const readListCall = (listId: string, newLists: NewLists): ApiCall<WireList> => ({
  operation: 'read-contact-list',
  method: 'GET',
  path: `/api/v2/outbound/contactlists/${pathSegment(listId)}?includeSize=true`,
  schema: listSchema,
  right: 'outbound:contactList:view',
  notYet: () => newLists.has(listId),
})

/** The list in our words. */
export const contactListOf = (list: WireList): ContactList => {
  const phones = new Set(list.phoneColumns?.map(({ columnName }) => columnName))
  const emails = new Set(list.emailColumns?.map(({ columnName }) => columnName))
  const kindOf = (name: string): ColumnKind =>
    phones.has(name) ? 'phone' : emails.has(name) ? 'email' : 'text'
  const columns = list.columnNames.map((name) => ({ name, kind: kindOf(name), required: false }))
  return {
    id: list.id,
    name: list.name,
    // A created list is usable at once; the platform has no state of readiness.
    status: 'ready',
    // The list's own version also rises when other things change, so the columns alone count.
    schemaVersion: sha256Hex(canonicalJson(columns)).slice(0, 32),
    columns,
    size: list.size ?? null,
  }
}
