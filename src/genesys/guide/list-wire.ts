import { z } from 'zod'

import type { ColumnKind, ContactList } from '../../domain/contact-lists/contact-list.ts'
import { genesysIdSchema } from '../../domain/ids/ids.ts'
import { canonicalJson } from '../../lib/canonical-json.ts'
import { sha256Hex } from '../../lib/digest.ts'
import type { NewLists } from '../../workflows/ports/contact-lists/new-lists.ts'
import type { ApiCall } from '../calls/attempt.ts'
import { pathSegment } from '../calls/path-segment.ts'

const fieldSchema = z.looseObject({
  name: z.string().min(1).max(256),
  type: z.string(),
  required: z.boolean().nullish(),
  format: z.string().nullish(),
})
type Field = z.infer<typeof fieldSchema>

/**
 * A list as the guide dialect shows it. Unknown members are kept, because a change sends the whole
 * list back.
 */
const listSchema = z.looseObject({
  id: genesysIdSchema,
  name: z.string(),
  status: z.enum(['READY', 'PROCESSING', 'ERROR']),
  size: z.number().int().nonnegative().nullish(),
  description: z.string().nullish().catch(null),
  schema: z.looseObject({
    name: z.string().nullish().catch(null),
    version: z.union([z.string(), z.number()]).nullish(),
    fields: z.array(fieldSchema).min(1),
  }),
})

export type WireList = z.infer<typeof listSchema>
export const wireListSchema: z.ZodType<WireList> = listSchema

/** The call that reads the present state of a list. */
export const readListCall = (listId: string, newLists: NewLists): ApiCall<WireList> => ({
  operation: 'read-contact-list',
  method: 'GET',
  path: `/api/v2/outbound/lists/${pathSegment(listId)}`,
  schema: listSchema,
  right: 'outbound:list:read',
  notYet: () => newLists.has(listId),
})

const STATUSES = { READY: 'ready', PROCESSING: 'processing', ERROR: 'error' } as const

/**
 * A column is a phone column if its format [guide-001] or its type [guide-000] says so. Genesys
 * uses both forms [guide-api: Contact lists].
 */
const kindOf = ({ type, format }: Field): ColumnKind => {
  if (format?.toUpperCase() === 'E.164') return 'phone'
  const kinds: Record<string, ColumnKind> = { phone: 'phone', email: 'email', date: 'date' }
  return kinds[type.toLowerCase()] ?? 'text'
}

/** The list in the gateway's form. */
export const contactListOf = (list: WireList): ContactList => {
  const fields = list.schema.fields.map((field) => ({
    name: field.name,
    kind: kindOf(field),
    required: field.required ?? false,
  }))
  const digest = sha256Hex(canonicalJson(fields)).slice(0, 16)
  return {
    id: list.id,
    name: list.name,
    status: STATUSES[list.status],
    schemaVersion: `${list.schema.version ?? ''}:${digest}`,
    columns: fields,
    size: list.size ?? null,
    shown: {
      description: list.description ?? undefined,
      schemaName: list.schema.name ?? undefined,
      schemaVersion: list.schema.version?.toString(),
      columns: {},
    },
  }
}

const TYPES = { text: 'String', phone: 'Phone', email: 'Email', date: 'Date' } as const

/** The type of a column in a mapping [guide-000]. */
export const typeOfKind = (kind: ColumnKind): string => TYPES[kind]

/**
 * A column as a field of a list's schema. A phone is a text with a format, as in the guide for this
 * call [guide-001].
 */
export const fieldOfColumn = ({
  name,
  kind,
  required,
}: {
  name: string
  kind: ColumnKind
  required: boolean
}) => ({
  name,
  type: kind === 'phone' ? TYPES.text : TYPES[kind],
  required,
  ...(kind === 'phone' ? { format: 'E.164' } : {}),
})
