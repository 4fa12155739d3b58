import { z } from 'zod'

/**
 * The grammar of ids from callers and from Genesys. It excludes what a database cannot store (NUL)
 * and what means something else in a path: `encodeURIComponent` leaves dots unchanged, and readers
 * of a URL treat `.` and `..`, also `%2E%2E`, as a way up.
 */
const GENESYS_ID = /^[A-Za-z0-9][A-Za-z0-9._~:@-]{0,127}$/u
const GATEWAY_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/u

/** An id that Genesys gave to one of its objects: a contact list, a campaign, a job. */
export const genesysIdSchema = z
  .string()
  .regex(
    GENESYS_ID,
    'must be 1 to 128 letters, digits or any of . _ ~ : @ -, beginning with a letter or digit',
  )

/**
 * An id that the gateway made: a prefix and a UUIDv7. Any other id of this form is unknown, not
 * invalid.
 */
export const gatewayIdSchema = z
  .string()
  .regex(
    GATEWAY_ID,
    'must be 1 to 64 letters, digits, hyphens or underscores, beginning with a letter or digit',
  )

/** A contact id to look up. The setting `CONTACT_ID_PATTERN` decides which ids rows may have. */
export const contactIdSchema = z
  .string()
  .regex(/^[^\p{Cc}\p{Cs}]{1,128}$/u, 'must be 1 to 128 characters, without control characters')
