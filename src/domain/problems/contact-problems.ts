import { page, type ProblemPage } from './problem-page.ts'

/** Problems of calls that ask about a contact, or watch an upload. */
export const CONTACT_PROBLEMS = {
  'contact-unknown': page(
    404,
    'The contact is unknown',
    'No stored upload has a contact with this id in this list, and the register has none. A rejected row is kept without a contact id, so it is not found here.',
    'GET /v1/contact-lists/demo-contacts/contacts/C-404/explain',
    "Check the id's spelling, upper and lower case included. Find a rejected row with GET /v1/uploads/{uploadId}/rows?outcome=rejected.",
  ),
  'too-many-streams': page(
    429,
    'Too many open event streams',
    'The key already has the maximum number of open event streams at this instance.',
    'A dashboard that opens a stream for every upload of the day.',
    'Close streams that you do not need, or call GET /v1/uploads from time to time instead.',
  ),
} as const satisfies Record<string, ProblemPage>
