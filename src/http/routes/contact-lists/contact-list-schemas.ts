import { z } from 'zod'

import { COLUMN_KINDS } from '../../../domain/contact-lists/contact-list.ts'
import { NEW_LIST_LIMITS } from '../../../domain/contact-lists/new-contact-list.ts'
import { queueOptionsSchema } from '../../../domain/contact-lists/queue-options.ts'
import { looksPersonal } from '../../../domain/contacts/personal-name.ts'
import { genesysIdSchema } from '../../../domain/ids/ids.ts'
import { isForbiddenName, isLedgerColumn } from '../../../intake/columns/column-names.ts'
import { contactListSchema, cursorSchema, limitUpTo } from '../../server/schemas.ts'

/**
 * A name has letters, digits and signs that separate words. Genesys refuses backslashes. Quotes and
 * commas would make CSV files error-prone.
 */
const COLUMN_NAME = /^[\p{L}\p{N}_](?:[\p{L}\p{N}_ .:()/-]*[\p{L}\p{N}_)])?$/u

const columnName = z
  .string()
  .min(1)
  .max(NEW_LIST_LIMITS.columnNameChars)
  .regex(
    COLUMN_NAME,
    'may have letters, digits, spaces and these characters: _ . : - / ( ). It must begin with a letter, a digit or _, and end with a letter, a digit, _ or )',
  )
  .refine((name) => !isForbiddenName(name) && !looksPersonal(name), 'is not a valid column name')
  .refine(
    (name) => !isLedgerColumn(name),
    'is the name of a column of the ledger (the rows of an upload with their outcomes). If you upload a ledger, the gateway ignores such columns',
  )

/** The types of columns in the guides, for callers who send a schema in that form. */
const KIND_OF_TYPE = { String: 'text', Phone: 'phone', Email: 'email', Date: 'date' } as const
const KIND_MISSING = `is missing. Send one of ${COLUMN_KINDS.map((kind) => JSON.stringify(kind)).join(', ')}, or send \`type\` instead`
const TYPES = ['String', 'Phone', 'Email', 'Date'] as const

const columnSchema = z
  .strictObject({
    name: columnName,
    kind: z.enum(COLUMN_KINDS).optional(),
    /**
     * An alternative to `kind`, in the form of the guides. A phone column is a String with the
     * format E.164, or a Phone.
     */
    type: z.enum(TYPES).optional(),
    format: z.literal('E.164').optional(),
    required: z.boolean().default(false),
    whatsApp: z.boolean().optional(),
    callableTimeColumn: z.string().optional(),
    contactableTimeColumn: z.string().optional(),
  })
  .transform(({ name, kind, type, format, required, ...column }, context) => {
    const fault = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [path], message })
    if (kind === undefined && type === undefined) fault('kind', KIND_MISSING)
    if (kind !== undefined && type !== undefined) fault('kind', 'cannot be sent together with type')
    const holdsNumbers = type === 'String' || type === 'Phone'
    if (format !== undefined && !holdsNumbers) fault('format', 'needs the type String or Phone')
    const declared = format === undefined ? KIND_OF_TYPE[type ?? 'String'] : 'phone'
    return { name, kind: kind ?? declared, required, ...column }
  })
type Column = z.output<typeof columnSchema>

const firstRepeated = (names: readonly string[]): number =>
  names.findIndex((name, index) => names.indexOf(name) < index)

const isTimeZone = (name: string): boolean => {
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }) !== undefined
  } catch {
    return false
  }
}

const text = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^\P{C}+$/u, 'must not have control characters')

/**
 * All settings of both dialects. A setting that the gateway's dialect does not have is refused with
 * `capability-not-available`.
 */
const settingsShape = {
  description: text(NEW_LIST_LIMITS.descriptionChars).optional(),
  schemaName: text(NEW_LIST_LIMITS.columnNameChars).optional(),
  schemaVersion: z
    .string()
    .regex(
      /^\d{1,9}(\.\d{1,9}){0,2}$/,
      'must be one to three numbers with points between them, such as 1.0',
    )
    .optional(),
  divisionId: genesysIdSchema.optional(),
  attemptLimitsId: genesysIdSchema.optional(),
  automaticTimeZoneMapping: z.boolean().optional(),
  zipCodeColumn: z.string().optional(),
  retentionType: z
    .string()
    .regex(/^\w{1,64}$/, 'must be a word')
    .optional(),
  retentionDays: z.int().positive().max(36_500).optional(),
  dateExpiration: z.iso.datetime({ offset: true }).optional(),
  timeZone: z.string().refine(isTimeZone, 'must be the name of a time zone').optional(),
}

