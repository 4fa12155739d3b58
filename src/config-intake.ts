import { z } from 'zod'

import { wholeNumber, wholePattern } from './config-values.ts'
import { isPhoneRegion } from './domain/phones/phone-library.ts'

/** The formats of the variables about files of contacts. */
export const intakeVariables = {
  DEFAULT_PHONE_REGION: z
    .string()
    .refine(isPhoneRegion, 'must be a known country code of two capital letters, such as US'),
  CONTACT_ID_PATTERN: wholePattern,
  MAX_UPLOAD_BYTES: wholeNumber(1, 2 ** 40),
  MAX_UPLOAD_ROWS: wholeNumber(1, 1_000_000_000),
  WARM_UP_ROWS: wholeNumber(0, 1_000_000),
}

/** `warmUpRows`: how many made-up rows are read before the gateway listens. 0: none. */
export const intakeOf = (env: {
  [Name in keyof typeof intakeVariables]: z.output<(typeof intakeVariables)[Name]>
}) => ({
  defaultRegion: env.DEFAULT_PHONE_REGION,
  contactIdPattern: env.CONTACT_ID_PATTERN,
  maxUploadBytes: env.MAX_UPLOAD_BYTES,
  maxUploadRows: env.MAX_UPLOAD_ROWS,
  warmUpRows: env.WARM_UP_ROWS,
})
