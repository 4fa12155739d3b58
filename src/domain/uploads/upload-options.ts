import { z } from 'zod'

import { isPhoneRegion } from '../phones/phone-library.ts'
import { TEXT_ENCODINGS } from './text-encoding.ts'

export const UPLOAD_MODES = ['append', 'overwrite'] as const
export type UploadMode = (typeof UPLOAD_MODES)[number]

/** What happens to contacts that the gateway delivered before. */
export const DUPLICATE_RULES = ['update', 'skip', 'ignore'] as const

/** The ways to Genesys. */
export const DELIVERY_METHODS = ['batches', 'file', 'callback'] as const

const columnName = z.string().min(1).max(128)

/** The options of an upload, as a CRM may give them. Unknown ones are refused. The descriptions are those of the API document. */
export const uploadOptionsSchema = z.strictObject({
  mode: z
    .enum(UPLOAD_MODES)
    .default('append')
    .describe('`overwrite` replaces what the list holds; needs `confirmOverwrite`'),
  confirmOverwrite: z
    .string()
    .max(200)
    .optional()
    .describe('With `mode=overwrite`: the id of the list once more'),
  duplicates: z
    .enum(DUPLICATE_RULES)
    .default('update')
    .describe(
      'Contacts that the gateway delivered before: `update` sends changed content, `skip` sends none of them, `ignore` sends all',
    ),
  contactIdColumn: columnName
    .optional()
    .describe(
      'The column of the file with the contact id; unless told `contactId` or `customerId`',
    ),
  mapping: z
    .record(columnName, columnName.nullable())
    .optional()
    .describe('Column of the file → column of the list; null leaves the column out'),
  phoneColumns: z
    .array(columnName)
    .max(50)
    .optional()
    .describe('Text columns of the list that hold phone numbers, by their name in file or list'),
  emailColumns: z
    .array(columnName)
    .max(50)
    .optional()
    .describe('Text columns of the list that hold email addresses, by their name in file or list'),
  missingColumns: z
    .enum(['reject', 'empty'])
    .default('reject')
    .describe('Columns of the list that the file lacks: `empty` sends them empty, which erases'),
  defaultRegion: z
    .string()
    .refine(isPhoneRegion, 'must be the two letters of a country, for example US')
    .meta({ pattern: '^[A-Z]{2}$' })
    .optional()
    .describe('The country by whose rules phone numbers without + are read: two letters, as US'),
  phonePlus: z
    .enum(['reject', 'restore'])
    .optional()
    .describe(
      'Numbers that begin with a country code and may have lost their +: `restore` reads them with it, `reject` (unless told) refuses those that are valid without it too',
    ),
  schemaDrift: z
    .enum(['reject', 'drop', 'extend'])
    .default('reject')
    .describe(
      'Columns that the list lacks: `drop` leaves them out, `extend` adds them to the list',
    ),
  delivery: z
    .enum(['auto', ...DELIVERY_METHODS])
    .default('auto')
    .describe('The way to Genesys'),
  duplicateCheckField: columnName
    .optional()
    .describe('With `delivery=callback`: the column of the list by which Genesys finds contacts'),
  apply: z
    .enum(['auto', 'manual'])
    .default('auto')
    .describe('`manual` holds the upload with its plan until POST …/apply'),
  notBefore: z.iso
    .datetime({ offset: true })
    .optional()
    .describe('Holds the upload until then, at most 30 days; Z or an offset, in a query + is %2B'),
  priority: z
    .boolean()
    .optional()
    .describe('Contacts go to the front of the queue (platform); unless told as the list says'),
  doNotQueue: z
    .boolean()
    .optional()
    .describe(
      'Contacts that were dialled are not dialled again (platform); unless told as the list says, else true',
    ),
  clearSystemData: z
    .boolean()
    .optional()
    .describe(
      'Wipes what Genesys recorded of the contacts (platform); unless told as the list says, else false',
    ),
  encoding: z
    .enum(TEXT_ENCODINGS)
    .optional()
    .describe('The encoding of the file; unless told by its bytes'),
  delimiter: z
    .enum([',', ';', '\t', '|'])
    .optional()
    .describe('Of a CSV; unless told by its first record'),
  hasHeader: z
    .boolean()
    .default(true)
    .describe('Of a CSV: `false` takes the columns in the order of the list, or by position'),
})

export type UploadOptions = z.infer<typeof uploadOptionsSchema>
