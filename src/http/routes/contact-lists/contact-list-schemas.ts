import { z } from 'zod'

import { COLUMN_KINDS } from '../../../domain/contact-lists/contact-list.ts'
import { NEW_LIST_LIMITS } from '../../../domain/contact-lists/new-contact-list.ts'
import { looksPersonal } from '../../../domain/contacts/personal-name.ts'
import { isForbiddenName, isLedgerColumn } from '../../../intake/columns/column-names.ts'
import { contactListSchema, cursorSchema, limitUpTo } from '../../server/schemas.ts'

/** Letters, digits and what stands between words; Genesys takes no backslashes, and a quote or a comma makes CSV fragile. */
const COLUMN_NAME = /^[\p{L}\p{N}_](?:[\p{L}\p{N}_ .:()/-]*[\p{L}\p{N}_)])?$/u

const columnSchema = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(NEW_LIST_LIMITS.columnNameChars)
    .regex(
      COLUMN_NAME,
      'may hold letters, digits, spaces and _ . : ( ) / -, and ends and begins with none of the signs',
    )
    .refine((name) => !isForbiddenName(name) && !looksPersonal(name), 'is no name for a column')
    .refine(
      (name) => !isLedgerColumn(name),
      'is a column of the ledger, which is left out when a file is sent back',
    ),
  kind: z.enum(COLUMN_KINDS),
  required: z.boolean().default(false),
})

const firstRepeated = (names: readonly string[]): number =>
  names.findIndex((name, index) => names.indexOf(name) < index)

/** What makes a contact list. Genesys compares the names of columns without regard to case in some places: so do we. */
export const newContactListSchema = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .max(NEW_LIST_LIMITS.nameChars)
      .regex(
        /^[^\p{C}\s](?:[^\p{C}]*[^\p{C}\s])?$/u,
        'must not begin or end with a space, nor hold control characters',
      ),
    columns: z.array(columnSchema).min(1).max(NEW_LIST_LIMITS.columns),
    contactIdColumn: z.string(),
  })
  .superRefine(({ columns, contactIdColumn }, context) => {
    const fault = (path: (string | number)[], message: string): void =>
      context.addIssue({ code: 'custom', path, message })
    const repeated = firstRepeated(columns.map(({ name }) => name.toLowerCase()))
    if (repeated >= 0) fault(['columns', repeated, 'name'], 'is the name of another column too')
    if (!columns.some(({ kind }) => kind === 'phone' || kind === 'email')) {
      fault(['columns'], 'must hold a column of the kind phone or email')
    }
    const idColumn = columns.find(({ name }) => name === contactIdColumn)
    if (idColumn?.kind !== 'text') {
      fault(['contactIdColumn'], 'must be the name of one of the columns, of the kind text')
    }
  })

/** The list as it was made; `notes` tell where Genesys keeps a column otherwise than asked. */
export const provisionedListSchema = contactListSchema.extend({
  contactIdColumn: z.string(),
  notes: z.array(z.strictObject({ column: z.string(), note: z.string() })),
})

export const contactListsQuerySchema = z.strictObject({
  limit: limitUpTo(200).default(200),
  cursor: cursorSchema.optional(),
})
