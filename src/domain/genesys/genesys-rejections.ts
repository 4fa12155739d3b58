import { page, type RejectionPage } from '../uploads/rejection-page.ts'

/**
 * What Genesys can have against a row that the gateway found good, as the ledger shows it. The codes are contract; every one of them has
 * words for the operator, who can change the file or the list and has no log.
 */
export const GENESYS_REJECTIONS = {
  'genesys-refused': page(
    'Genesys refused the row, or the request that it was to go in.',
    'A value that Genesys does not take in that column.',
    "Look at the column named, or where none is at the upload's `problem`; correct the row against the list's rules and send it again.",
  ),
  'genesys-unknown-column': page(
    'Genesys says that the contact list has no such column.',
    'A column was taken out of the list while the upload was on its way.',
    'Compare the columns of the file with those of the list; send the row again when they agree.',
  ),
  'genesys-format-mismatch': page(
    'Genesys expects another format in the column than the list showed when the row was checked.',
    'A text column of the list that Genesys checks as phone numbers in E.164.',
    'Ask for the format of the column in Genesys; name the column in phoneColumns or emailColumns, or correct the list, and send the row again.',
  ),
  'genesys-contact-id-invalid': page(
    'Genesys does not take the contact id.',
    'An id with a character that your organisation does not allow.',
    'Give the contact an id of letters and digits, in the CRM too, and send the row again.',
  ),
  'genesys-phone-invalid': page(
    'Genesys does not take the phone number, though it is valid by its numbering plan.',
    'A number of a range that Genesys does not know yet.',
    'Check the number with the contact; correct it, or leave the cell empty, and send the row again.',
  ),
  'genesys-email-invalid': page(
    'Genesys does not take the email address.',
    'An address with a top-level domain that Genesys does not know.',
    'Correct the address, or leave the cell empty, and send the row again.',
  ),
  'genesys-date-invalid': page(
    'Genesys does not take the date.',
    'A date before 1900.',
    'Correct the date, or leave the cell empty, and send the row again.',
  ),
  'genesys-zip-code-invalid': page(
    'Genesys does not take the postal code, by which it finds the time zone of the contact.',
    'A postal code that is not one of the country.',
    'Correct the postal code, or leave the cell empty, and send the row again.',
  ),
  'genesys-required-empty': page(
    'Genesys requires a value where the row has none.',
    'A column that was made required after the row was checked.',
    'Fill the cell and send the row again.',
  ),
  'genesys-cell-too-long': page(
    'A cell is longer than Genesys takes.',
    'A note of 600 characters where 512 is the limit.',
    'Shorten the cell and send the row again.',
  ),
  'genesys-invalid-file-format': page(
    'Genesys cannot read the row as part of a file and does not say why.',
    'A row with a character that Genesys does not take in a file.',
    'Look for unusual characters in the row; correct it and send it again, with delivery=batches if it is refused once more.',
  ),
  'genesys-too-large': page(
    'The row alone is larger than Genesys takes in a request.',
    'A row of several megabytes.',
    'Shorten the cells of the row and send it again.',
  ),
  'genesys-job-failed': page(
    'Genesys took the rows and then failed to ingest them, twice, without saying why.',
    'A job that ends as failed and names no row.',
    'Send the row again.',
  ),
  'genesys-job-lost': page(
    'Genesys took the rows and then knew nothing of them, twice.',
    'A job id that Genesys answers with 404.',
    'Send the row again.',
  ),
  'genesys-import-failed': page(
    'Genesys took the file that the row was in and then failed to import it.',
    'An import that Genesys ends as FAILED.',
    'Send the row again; if the file fails once more, send it with delivery=batches, where Genesys names the rows.',
  ),
  'genesys-row-not-imported': page(
    'Genesys imported the file that the row was in, and does not show the row.',
    'A row that Genesys leaves out of an import; its event log tells of errors without rows.',
    "Compare the row with the list's rules in Genesys; send it again with delivery=batches, where Genesys says what is wrong.",
  ),
  'contact-list-full': page(
    'The contact list holds as many contacts as Genesys allows, so there was no room for the row.',
    'The 1,000,001st contact of a list.',
    'Remove contacts that are done from the list, or send the row to another list.',
  ),
} as const satisfies Record<string, RejectionPage>

/** A code of a row that Genesys refused. */
export type GenesysRowCode = keyof typeof GENESYS_REJECTIONS

/** Codes that speak of the list and not of the row: nothing is wrong with the row, so it is not failed but waits [guide-api: Contacts]. */
const SCHEMA_CODES: readonly GenesysRowCode[] = [
  'genesys-unknown-column',
  'genesys-format-mismatch',
]

export const isSchemaCode = (code: GenesysRowCode): boolean => SCHEMA_CODES.includes(code)
