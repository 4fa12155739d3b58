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

/** The most characters of a removal's reason. */
export const LONGEST_WORDS = 256

const shared = {
  source: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .describe('Where the entries come from, for example `crm-export`'),
  receivedAt: moment
    .optional()
    .describe(
      'When the people asked not to be called. Default: the time at which the gateway receives the entries',
    ),
  region: z
    .string()
    .refine(isPhoneRegion, 'must be the two-letter code of a country, for example US')
    .meta({ pattern: '^[A-Z]{2}$' })
    .optional()
    .describe(
      'Country of numbers without +. Two letters. If neither this option nor the entry names a country, a number without + is rejected',
    ),
  contactListIds: z
    .array(genesysIdSchema)
    .min(1)
    .max(100)
    .optional()
    .describe('The contact lists to which the entries apply. Default: all'),
  delimiter: z
    .enum([',', ';', '\t', '|'])
    .optional()
    .describe('Delimiter of a CSV. Default: detected from its first record. Not allowed with JSON'),
  encoding: z
    .enum(TEXT_ENCODINGS)
    .optional()
    .describe('Encoding of the file. Default: detected from its bytes'),
}

const mappingTo = <Field extends string>(fields: readonly [Field, ...Field[]]) =>
  z
    .record(z.string().min(1).max(128), z.enum(fields).nullable())
    .optional()
    .describe(
      'For a CSV: maps a column of the file to a field of an entry. null leaves the column out. Not allowed with JSON',
    )

/**
 * The options of a submission of entries. An option that is a field of entries applies to every
 * entry that has no value for this field. Unknown options are refused.
 */
export const dncOptionsSchema = z.strictObject({
  ...shared,
  reason: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .describe('`REGULATORY`, `CUSTOMER_REQUEST`, `UNSPECIFIED` or a word of DNC_REASONS'),
  expiresAt: moment.optional().describe('When the entries expire. Default: never'),
  expires: moment.optional().describe('Another name for `expiresAt`. Send only one of the two'),
  mapping: mappingTo(ENTRY_FIELDS),
  override: z
    .boolean()
    .optional()
    .describe(
      'true: the new entries replace the entries in force, even if the new entries are weaker or expire earlier. The key needs the scope dnc:override. The scope admin does not include dnc:override. Default: false',
    ),
})
export type DncOptions = z.output<typeof dncOptionsSchema>

/** The options of a submission of removals. */
export const dncRemovalOptionsSchema = z.strictObject({
  ...shared,
  reason: z
    .string()
    .min(1)
    .max(LONGEST_WORDS)
    .optional()
    .describe('Why the entries end, in your own words'),
  mapping: mappingTo(REMOVAL_FIELDS),
  override: z
    .boolean()
    .optional()
    .describe(
      'true: the call also ends REGULATORY entries. For this, the key needs the scope dnc:override, which admin does not include. Default: false',
    ),
})
export type DncRemovalOptions = z.output<typeof dncRemovalOptionsSchema>
