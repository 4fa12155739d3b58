import { z } from 'zod'

import { isPhoneRegion } from '../phones/phone-library.ts'
import { TEXT_ENCODINGS } from './text-encoding.ts'

export const UPLOAD_MODES = ['append', 'overwrite'] as const
export type UploadMode = (typeof UPLOAD_MODES)[number]

/** What to do with contacts that the gateway has delivered before. */
export const DUPLICATE_RULES = ['update', 'skip', 'ignore'] as const

/** The ways in which rows go to Genesys. */
export const DELIVERY_METHODS = ['batches', 'file', 'callback'] as const

const columnName = z.string().min(1).max(128)

/**
 * The options of an upload. Unknown options are refused. The API document shows these descriptions.
 */
export const uploadOptionsSchema = z.strictObject({
  mode: z
    .enum(UPLOAD_MODES)
    .default('append')
    .describe(
      '`append` adds and updates contacts. `overwrite` replaces the contents of the list and needs `confirmOverwrite`',
    ),
  confirmOverwrite: z
    .string()
    .max(200)
    .optional()
    .describe('Required with `mode=overwrite`: the id of the list, as a confirmation'),
  duplicates: z
    .enum(DUPLICATE_RULES)
    .default('update')
    .describe(
      'What to do with contacts that the gateway delivered before. `update` sends a contact only if its content changed. `skip` sends none of these contacts. `ignore` sends all of them',
    ),
  contactIdColumn: columnName
    .optional()
    .describe('The column that holds the contact id. Default: `contactId` or `customerId`'),
  mapping: z
    .record(columnName, columnName.nullable())
    .optional()
    .describe('Maps a column of the file to a column of the list. null leaves the column out'),
  phoneColumns: z
    .array(columnName)
    .max(50)
    .optional()
    .describe(
      'Text columns that hold phone numbers. Use the names that these columns have in the file or in the list',
    ),
  emailColumns: z
    .array(columnName)
    .max(50)
    .optional()
    .describe(
      'Text columns that hold email addresses. Use the names that these columns have in the file or in the list',
    ),
  missingColumns: z
    .enum(['reject', 'empty'])
    .default('reject')
    .describe(
      'What to do with columns of the list that the file does not have. `reject` refuses the file. `empty` sends these columns empty, which erases their content in Genesys',
    ),
  defaultRegion: z
    .string()
    .refine(isPhoneRegion, 'must be the two-letter code of a country, for example US')
    .meta({ pattern: '^[A-Z]{2}$' })
    .optional()
    .describe('Country of phone numbers without +. Two letters, for example US'),
  phonePlus: z
    .enum(['reject', 'restore'])
    .optional()
    .describe(
      'What to do with numbers that begin with a country code and may have lost their +. `restore` adds the +. `reject` refuses a number if it is not clear whether a + is missing. Default: `reject`',
    ),
  schemaDrift: z
    .enum(['reject', 'drop', 'extend'])
    .default('reject')
    .describe(
      'What to do with columns of the file that the list does not have. `reject` refuses the file. `drop` leaves these columns out. `extend` adds them to the list',
    ),
  delivery: z
    .enum(['auto', ...DELIVERY_METHODS])
    .default('auto')
    .describe(
      'How the rows go to Genesys. `batches`: in requests. `file`: as files. `callback`: as files, and Genesys calls the gateway when it has processed a file. `auto`: the number of rows decides between batches and file. Default: `auto`',
    ),
  duplicateCheckField: columnName
    .optional()
    .describe(
      'The column of the list that Genesys compares to find duplicates. Only with `delivery=callback`',
    ),
  apply: z
    .enum(['auto', 'manual'])
    .default('auto')
    .describe('`manual` stops after the plan and waits for POST …/apply'),
  notBefore: z.iso
    .datetime({ offset: true })
    .optional()
    .describe(
      'Holds the upload until this time, at most 30 days ahead. Write the time with Z or an offset. In a query, write + as %2B',
    ),
  priority: z
    .boolean()
    .optional()
    .describe(
      'Whether contacts go to the front of the queue of the campaign (platform dialect). Default: the setting of the list, or false if the list has no setting',
    ),
  doNotQueue: z
    .boolean()
    .optional()
    .describe(
      'true: if a contact was dialled before, Genesys does not dial it again (platform dialect). Default: the setting of the list, or true if the list has no setting',
    ),
  clearSystemData: z
    .boolean()
    .optional()
    .describe(
      'Whether Genesys deletes what it recorded about the contacts (platform dialect). Default: the setting of the list, or false if the list has no setting',
    ),
  encoding: z
    .enum(TEXT_ENCODINGS)
    .optional()
    .describe('Encoding of the file. Default: detected from its bytes'),
  delimiter: z
    .enum([',', ';', '\t', '|'])
    .optional()
    .describe('Delimiter of a CSV (only for CSV). Default: detected from its first record'),
  hasHeader: z
    .boolean()
    .default(true)
    .describe(
      'For a CSV. `false`: the file has no header. The file must then have its columns in the order of the columns of the list, or `mapping` must name the columns by position',
    ),
})

export type UploadOptions = z.infer<typeof uploadOptionsSchema>
