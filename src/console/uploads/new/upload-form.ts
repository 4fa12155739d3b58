import { z } from 'zod'

import { genesysIdSchema } from '../../../domain/ids/ids.ts'
import { isPhoneRegion } from '../../../domain/phones/phone-library.ts'
import { TEXT_ENCODINGS } from '../../../domain/uploads/text-encoding.ts'
import {
  DUPLICATE_RULES,
  UPLOAD_MODES,
  type UploadOptions,
  uploadOptionsSchema,
} from '../../../domain/uploads/upload-options.ts'
import { filled } from '../../frame/fields.ts'

export const DELIMITERS = { comma: ',', semicolon: ';', tab: '\t', bar: '|' } as const
export type DelimiterName = keyof typeof DELIMITERS
export const DELIMITER_NAMES = Object.keys(DELIMITERS) as DelimiterName[]

const columnName = z.string().min(1).max(128)

/**
 * A column of the file and its target. Both are in one value, as JSON, because a name may contain
 * any separator.
 */
const mapEntry = z
  .string()
  .max(1_000)
  .transform((text, context): [string, string | null] | null => {
    if (text === '') return null
    const pair = z.tuple([columnName, columnName.nullable()]).safeParse(parsed(text))
    if (pair.success) return pair.data
    context.addIssue({ code: 'custom', message: 'is no pair of columns' })
    return z.NEVER
  })

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Yes or no. Default: the setting of the list, else the safe default (`chooseQueue`). */
const decision = filled(z.enum(['yes', 'no']))

/** A time as `<input type=datetime-local>` sends it. The page states that it is UTC. */
const minuteOfUtc = filled(z.iso.datetime({ local: true, precision: -1 }))

const oneOrMore = <S extends z.ZodType>(schema: S) =>
  z.union([z.array(schema), schema.transform((one) => [one])])

/** The fields of the form of a new upload. */
export const uploadFormSchema = z.strictObject({
  list: genesysIdSchema,
  mode: z.enum(UPLOAD_MODES).default('append'),
  confirmOverwrite: filled(z.string().trim().max(200)),
  duplicates: z.enum(DUPLICATE_RULES).default('update'),
  missingColumns: z.enum(['reject', 'empty']).default('reject'),
  region: filled(z.string().trim().toUpperCase().refine(isPhoneRegion)),
  schemaDrift: z.enum(['reject', 'drop', 'extend']).default('reject'),
  phonePlus: filled(z.enum(['reject', 'restore'])),
  apply: z.enum(['manual', 'auto']).default('manual'),
  notBefore: minuteOfUtc,
  priority: decision,
  doNotQueue: decision,
  clearSystemData: decision,
  encoding: filled(z.enum(TEXT_ENCODINGS)),
  delimiter: filled(z.enum(DELIMITER_NAMES)),
  header: z.enum(['yes', 'no']).default('yes'),
  idColumn: filled(columnName),
  map: oneOrMore(mapEntry).default([]),
  /** Made with the page, so that a form that is sent twice makes one upload. */
  key: z.string().regex(/^[0-9a-f-]{36}(?:-\d{1,6})?$/u),
  /** Present if the script sends only the beginning of the file, to have it checked. */
  part: filled(z.literal('yes')),
})

export type UploadForm = z.output<typeof uploadFormSchema>

const decided = (form: UploadForm): Record<string, boolean> => {
  const { priority, doNotQueue, clearSystemData } = form
  const given = Object.entries({ priority, doNotQueue, clearSystemData })
  return Object.fromEntries(
    given.flatMap(([name, choice]) => (choice === undefined ? [] : [[name, choice === 'yes']])),
  )
}

/** The options of the upload, in the form of the API. */
export const optionsOfForm = (form: UploadForm): UploadOptions => {
  const pairs = form.map.filter((pair) => pair !== null)
  return uploadOptionsSchema.parse({
    mode: form.mode,
    duplicates: form.duplicates,
    missingColumns: form.missingColumns,
    schemaDrift: form.schemaDrift,
    apply: form.apply,
    ...decided(form),
    hasHeader: form.header === 'yes',
    ...(form.mode === 'overwrite' && { confirmOverwrite: form.confirmOverwrite }),
    ...(form.region !== undefined && { defaultRegion: form.region }),
    ...(form.phonePlus !== undefined && { phonePlus: form.phonePlus }),
    ...(form.notBefore !== undefined && { notBefore: `${form.notBefore}:00Z` }),
    ...(form.encoding !== undefined && { encoding: form.encoding }),
    ...(form.delimiter !== undefined && { delimiter: DELIMITERS[form.delimiter] }),
    ...(form.idColumn !== undefined && { contactIdColumn: form.idColumn }),
    ...(pairs.length > 0 && { mapping: Object.fromEntries(pairs) }),
  })
}
