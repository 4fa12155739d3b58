import { z } from 'zod'

import { genesysIdSchema } from '../ids/ids.ts'
import { isPhoneRegion } from '../phones/phone-library.ts'
import { TEXT_ENCODINGS } from '../uploads/text-encoding.ts'
import { ENTRY_FIELDS, REMOVAL_FIELDS } from './dnc-entry.ts'
import { instantOf } from './instant.ts'

const moment = z
  .string()
  .max(40)
  .refine(
    (text) => instantOf(text) !== null,
    'must be a date and time of ISO 8601 with a zone, for example 2027-01-31T00:00:00Z',
  )
  .meta({ format: 'date-time' })

/** Characters of a reason that is said in words. */
export const LONGEST_WORDS = 256

const shared = {
  source: z.string().min(1).max(64).optional().describe('Where the entries come from'),
  receivedAt: moment.optional().describe('When the persons said it. Default: now'),
  region: z
    .string()
    .refine(isPhoneRegion, 'must be the two letters of a country, for example US')
    .meta({ pattern: '^[A-Z]{2}$' })
    .optional()
    .describe('The country by whose rules numbers without + are read. There is no default'),
  contactListIds: z
    .array(genesysIdSchema)
    .min(1)
    .max(100)
    .optional()
    .describe('The contact lists for which the entries hold. Default: all'),
  delimiter: z
    .enum([',', ';', '\t', '|'])
    .optional()
    .describe('Of a CSV. Default: found by its first record. Refused beside JSON'),
  encoding: z.enum(TEXT_ENCODINGS).optional().describe('Of the file. Default: found by its bytes'),
}

const mappingTo = <Field extends string>(fields: readonly [Field, ...Field[]]) =>
  z
    .record(z.string().min(1).max(128), z.enum(fields).nullable())
    .optional()
    .describe(
      'Of a CSV: column of the file → field of an entry; null leaves the column out. Refused beside JSON',
    )

/** The options of a submission of entries: they stand for every entry without its own. Unknown ones are refused. */
export const dncOptionsSchema = z.strictObject({
  ...shared,
  reason: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .describe('`REGULATORY`, `CUSTOMER_REQUEST`, `UNSPECIFIED` or a word of DNC_REASONS'),
  expiresAt: moment.optional().describe('Until when the entries hold. Default: for ever'),
  expires: moment
    .optional()
    .describe('The same as `expiresAt`; one of the two is refused beside the other'),
  mapping: mappingTo(ENTRY_FIELDS),
  override: z
    .boolean()
    .optional()
    .describe(
      'Whether the entries take the place of what stands, also where they are weaker or shorter. Needs the scope dnc:override by name. Default: false',
    ),
})
export type DncOptions = z.output<typeof dncOptionsSchema>

/** The options of a submission of removals. */
export const dncRemovalOptionsSchema = z.strictObject({
  ...shared,
  reason: z.string().min(1).max(LONGEST_WORDS).optional().describe('Why, in your own words'),
  mapping: mappingTo(REMOVAL_FIELDS),
  override: z
    .boolean()
    .optional()
    .describe(
      'Whether REGULATORY entries are removed too. Needs the scope dnc:override by name. Default: false',
    ),
})
export type DncRemovalOptions = z.output<typeof dncRemovalOptionsSchema>
