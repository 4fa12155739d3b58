import { z } from 'zod'

/**
 * The form of ids from callers and from Genesys. It excludes NUL, which a database cannot store. It
 * also excludes ids that consist of dots, because `encodeURIComponent` leaves dots unchanged, and
 * `.` and `..` in a path (even as `%2E%2E`) mean another directory.
 */
const GENESYS_ID = /^[A-Za-z0-9][A-Za-z0-9._~:@-]{0,127}$/u
const GATEWAY_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/u

/** An id that Genesys gave to one of its objects: a contact list, a campaign, a job. */
export const genesysIdSchema = z
  .string()
  .regex(
    GENESYS_ID,
    'must have 1 to 128 characters: a letter or digit first, then letters, digits or . _ ~ : @ -',
  )

/**
 * An id that the gateway made: a prefix and a UUIDv7. If an id has the permitted form but the
 * gateway did not make it, the answer is 404 and not 400.
 */
export const gatewayIdSchema = z
  .string()
  .regex(
    GATEWAY_ID,
    'must be 1 to 64 letters, digits, hyphens or underscores, beginning with a letter or digit',
  )

/**
 * A contact id to look up. The setting `CONTACT_ID_PATTERN` decides which ids rows may have. It may
 * have changed since the rows were accepted, so this schema does not use it.
 */
export const contactIdSchema = z
  .string()
  .regex(/^[^\p{Cc}\p{Cs}]{1,128}$/u, 'must be 1 to 128 characters, without control characters')
