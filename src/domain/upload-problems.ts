import { page, type ProblemPage } from './problem-page.ts'

/**
 * What ends an accepted upload, or marks it, beside the codes that calls know too (`genesys-refused`, `schema-drift`).
 * No call is answered with these: they stand in the upload's `problem`. The status is the nearest that HTTP has.
 */
export const UPLOAD_PROBLEMS = {
  'contact-list-gone': page(
    409,
    'The contact list is gone',
    'It appears in the `problem` of an upload: Genesys no longer knows the contact list. What was not delivered before is `unprocessed`.',
    'The list was deleted in Genesys after the upload was accepted.',
    'Read the unprocessed rows with GET …/rows and send them to a contact list that exists, in a new upload.',
  ),
  'failed-rows-unidentified': page(
    502,
    'Genesys counts failed rows but does not name them',
    'It appears in the `problem` of an upload: Genesys reported more failed rows than it named, so some rows that count as delivered may be missing from the list; `detail` says how many.',
    'A bulk job of Genesys ends with 3 failures and names 2 of them.',
    'Compare the list in Genesys with the file, or send the file again with duplicates=ignore.',
  ),
} as const satisfies Record<string, ProblemPage>
