import { page, type RejectionPage } from './rejection-page.ts'

/**
 * The codes with which intake rejects a row, or merges or holds back a do-not-call entry. Where
 * possible, `fix` begins with what a person can do in the file: correct a cell, or export the file
 * again. Changes in the call that uploads the file, such as an option, come after that.
 */
export const INTAKE_REJECTIONS = {
  'quote-misplaced': page(
    'An unquoted cell contains a double quote, or text follows a closing quote, so the cells cannot be separated.',
    'Anna "Ann" Lee',
    'Remove the quotes from the cell. Or put the whole cell in quotes, and double the quotes inside: "Anna ""Ann"" Lee".',
  ),
  'row-ragged': page(
    'The row has more or fewer cells than the header, so the cells cannot be matched with the columns.',
    'The header has three columns and the row has four cells.',
    'Give the row as many cells as the header. If a cell is missing, add it. If a cell contains a comma or semicolon, put quotes around the cell.',
  ),
  'cell-without-column': page(
    'A cell has content, but its column has no name in the header.',
    'A note typed to the right of the last column.',
    'Empty the cell, or give its column a name in the header.',
  ),
  'row-identity-changed': page(
    'The contact id of the row has changed: the mark in the column _row was made for a different id.',
    'A spreadsheet has turned the id 0012 into 12, someone sorted only one column, or someone copied a row and entered a different person in the copy.',
    'Restore the original id of the row. If the row is a new contact, empty its cell in the column _row.',
  ),
  'row-not-object': page(
    'The element is not a JSON object.',
    '["a", "b"] where {"contactId": "a"} is expected.',
    'Change the program that writes the file. It must write each contact as one JSON object.',
  ),
  'unknown-column': page(
    'The object has a key that the first object of the file does not have. The first object defines the columns. In a do-not-call submission, this code means that the object has a key that is not a field of an entry.',
    '{"contactId": "a", "fone": "…"} after {"contactId": "b", "phone": "…"}.',
    'Change the program that writes the file. The first object must have every key that any later object uses. In a do-not-call entry, use only keys that are fields of an entry.',
  ),
  'key-repeated': page(
    'The object has the same key twice, so the right value is unclear.',
    '{"phoneNumber": "+14155550101", "phoneNumber": "+14155550102"}',
    'Change the program that writes the file. It must write each key of an object once. For two people, it must write two objects.',
  ),
  'value-not-text': page(
    'The value is an object or an array, or a number that is too large.',
    '{"phone": {"home": "…"}}',
    'Change the program that writes the file. A value must be text, a finite number, a boolean or null.',
  ),
  'text-invalid': page(
    'A cell is not valid text, because it has a NUL character or half of a surrogate pair.',
    '"\\u0000"',
    'Type the contents of the cell again. If many rows have this code, the export is damaged.',
  ),
  'cell-too-long': page(
    'A cell is longer than Genesys accepts. In a do-not-call submission, the limit is 64 characters (256 for the reason of a removal).',
    'A note of 600 characters where 512 is the limit.',
    'Shorten the cell.',
  ),
  'contact-id-missing': page(
    'The row has no contact id.',
    'An empty cell in the column of the contact id.',
    'Copy the id of the contact from the CRM into the cell. If many rows have no id, add the column to the export.',
  ),
  'contact-id-null-word': page(
    'The contact id is a word that programs write for a missing value. All people with this word would become one contact.',
    'NULL, nan, None, undefined, #N/A',
    'Copy the id of the contact from the CRM into the cell. If many rows have this word, correct the export.',
  ),
  'contact-id-invalid': page(
    'The contact id is too long, or has a character that is not allowed. The character may be invisible.',
    '"A 17", with a space.',
    'Compare the id with the id in the CRM. An id has at most 128 characters and starts with a letter or digit. Letters, digits and . _ : @ - are allowed. The setting CONTACT_ID_PATTERN can allow other characters.',
  ),
  'contact-id-is-phone': page(
    'The contact id is the phone number of the row. A phone number can get a new owner, so it does not identify a person.',
    'contactId 14155550100 and the phone +14155550100.',
    'Use the id that the CRM has for the contact.',
  ),
  'contact-id-scientific': page(
    'A spreadsheet has rounded the contact id, so its last digits are lost.',
    '1.23457E+15',
    'Export the ids again from the CRM. If you load the file into a spreadsheet, import the column of the ids as text.',
  ),
  'contact-id-apostrophe': page(
    'The contact id begins with an apostrophe, which spreadsheets use to mark text. The gateway never changes an id, so it does not remove the apostrophe.',
    "'A17",
    'Remove the apostrophe.',
  ),
  'required-empty': page(
    'The cell is empty, but the contact list requires a value in this column.',
    'An empty cell in a required column.',
    'Fill the cell.',
  ),
  'consent-time-invalid': page(
    'consentAt is not a date and time with a time zone. The gateway checks this column if CONSENT_REQUIRED_COUNTRIES is set.',
    '2026-11-28, or 2026-11-28T09:30 without a zone',
    'Write the date, the time and the zone, as in 2026-11-28T09:30:00Z.',
  ),
  'consent-time-future': page(
    'consentAt is more than five minutes in the future, so the person cannot have agreed yet.',
    'A time of next year.',
    'Write the time at which the person agreed, as in 2026-11-28T09:30:00Z.',
  ),
  'phone-invalid': page(
    'The cell is not a valid phone number.',
    'A number with a digit missing, or text.',
    'Correct the number, and write it with + and the country code, as in +49 171 1234567. If the row has another phone number or an email address, you can empty the cell instead. For numbers without a country code, the option defaultRegion names the country (in a do-not-call submission: the option region).',
  ),
  'phone-scientific': page(
    'A spreadsheet has rounded the phone number, so its last digits are lost.',
    '1.4155E+10',
    'Export the numbers again. If you load the file into a spreadsheet, import the column of the numbers as text.',
  ),
  'phone-leading-zero-lost': page(
    'The number is not valid, but it would be valid with a 0 in front. Spreadsheets remove such a 0. The gateway does not guess, so it does not add the 0.',
    '669812345 for 0669812345 in Italy',
    'Write the number with its 0, or with + and the country code, and format the column as text.',
  ),
  'phone-plus-lost': page(
    'Perhaps a spreadsheet has removed the + from the number. With a +, the number is valid and begins with a country code. Without a +, the number is not valid, or is a different valid number. The gateway does not guess which number is meant.',
    '491711234567 in Germany. It could mean +491711234567 or 0491 711234567',
    'Write + before the country code, or 0 before a national number, and format the column as text. If the whole column of a file of contacts has lost its plus signs, send the file with phonePlus=restore. A do-not-call submission does not have this option.',
  ),
  'phone-exit-code': page(
    'The number begins with 00, which is not the international prefix of the region. With + instead of 00, it would be valid.',
    '0044 7400 123456 where defaultRegion is US',
    'Write + instead of 00. Or set defaultRegion (in a do-not-call submission: region) to the country in which the numbers were written.',
  ),
  'phone-local-only': page(
    'The number has no area code, or can be dialled only within its own network.',
    '310-7549',
    'Add the area code, or write the number as + and the country code.',
  ),
  'phone-several': page(
    'The cell has more than one number, or a number with two endings (12345-0/-15). If the gateway joined the digits, the result could be the number of a stranger.',
    '089 12345 / 089 12346, or 089 12345-0/-15',
    'Keep one number in the cell. Put the other number into a separate column.',
  ),
  'phone-short-or-emergency': page(
    'The number is a short code or an emergency number, which must never be dialled.',
    '112',
    "Write the contact's own number.",
  ),
  'phone-extension': page(
    'The phone number has an extension, and the list has no free column for the extension.',
    '415 555 0100 ext. 7',
    'Remove the extension. Or give the list a column for extensions. Name this column like the phone column, with Extension or _ext at the end.',
  ),
  'email-invalid': page(
    'The email address is not valid.',
    'anna@example',
    'Correct the address. If the row has a phone number or another email address, you can empty the cell instead.',
  ),
  'date-invalid': page(
    'The cell is not a date or date-time in ISO 8601, or the date does not exist. A do-not-call entry needs a date, a time and a zone.',
    '2026-02-31 or 31.12.2026',
    'Write the date as in 2026-12-31T23:59:00Z. In a contact, 2026-12-31 is also allowed.',
  ),
  'no-phone-no-email': page(
    'The row has neither a phone number nor an email address.',
    'Both cells are empty.',
    'Give the contact a phone number or an email address, or leave the row out.',
  ),
  'entry-subject-missing': page(
    'The do-not-call entry has neither a phone number nor an email address.',
    '{"reason": "CUSTOMER_REQUEST"}',
    'Fill in phoneNumber or email.',
  ),
  'entry-subject-both': page(
    'The do-not-call entry has a phone number and an email address. Each of them needs a separate entry.',
    '{"phoneNumber": "+14155550101", "email": "ann@example.com"}',
    'Make two entries, one with phoneNumber and one with email.',
  ),
  'override-needed': page(
    'The person has a do-not-call entry with the reason REGULATORY. To end such an entry, you need the option override=true and a key with the scope dnc:override.',
    'A removal of +14155550101 without override=true, while a REGULATORY entry for this number is in force.',
    'Check whether the law allows the removal. Then send the removal with override=true and a key that has the scope dnc:override. The scope admin does not include dnc:override.',
  ),
  'phone-region-missing': page(
    'The number has no country code, and the do-not-call entry names no country. The gateway does not guess the country, because a wrong guess could suppress the wrong person.',
    '(415) 555-0101 without a region.',
    'Write the number with + and its country code. Or name the country, either in the entry (field: region) or for all entries (option: region).',
  ),
  'region-unknown': page(
    'The gateway does not know the region. A region is a two-letter country code, for example US.',
    'region "UK" or "usa".',
    'Write the two capital letters of the country, for example US or GB.',
  ),
  'expiry-past': page(
    'The expiry of the entry is in the past.',
    'expiresAt 2020-01-01T00:00:00Z.',
    'Write a time in the future. For an entry that never expires, leave the expiry out.',
  ),
  'expiry-twice': page(
    'The entry has both expiresAt and expires, with different times. The two fields mean the same.',
    '{"expiresAt": "2030-01-01T00:00:00Z", "expires": "2031-01-01T00:00:00Z"}',
    'Leave one of the two fields out.',
  ),
  'contact-lists-invalid': page(
    'contactListIds has more than 100 ids, or a value that cannot be the id of a contact list.',
    'contactListIds "list one".',
    'Separate the ids with commas. For an entry that applies to all contact lists, leave the cell empty.',
  ),
  'contact-list-not-granted': page(
    'The entry names a contact list that is not granted to your tenant, so the entry would suppress nobody.',
    'contactListIds "another-list", while only demo-contacts is granted to the tenant.',
    'Correct the id, or ask an operator to grant the list to your tenant. For an entry that applies to all contact lists, leave the cell empty.',
  ),
  'duplicate-in-submission': page(
    'An earlier line of the submission names the same person and the same contact lists. The gateway makes one entry of both lines, in the place of the earlier line. This entry has the stronger reason and the later expiry of the two lines.',
    'The same phone number on line 2 and on line 9.',
    'Nothing to do.',
  ),
  'country-not-allowed': page(
    'The number belongs to a country that is not in DNC_ALLOWED_COUNTRIES, or to no country. The entry suppresses the person, but the gateway sends the entry to Genesys only after you release the submission.',
    '+800, which belongs to no country.',
    'Check whether the number is right. If it is right, release the submission.',
  ),
} as const satisfies Record<string, RejectionPage>
