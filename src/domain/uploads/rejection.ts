import { GENESYS_REJECTIONS } from '../genesys/genesys-rejections.ts'
import { PROBLEMS } from '../problems/problem.ts'
import { page, type RejectionPage } from './rejection-page.ts'

/**
 * Why a row did not become a contact, or a contact did not reach Genesys: the stable codes of rows, and the words that the ledger and
 * the documentation show. The codes are contract. No word here ever holds a cell's content.
 */
export const REJECTIONS = {
  'quote-misplaced': page(
    'A double quote stands inside a cell that is not quoted, or text follows a closing quote.',
    'Anna "Ann" Lee',
    'Quote the whole cell and double the quotes inside it: "Anna ""Ann"" Lee".',
  ),
  'row-ragged': page(
    'The row has more or fewer cells than the header.',
    'A header of three columns and a row of four cells.',
    'Give every row as many cells as the header; quote cells that hold the delimiter.',
  ),
  'row-not-object': page(
    'The element is not a JSON object.',
    '["a", "b"] where {"contactId": "a"} is expected.',
    'Send every contact as one JSON object.',
  ),
  'unknown-column': page(
    'The object has a key that the first object did not have; columns come from the first.',
    '{"contactId": "a", "fone": "…"} after {"contactId": "b", "phone": "…"}.',
    'Use the keys of the first object; give it every key that any object uses.',
  ),
  'value-not-text': page(
    'The value is an object, an array or a number beyond what JSON numbers can hold.',
    '{"phone": {"home": "…"}}',
    'Send text, a finite number, a boolean or null.',
  ),
  'text-invalid': page(
    'A cell holds a NUL character or half of a surrogate pair.',
    '"\\u0000"',
    'Remove the character.',
  ),
  'cell-too-long': page(
    'A cell is longer than Genesys takes.',
    'A note of 600 characters where 512 is the limit.',
    'Shorten the cell.',
  ),
  'contact-id-missing': page(
    'The row has no contact id.',
    'An empty cell in the column of the contact id.',
    "Give the row the CRM's own id of the contact.",
  ),
  'contact-id-invalid': page(
    'The contact id has a character or a length that is not allowed.',
    '"A 17", with a space.',
    'Use letters, digits and . _ : @ -, starting with a letter or digit, at most 128 characters.',
  ),
  'contact-id-is-phone': page(
    "The contact id is the row's own phone number.",
    'contactId 14155550100 beside the phone +14155550100.',
    "Use the CRM's key of the contact; phone numbers change hands.",
  ),
  'contact-id-scientific': page(
    'The contact id is a number that a spreadsheet has rounded; its last digits are lost.',
    '1.23457E+15',
    'Export the ids again from the CRM, or format the column as text before the file is opened in the spreadsheet.',
  ),
  'contact-id-apostrophe': page(
    'The contact id begins with an apostrophe, by which spreadsheets mark text. Ids are never changed here.',
    "'00017",
    'Remove the apostrophe.',
  ),
  'required-empty': page(
    'A column that the list requires is empty.',
    'An empty cell under a required column.',
    'Fill the cell.',
  ),
  'phone-invalid': page(
    'The phone number is not a valid number of any numbering plan.',
    'A number with a digit missing, or text.',
    'Correct the number; write it as + and the country code, or set defaultRegion.',
  ),
  'phone-scientific': page(
    'A spreadsheet has rounded the phone number; its last digits are lost.',
    '1.4155E+10',
    'Export the numbers again, or format the column as text before the file is opened in the spreadsheet.',
  ),
  'phone-leading-zero-lost': page(
    'The number is not valid, and would be with a 0 in front, as spreadsheets take it away. It is not put back by guessing.',
    '669812345 for 0669812345 in Italy',
    'Write the number with its 0, or as + and the country code; format the column as text.',
  ),
  'phone-plus-lost': page(
    'The number is not valid in the region, and would be with a + in front, as spreadsheets take it away. It is not put back by guessing.',
    '447400123456 for +447400123456',
    'Write + before the country code, and format the column as text; or set defaultRegion.',
  ),
  'phone-exit-code': page(
    'The number begins with 00, which is no exit code in the region; with + in its place it would be valid.',
    '0044 7400 123456 where defaultRegion is US',
    'Write + in place of 00, or set defaultRegion.',
  ),
  'phone-short-or-emergency': page(
    'The number is a short code or an emergency number, which must never be dialled.',
    '112',
    "Give the contact's own number.",
  ),
  'phone-extension': page(
    'The phone number has an extension and the list has no free column for it.',
    '415 555 0100 ext. 7',
    'Remove the extension, or give the list a column named like the phone column with Extension or _ext added.',
  ),
  'email-invalid': page(
    'The email address is not one.',
    'anna@example',
    'Correct the address or leave the cell empty.',
  ),
  'date-invalid': page(
    'The date is not an ISO 8601 date or date-time of the calendar.',
    '2026-02-31 or 31.12.2026',
    'Write 2026-12-31 or 2026-12-31T23:59:00Z.',
  ),
  'no-phone-no-email': page(
    'The row has neither a phone number nor an email address.',
    'Both cells are empty.',
    'Give the contact at least one of them.',
  ),
  'replaced-in-file': page(
    'A later line of the file has the same contact; of those that are valid the last one stays.',
    'Line 2 and line 9 with the contact id C-17.',
    'Nothing to do if the later line is the right one; else leave that one out and send the file again.',
  ),
  superseded: page(
    'Newer content of the contact, from a later upload, was delivered first; older content never overwrites it.',
    'The same contact in two uploads, the later one delivered before this one.',
    'Nothing to do; send the contact again if this content is the right one.',
  ),
  cancelled: page(
    'The upload was cancelled before the row was sent.',
    'A row of an upload that was cancelled half-way.',
    'Send the row in a new upload if it should still be delivered.',
  ),
  'not-sent': page(
    'The upload ended before the row was sent.',
    'A row behind the batch at which Genesys refused the upload.',
    "Read the upload's `problem`, put it right and send the row in a new upload.",
  ),
  ...GENESYS_REJECTIONS,
  'outcome-unknown': page(
    'The upload was cancelled when it was not known whether Genesys had taken the row: it may be in Genesys.',
    'A request that Genesys had not answered when the gateway crashed or an outage began, and the upload cancelled after that.',
    'Look the contact up in Genesys, or send the row again in a new upload.',
  ),
  identical: page(
    'Genesys held exactly this content of the contact when the row was decided; nothing was sent.',
    'The same file sent twice.',
    'Nothing to do; duplicates=ignore sends it all the same.',
  ),
  known: page(
    'The contact was in the list when the row was decided, and the upload asked to skip known contacts.',
    'duplicates=skip and a contact of an earlier upload.',
    'Nothing to do; duplicates=update sends changed content.',
  ),
} as const satisfies Record<string, RejectionPage>

