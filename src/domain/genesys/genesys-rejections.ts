import { page, type RejectionPage } from '../uploads/rejection-page.ts'

/**
 * Why Genesys may refuse a row that the gateway accepted. Callers rely on these codes. The texts
 * are for an operator who can change the file or the list, but cannot read the log.
 */
export const GENESYS_REJECTIONS = {
  'genesys-refused': page(
    'Genesys refused the row, or the request that contained it.',
    'A cell has a value that Genesys does not accept.',
    "Check the named column. If no column is named, check the upload's `problem`. Correct the row so that it follows the rules of the list, and send it again.",
  ),
  'genesys-unknown-column': page(
    'Genesys reports that the row has a column that the contact list does not have.',
    'A column was removed from the list while the upload was being delivered.',
    'Compare the columns of the file with those of the list. Send the row again when they match.',
  ),
  'genesys-format-mismatch': page(
    'The value does not have the format that Genesys expects in the column. The list in Genesys did not name this format, so the gateway could not detect the fault.',
    'The list shows a text column, but Genesys checks its values as phone numbers in E.164.',
    'Check the format of the column in Genesys. Name the column in phoneColumns or emailColumns, or correct the list. Then send the row again.',
  ),
  'genesys-contact-id-invalid': page(
    'Genesys does not accept the contact id.',
    'An id with a character that your organisation does not allow.',
    'In the CRM, give the contact an id that contains only letters and digits. Then send the row again.',
  ),
  'genesys-phone-invalid': page(
    'Genesys does not accept the phone number, although it is a valid number of its country.',
    'A number of a range that Genesys does not know yet.',
    'Ask the contact for the right number. Correct the cell or leave it empty, and send the row again.',
  ),
  'genesys-email-invalid': page(
    'Genesys does not accept the email address.',
    'An address with a top-level domain that Genesys does not know.',
    'Correct the address, or leave the cell empty, and send the row again.',
  ),
  'genesys-date-invalid': page(
    'Genesys does not accept the date.',
    'A date before 1900.',
    'Correct the date, or leave the cell empty, and send the row again.',
  ),
  'genesys-zip-code-invalid': page(
    'Genesys does not accept the postal code, from which it derives the time zone of the contact.',
    'A postal code that does not exist in the country.',
    'Correct the postal code, or leave the cell empty, and send the row again.',
  ),
  'genesys-required-empty': page(
    'Genesys requires a value in a cell that is empty.',
    'The column became required after the row was checked.',
    'Fill the cell and send the row again.',
  ),
  'genesys-cell-too-long': page(
    'A cell is longer than Genesys accepts.',
    'A note of 600 characters where 512 is the limit.',
    'Shorten the cell and send the row again.',
  ),
  'genesys-invalid-file-format': page(
    'Genesys could not read the row when it imported the file, and gave no reason.',
    'A row with a character that Genesys does not accept in a file.',
    'Check the row for unusual characters. Correct it and send it again. If Genesys refuses it again, send it with delivery=batches.',
  ),
  'genesys-too-large': page(
    'The row alone is larger than Genesys accepts in a request.',
    'A row of several megabytes.',
    'Shorten the cells of the row and send it again.',
  ),
  'genesys-job-failed': page(
    'The gateway sent the rows twice. Each time, Genesys accepted the rows, but failed to ingest them and gave no reason.',
    'A job ends as failed and names no row.',
    'Send the row again.',
  ),
  'genesys-job-lost': page(
    'The gateway sent the rows twice. Each time, Genesys accepted the rows but later did not know their job.',
    'Genesys answers 404 for the job id that it gave.',
    'Send the row again.',
  ),
  'genesys-import-failed': page(
    'Genesys accepted the file that contained the row, and then failed to import the file.',
    'Genesys ends the import as FAILED.',
    'Send the row again. If the file fails again, use delivery=batches, because Genesys then names the rows that it refuses.',
  ),
  'genesys-row-not-imported': page(
    'Genesys imported the file, but this row is not in the list, or is there with other values.',
    'Genesys imports a file without one of its rows. The event log of Genesys reports errors, but does not name the rows.',
    "Compare the row with the list's rules in Genesys. Send it again with delivery=batches, because Genesys then reports what is wrong.",
  ),
  'contact-list-full': page(
    'The contact list holds as many contacts as Genesys allows, so there is no room for the row.',
    'The 1,000,001st contact of a list.',
    'To make room in the list, delete contacts in Genesys, then send the row again. Or send the row to a different list.',
  ),
} as const satisfies Record<string, RejectionPage>

/** A code of a row that Genesys refused. */
export type GenesysRowCode = keyof typeof GENESYS_REJECTIONS

/**
 * Codes that concern the list and not the row. A row with such a code does not fail. It waits until
 * the list is corrected [guide-api: Contacts].
 */
const SCHEMA_CODES: readonly GenesysRowCode[] = [
  'genesys-unknown-column',
  'genesys-format-mismatch',
]

/**
 * Whether the code concerns the columns of the list. The gateway then holds the upload and lets no
 * row fail.
 */
export const isSchemaCode = (code: GenesysRowCode): boolean => SCHEMA_CODES.includes(code)
