import { page, type RejectionPage } from './rejection-page.ts'

/**
 * Problems of a row before anything is sent. `fix` begins with what a person with the file, but
 * without a key, can do: correct a cell, or export again. What the sender of the file can do comes
 * after it.
 */
export const INTAKE_REJECTIONS = {
  'quote-misplaced': page(
    'An unquoted cell contains a double quote, or text follows a closing quote, so the cells cannot be separated.',
    'Anna "Ann" Lee',
    'Remove the quotes from the cell, or quote the whole cell and double those inside: "Anna ""Ann"" Lee".',
  ),
  'row-ragged': page(
    'The row has more or fewer cells than the header, so the cells cannot be matched with the columns.',
    'A header of three columns and a row of four cells.',
    'Look for a missing cell, or for a comma or semicolon inside a cell. Quote such a cell, and give the row as many cells as the header.',
  ),
  'cell-without-column': page(
    'A cell has content, but its column has no name in the header.',
    'A note typed to the right of the last column.',
    'Empty the cell, or give its column a name in the header.',
  ),
  'row-identity-changed': page(
    'The contact id of the row is not the one that the gateway wrote into it: the mark in the column _row belongs to the original id.',
    'A spreadsheet has turned the id 0012 into 12; single columns were sorted; a row was copied for another person.',
    'Give the row its own id back. For a new contact, empty the cell in the column _row.',
  ),
  'row-not-object': page(
    'The element is not a JSON object.',
    '["a", "b"] where {"contactId": "a"} is expected.',
    'Change the program that writes the file: it must send every contact as one JSON object.',
  ),
  'unknown-column': page(
    'The object has a key that the first object did not have; the first object defines the columns. Or the do-not-call entry has a key that no entry has.',
    '{"contactId": "a", "fone": "…"} after {"contactId": "b", "phone": "…"}.',
    'Change the program that writes the file: it must use only keys of the first object, and the first object must have every key that any object uses.',
  ),
  'key-repeated': page(
    'The object has one key twice, so it is unclear which of the two values is meant.',
    '{"phoneNumber": "+14155550101", "phoneNumber": "+14155550102"}',
    'Change the program that writes the file: it must send each key once. For two people send two objects.',
  ),
  'value-not-text': page(
    'The value is an object, an array or a number beyond what JSON numbers can hold.',
    '{"phone": {"home": "…"}}',
    'Change the program that writes the file: it must send text, a finite number, a boolean or null.',
  ),
  'text-invalid': page(
    'A cell has a NUL character or half of a surrogate pair, which is not text.',
    '"\\u0000"',
    'Type the cell again. If it happens in many rows, the export is damaged.',
  ),
  'cell-too-long': page(
    'A cell is longer than Genesys accepts.',
    'A note of 600 characters where 512 is the limit.',
    'Shorten the cell.',
  ),
  'contact-id-missing': page(
    'The row has no contact id.',
    'An empty cell in the column of the contact id.',
    'Copy the id of the contact from the CRM into the cell. If many rows lack it, add the column to the export.',
  ),
  'contact-id-null-word': page(
    'The contact id is a word that programs write for a missing value. As an id it would turn all of these people into one.',
    'NULL, nan, None, undefined, #N/A',
    'Copy the id of the contact from the CRM into the cell. If many rows have it, correct the export.',
  ),
  'contact-id-invalid': page(
    'The contact id has a character or a length that is not allowed, or an invisible character.',
    '"A 17", with a space.',
    'Compare the id with the one in the CRM. Letters, digits and . _ : @ - are allowed, starting with a letter or digit, at most 128 characters; CONTACT_ID_PATTERN can allow others.',
  ),
  'contact-id-is-phone': page(
    "The contact id is the row's own phone number. Phone numbers change hands, so they identify nobody.",
    'contactId 14155550100 beside the phone +14155550100.',
    "Use the CRM's own key of the contact.",
  ),
  'contact-id-scientific': page(
    'The contact id is a number that a spreadsheet has rounded; its last digits are lost.',
    '1.23457E+15',
    'Export the ids again from the CRM, and format the column as text before you open the file in a spreadsheet.',
  ),
  'contact-id-apostrophe': page(
    'The contact id begins with an apostrophe, with which spreadsheets mark text. The gateway never changes ids.',
    "'A17",
    'Remove the apostrophe.',
  ),
  'required-empty': page(
    'A column that the contact list requires is empty.',
    'An empty cell under a required column.',
    'Fill the cell.',
  ),
  'consent-time-invalid': page(
    'consentAt is not a date and time with a time zone. It is checked if CONSENT_REQUIRED_COUNTRIES is set.',
    '2026-11-28, or 2026-11-28T09:30 without a zone',
    'Write the date, the time and the zone, as in 2026-11-28T09:30:00Z.',
  ),
  'consent-time-future': page(
    'consentAt is in the future, so the person cannot have agreed yet.',
    'A time of next year.',
    'Write when the person agreed, as in 2026-11-28T09:30:00Z.',
  ),
  'phone-invalid': page(
    'The phone number is not a valid number of any numbering plan.',
    'A number with a digit missing, or text.',
    'Correct the number, or empty the cell if the row has another way to reach the person. Write + and the country code, as in +49 171 1234567; defaultRegion can name the country of the others.',
  ),
  'phone-scientific': page(
    'A spreadsheet has rounded the phone number; its last digits are lost.',
    '1.4155E+10',
    'Export the numbers again, and format the column as text before you open the file in a spreadsheet.',
  ),
  'phone-leading-zero-lost': page(
    'The number is not valid, and would be valid with a 0 in front, which spreadsheets remove. The gateway does not restore it by guessing.',
    '669812345 for 0669812345 in Italy',
    'Write the number with its 0, or with + and the country code, and format the column as text.',
  ),
  'phone-plus-lost': page(
    'The number begins with a country code and may have lost its + in a spreadsheet. The gateway refuses the number if it is valid only with the +, or if without the + it is a different valid number of the region. It does not guess which was meant.',
    '491711234567 in Germany, for +491711234567 or for 0491 711234567',
    'Write + before the country code, or the 0 before a number of the country, and format the column as text. If the whole column has lost its plus signs, send the file with phonePlus=restore.',
  ),
  'phone-exit-code': page(
    'The number begins with 00, which is not an exit code in the region. With + instead of 00 it would be valid.',
    '0044 7400 123456 where defaultRegion is US',
    'Write + instead of 00, or send the file with the defaultRegion of the people who wrote it.',
  ),
  'phone-local-only': page(
    'The number is only the part that is dialled within an area, or a number that only its own network can dial.',
    '310-7549',
    'Add the area code, or write the number as + and the country code.',
  ),
  'phone-several': page(
    'The cell has more than one number, or a number and another ending for it. Joined, they would be a number of nobody, or of a stranger.',
    '089 12345 / 089 12346, or 089 12345-0/-15',
    'Keep one number in the cell. Put the other one into a column of its own.',
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
    'The email address is not valid.',
    'anna@example',
    'Correct the address, or empty the cell if the row has another way to reach the person.',
  ),
  'date-invalid': page(
    'The date is not an ISO 8601 date or date-time of the calendar; or it is a time of a do-not-call entry without its zone.',
    '2026-02-31 or 31.12.2026',
    'Write 2026-12-31T23:59:00Z. A column of contacts may also be 2026-12-31.',
  ),
  'no-phone-no-email': page(
    'The row has neither a phone number nor an email address.',
    'Both cells are empty.',
    'Give the contact at least one of them, or leave the row out.',
  ),
  'entry-subject-missing': page(
    'The do-not-call entry names nobody: it has neither a phone number nor an email address.',
    '{"reason": "CUSTOMER_REQUEST"}',
    'Fill one of phoneNumber and email.',
  ),
  'entry-subject-both': page(
    'The do-not-call entry has a phone number and an email address; each is an entry of its own.',
    '{"phoneNumber": "+14155550101", "email": "ann@example.com"}',
    'Make two entries of it, one with phoneNumber and one with email.',
  ),
  'override-needed': page(
    'The removal is for a person whose do-not-call entry is REGULATORY. To end such an entry, use a key with the scope dnc:override and set override=true.',
    'A removal of +14155550101 without the option override, while an entry with the reason REGULATORY is in force for it.',
    'Check whether the law allows it. Then send the removal with override=true and a key that lists the scope dnc:override itself; admin does not include it.',
  ),
  'phone-region-missing': page(
    'The number has no country code, and the do-not-call entry names no country. The gateway does not guess one, because it could suppress the wrong person.',
    '(415) 555-0101 without a region.',
    'Write the number with + and its country code, or name the country in region, for the entry or as an option.',
  ),
  'region-unknown': page(
    'The region is none of the countries that have phone numbers of their own.',
    'region "UK" or "usa".',
    'Write the two capital letters of the country, for example US or GB.',
  ),
  'expiry-past': page(
    'The entry has expired already, so it would suppress nobody.',
    'expiresAt 2020-01-01T00:00:00Z.',
    'Write a time in the future, or leave the expiry out for an entry that holds for ever.',
  ),
  'expiry-twice': page(
    'The entry has both expiresAt and expires, which mean the same, with different times.',
    '{"expiresAt": "2030-01-01T00:00:00Z", "expires": "2031-01-01T00:00:00Z"}',
    'Leave one of them out.',
  ),
  'contact-lists-invalid': page(
    'contactListIds has a value that cannot be the id of a contact list, or more than 100 ids.',
    'contactListIds "list one".',
    'Separate the ids with commas, or leave the cell empty for an entry that holds for all contact lists.',
  ),
  'contact-list-not-granted': page(
    'The entry is for a contact list that your tenant is not granted, so it would suppress nobody.',
    'contactListIds "another-list", while the tenant is granted only demo-contacts.',
    'Correct the id, ask for the grant, or leave the cell empty for an entry that holds for all contact lists.',
  ),
  'duplicate-in-submission': page(
    'An earlier line of the submission names the same person and the same contact lists. The earlier line counts, with the stronger reason and the longer time of both.',
    'The same phone number on line 2 and on line 9.',
    'Nothing to do.',
  ),
  'country-not-allowed': page(
    'The number belongs to a country that is not in DNC_ALLOWED_COUNTRIES, or to no country. The entry suppresses and is listed, but goes to Genesys only after you release it.',
    '+800, which belongs to no country.',
    'Check whether the number is right. If it is, release the submission.',
  ),
} as const satisfies Record<string, RejectionPage>
