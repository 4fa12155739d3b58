/** The default shape of a contact id; `CONTACT_ID_PATTERN`-like settings may replace it. Source: design, the row rules. */
export const CONTACT_ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$/

/**
 * Whether the id is the row's phone number: as the row wrote it, its digits, or its E.164 form without the plus. Phone numbers
 * change hands, so they identify nobody.
 */
export const isPhoneNumber = (contactId: string, e164: string, written: string): boolean =>
  contactId === written ||
  (e164.endsWith(contactId) &&
    (contactId === e164.slice(1) || contactId === written.replace(/\D/g, '')))
