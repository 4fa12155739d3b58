import { z } from 'zod'

import { isStorable } from '../../../lib/storable-time.ts'
import { callingCodeOfCountry } from '../../phones/phone-country.ts'
import { EDITION_CHANGES } from './registry.ts'

export const registryNameSchema = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,39}$/u,
    'must be 1 to 40 small letters, digits, dots, hyphens or underscores',
  )

export const registryCountrySchema = z
  .string()
  .regex(/^[A-Z]{2}$/u, 'must be two capital letters (ISO 3166-1)')
  .refine(
    (country) => callingCodeOfCountry(country) !== null,
    'must be a country that has phone numbers',
  )

/** How many days old an edition of a registry may be when people are called. */
export const maxAgeDaysSchema = z.int().min(1).max(3_650)

const yesOrNo = z.boolean()

/** The options of an edition. */
export const editionOptionsSchema = z.strictObject({
  change: z
    .enum(EDITION_CHANGES)
    .default('full')
    .describe(
      '`full`: the file has all numbers. `add`: the file has the numbers to add to the edition in force. `remove`: the file has the numbers to remove from the edition in force. Default: full',
    ),
  base: z
    .string()
    .regex(/^rge_[0-9a-f]{32}$/u, 'must be the id of an edition')
    .optional()
    .describe(
      'Only if `change` is `add` or `remove`: the edition to which the changes apply. Default: the edition in force',
    ),
  asOf: z.iso
    .datetime({ offset: true })
    .refine((text) => isStorable(Date.parse(text)), 'must be a time in the years 1 to 9999 (UTC)')
    .optional()
    .describe(
      'The time at which the data in the file was current. This time can be at most five minutes in the future. The age of the edition counts from this time. Default: now',
    ),
  subscription: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$/u,
      'must be 1 to 64 letters, digits, spaces, dots, hyphens or underscores',
    )
    .optional()
    .describe('The number of your subscription to the registry. Certificates show this number'),
  offset: z
    .int()
    .min(0)
    // No file has this many bytes, and the number has few enough digits to be read exactly.
    .max(1_000_000_000_000)
    .default(0)
    .describe(
      'The position in the file, in bytes, at which this body begins. Use it to send the rest of a file after an interruption. Default: 0, for the whole file',
    ),
  allowShrink: yesOrNo
    .default(false)
    .describe(
      'true: accepts a full edition that has far fewer numbers than the edition in force. Default: false',
    ),
})
export type EditionOptions = z.output<typeof editionOptionsSchema>