export type RejectionCode = keyof typeof REJECTIONS
export const REJECTION_CODES = Object.keys(REJECTIONS) as RejectionCode[]

/** What is wrong with a row, as a value: the code, and the column at fault by its name in the file (null: the row as a whole). */
export type RowFault = { code: RejectionCode; column: string | null }

const PAGES: Record<string, Pick<RejectionPage, 'meaning' | 'fix'> | undefined> = {
  ...PROBLEMS,
  ...REJECTIONS,
  // The page speaks of calls too, and of options that a row behind its 202 does not have any more.
  'schema-drift': {
    meaning:
      'The columns of the contact list are not those that the row was checked against, so Genesys does not have it.',
    fix: 'POST …/retry once the list has its columns again, or send the file anew.',
  },
}

/**
 * What people read about a row's code: meaning and fix, led by the column, and the code that Genesys itself gave; the bare code where no page has it. Rows that were
 * not sent because their upload failed have the code of its problem.
 */
export const rejectionReason = (
  code: string,
  column: string | null,
  said: string | null = null,
): string => {
  // Earlier versions made codes of whatever Genesys said; their rows are still in ledgers.
  const known =
    PAGES[code] ?? (code.startsWith('genesys-') ? REJECTIONS['genesys-refused'] : undefined)
  const told = known === undefined ? code : `${known.meaning} ${known.fix}`
  const words = said === null ? told : `${told} Genesys said: ${said}.`
  return column === null ? words : `${column}: ${words}`
}
