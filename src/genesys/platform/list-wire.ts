import { z } from 'zod'

import type {
  ColumnKind,
  ContactList,
  ShownSettings,
} from '../../domain/contact-lists/contact-list.ts'
import { genesysIdSchema } from '../../domain/ids/ids.ts'
import { canonicalJson } from '../../lib/canonical-json.ts'
import { sha256Hex } from '../../lib/digest.ts'
import type { NewLists } from '../../workflows/ports/contact-lists/new-lists.ts'
import type { ApiCall } from '../calls/attempt.ts'
import { pathSegment } from '../calls/path-segment.ts'

const text = z.string().nullish().catch(null)
const columnRefs = z
  .array(
    z.looseObject({
      columnName: z.string(),
      callableTimeColumnName: text,
      contactableTimeColumnName: text,
    }),
  )
  .nullish()
const ref = z.looseObject({ id: z.string() }).nullish().catch(null)
const listSchema = z.looseObject({
  id: genesysIdSchema,
  name: z.string(),
  columnNames: z.array(z.string().min(1)).min(1),
  phoneColumns: columnRefs,
  emailColumns: columnRefs,
  whatsAppColumns: columnRefs,
  division: ref,
  attemptLimits: ref,
  automaticTimeZoneMapping: z.boolean().nullish().catch(null),
  zipCodeColumnName: text,
  retentionType: text,
  retentionDays: z.number().nullish().catch(null),
  dateExpiration: text,
  timeZone: text,
  size: z.number().int().nonnegative().nullish(),
})

export type WireList = z.infer<typeof listSchema>
export const wireListSchema: z.ZodType<WireList> = listSchema

/** The call that reads the present state of a list, with its size. */
export const readListCall = (listId: string, newLists: NewLists): ApiCall<WireList> => ({
  operation: 'read-contact-list',
  method: 'GET',
  path: `/api/v2/outbound/contactlists/${pathSegment(listId)}?includeSize=true`,
  schema: listSchema,
  right: 'outbound:contactList:view',
  notYet: () => newLists.has(listId),
})

/** The list in the gateway's form. */
export const contactListOf = (list: WireList): ContactList => {
  const declared = [...(list.phoneColumns ?? []), ...(list.whatsAppColumns ?? [])]
  const phones = new Set(declared.map(({ columnName }) => columnName))
  const emails = new Set(list.emailColumns?.map(({ columnName }) => columnName))
  const kindOf = (name: string): ColumnKind =>
    phones.has(name) ? 'phone' : emails.has(name) ? 'email' : 'text'
  const columns = list.columnNames.map((name) => ({ name, kind: kindOf(name), required: false }))
  return {
    id: list.id,
    name: list.name,
    // A list can be used as soon as it is made: the platform has no state of readiness.
    status: 'ready',
    // Made from the columns alone, because the list's own version also grows with other changes.
    schemaVersion: sha256Hex(canonicalJson(columns)).slice(0, 32),
    columns,
    size: list.size ?? null,
    shown: shownOf(list),
  }
}

/** Treats null as missing. */
const given = <T>(value: T | null | undefined): T | undefined => value ?? undefined

const shownColumns = (list: WireList): ShownSettings['columns'] => {
  const columns: ShownSettings['columns'] = {}
  for (const { columnName, callableTimeColumnName: zone } of list.phoneColumns ?? []) {
    columns[columnName] = { callableTimeColumn: given(zone) }
  }
  for (const { columnName, contactableTimeColumnName: zone } of list.emailColumns ?? []) {
    columns[columnName] = { contactableTimeColumn: given(zone) }
  }
  for (const { columnName, contactableTimeColumnName: zone } of list.whatsAppColumns ?? []) {
    columns[columnName] = { whatsApp: true, contactableTimeColumn: given(zone) }
  }
  return columns
}

/** The settings that a caller can choose when a list is made, as Genesys shows them. */
const shownOf = (list: WireList): ShownSettings => ({
  divisionId: list.division?.id,
  attemptLimitsId: list.attemptLimits?.id,
  automaticTimeZoneMapping: given(list.automaticTimeZoneMapping),
  zipCodeColumn: given(list.zipCodeColumnName),
  retentionType: given(list.retentionType),
  retentionDays: given(list.retentionDays),
  dateExpiration: given(list.dateExpiration),
  timeZone: given(list.timeZone),
  columns: shownColumns(list),
})
