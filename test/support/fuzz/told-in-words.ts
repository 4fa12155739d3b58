import type { ToldInWords } from './checks.ts'

const told = (operation: string, code: string, detail: RegExp, why: string): ToldInWords => ({
  operation,
  code,
  detail,
  why,
})

const REGION = 'A schema says two letters; which of them are a country with telephones changes.'
const BETWEEN_MEMBERS = 'What one member asks of another is told by the descriptions.'
const FORM =
  'Parameters of a query and parts of a form exclude each other; OpenAPI has no word for it.'

/**
 * Refusals of calls that agree with the schemas. The document explains them in words, because no
 * schema could.
 */
export const TOLD_IN_WORDS: readonly ToldInWords[] = [
  told(
    '*',
    'capability-not-available',
    /./u,
    'What a dialect cannot do depends on the gateway that is asked; the document is one for both.',
  ),
  told('*', 'file-type-not-allowed', /./u, 'Schemas say nothing of the bytes of a part.'),
  told('*', 'body-invalid', /must be a country that has phone numbers/u, REGION),
  told('*', 'option-invalid', /is for CSV only|is the same option as/u, BETWEEN_MEMBERS),
  told(
    'createUpload',
    'option-invalid',
    /works only with|is for CSV|have seen the plan|is not a column of the list/u,
    BETWEEN_MEMBERS,
  ),
  told(
    'createUpload',
    'option-invalid',
    /^notBefore |is not a valid file name/u,
    'A matter of today.',
  ),
  told('createEdition', 'option-invalid', /^`asOf` is in the future/u, 'A matter of today.'),
  told('*', 'parameter-invalid', /^The newest block is/u, 'How far the chain is written.'),
  told('*', 'parameter-invalid', /^Send headBlock and headHash together/u, BETWEEN_MEMBERS),
  told('createUpload', 'overwrite-not-confirmed', /./u, BETWEEN_MEMBERS),
  told('createUpload', 'overwrite-confirmation-differs', /./u, BETWEEN_MEMBERS),
  told('createUpload', 'not-before-past', /./u, 'A matter of today.'),
  told('*', 'option-invalid', /must be the two-letter code of a country/u, REGION),
  told('*', 'option-invalid', /^With a form, options go into the part/u, FORM),
  told(
    'receiveUploadEvent',
    'webhook-malformed',
    /./u,
    'The payload is nowhere specified; it has to name a job at some place, as the summary says.',
  ),
  told('listUploads', 'parameter-invalid', /must be a file name/u, 'What of a path is its file.'),
  told(
    'createUpload',
    'idempotency-key-missing',
    /./u,
    'Needed but with `validateOnly`: the header says so.',
  ),
  told(
    'applyUpload',
    'precondition-required',
    /./u,
    '`*` and a version name no plan; If-Match is one header of many calls.',
  ),
  told(
    'searchDncEntries',
    'body-invalid',
    /is not an email address|is not a number with \+|is empty/u,
    'Which numbers exist is known to the metadata of telephones alone.',
  ),
  told(
    'createContactList',
    'body-invalid',
    /together with type|needs (?:the|an?) |one of the columns/u,
    BETWEEN_MEMBERS,
  ),
  told(
    'createContactList',
    'body-invalid',
    /is missing\. Send one of .* instead/u,
    BETWEEN_MEMBERS,
  ),
  told(
    'createContactList',
    'body-invalid',
    /of a text column|column of the kind|another column|automaticTimeZone/u,
    BETWEEN_MEMBERS,
  ),
  told(
    'createContactList',
    'body-invalid',
    /is not a valid column name|column of the ledger/u,
    BETWEEN_MEMBERS,
  ),
  told(
    'createContactList',
    'body-invalid',
    /the name of a time zone/u,
    'The names of zones change.',
  ),
]