type Fault = (path: (string | number)[], message: string) => void

/**
 * Checks the settings of a column. A column to which a setting refers must be a text column of the
 * list.
 */
const checkColumn = (columns: readonly Column[], column: Column, index: number, fault: Fault) => {
  const at = (name: string): (string | number)[] => ['columns', index, name]
  const { kind, whatsApp, callableTimeColumn, contactableTimeColumn } = column
  const isText = (name: string): boolean =>
    columns.some((other) => other.name === name && other.kind === 'text')
  if (whatsApp === true && kind !== 'phone') fault(at('whatsApp'), 'needs the kind phone')
  if (callableTimeColumn !== undefined) {
    const called = kind === 'phone' && whatsApp !== true
    if (!called) fault(at('callableTimeColumn'), 'needs a phone column without whatsApp')
    if (!isText(callableTimeColumn)) fault(at('callableTimeColumn'), NO_TEXT)
  }
  if (contactableTimeColumn !== undefined) {
    const written = kind === 'email' || whatsApp === true
    if (!written) fault(at('contactableTimeColumn'), 'needs an email column or a WhatsApp column')
    if (!isText(contactableTimeColumn)) fault(at('contactableTimeColumn'), NO_TEXT)
  }
}
const NO_TEXT = 'must be the name of a text column'

/**
 * Checks the settings about time zones. Genesys either finds time zones itself or reads them from a
 * column. A list cannot have both settings.
 */
const checkTimeZones = (
  list: {
    columns: Column[]
    automaticTimeZoneMapping?: boolean | undefined
    zipCodeColumn?: string | undefined
  },
  fault: Fault,
): void => {
  const { columns, automaticTimeZoneMapping, zipCodeColumn } = list
  const timed = columns.findIndex(({ callableTimeColumn }) => callableTimeColumn !== undefined)
  if (automaticTimeZoneMapping === true && timed >= 0) {
    fault(
      ['columns', timed, 'callableTimeColumn'],
      'is not allowed together with automaticTimeZoneMapping',
    )
  }
  if (zipCodeColumn === undefined) return
  if (automaticTimeZoneMapping !== true) fault(['zipCodeColumn'], 'needs automaticTimeZoneMapping')
  const zip = columns.find(({ name }) => name === zipCodeColumn)
  if (zip?.kind !== 'text') fault(['zipCodeColumn'], NO_TEXT)
}

/**
 * The definition of a new contact list. Names that differ only in case count as equal, because some
 * parts of Genesys compare them without case.
 */
export const newContactListSchema = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .max(NEW_LIST_LIMITS.nameChars)
      .regex(
        /^[^\p{C}\s](?:[^\p{C}]*[^\p{C}\s])?$/u,
        'must not begin or end with a space, and must not have control characters',
      ),
    columns: z.array(columnSchema).min(1).max(NEW_LIST_LIMITS.columns),
    contactIdColumn: z.string(),
    ...settingsShape,
  })
  .superRefine((list, context) => {
    const { columns, contactIdColumn } = list
    const fault: Fault = (path, message) => context.addIssue({ code: 'custom', path, message })
    const repeated = firstRepeated(columns.map(({ name }) => name.toLowerCase()))
    if (repeated >= 0) fault(['columns', repeated, 'name'], 'is the name of another column too')
    if (!columns.some(({ kind }) => kind === 'phone' || kind === 'email')) {
      fault(['columns'], 'must include a column of the kind phone or email')
    }
    const idColumn = columns.find(({ name }) => name === contactIdColumn)
    if (idColumn?.kind !== 'text') fault(['contactIdColumn'], NO_TEXT)
    for (const [index, column] of columns.entries()) checkColumn(columns, column, index, fault)
    checkTimeZones(list, fault)
  })

/** The list as Genesys made it. `notes`: how it differs from the request. */
export const provisionedListSchema = contactListSchema.extend({
  contactIdColumn: z.string(),
  notes: z.array(z.strictObject({ column: z.string().nullable(), note: z.string() })),
})

export const contactListsQuerySchema = z.strictObject({
  limit: limitUpTo(200, 200),
  cursor: cursorSchema.optional(),
})

export const listSettingsSchema = z.strictObject({
  contactListId: z.string(),
  /**
   * What happens to contacts that are added: to their place in a campaign's queue, and to the data
   * that Genesys has recorded about them.
   */
  queue: queueOptionsSchema,
})

const decision = z.boolean().nullable().optional()
/** Members that are left out do not change. null: removes the list's default for the option. */
export const listSettingsChangeSchema = z.strictObject({
  queue: z.strictObject({ priority: decision, doNotQueue: decision, clearSystemData: decision }),
})
