import { z } from 'zod'

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

/** A registry may set how long its editions are valid, in days. */
export const maxAgeDaysSchema = z.int().min(1).max(3_650)

const yesOrNo = z.boolean()

/** The options of an edition. */
export const editionOptionsSchema = z.strictObject({
  change: z
    .enum(EDITION_CHANGES)
    .default('full')
    .describe(
      'Whether the file has all numbers, or those to add to or remove from the edition in force. Default: full',
    ),
  base: z
    .string()
    .regex(/^rge_[0-9a-f]{32}$/u, 'must be the id of an edition')
    .optional()
    .describe('For a change: the edition that it changes. Default: the one in force'),
  asOf: z.iso
    .datetime({ offset: true })
    .optional()
    .describe(
      'The time of the data in the file. Its age counts from this time, which cannot be in the future. Default: now',
    ),
  subscription: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$/u,
      'must be 1 to 64 letters, digits, spaces, dots, hyphens or underscores',
    )
    .optional()
    .describe('The subscription under which you got the file. Certificates show it'),
  offset: z
    .int()
    .min(0)
    // More than any file has, and few enough digits to be read from a query.
    .max(1_000_000_000_000)
    .default(0)
    .describe(
      'Where the body begins in the file, in bytes: it is the rest of a file of which the gateway keeps so much. Default: 0, the whole file',
    ),
  allowShrink: yesOrNo
    .default(false)
    .describe(
      'Accepts a full edition that has far fewer numbers than the one in force. Default: false',
    ),
})
export type EditionOptions = z.output<typeof editionOptionsSchema>
