import { page, type ProblemPage } from './problem-page.ts'

/** What can be wrong with calls that ask about a contact, or watch an upload. */
export const CONTACT_PROBLEMS = {
  'contact-unknown': page(
    404,
    'The contact is unknown',
    'No upload that is kept holds a contact with this id in this list, and the register knows none. A row that was rejected has no contact id and is not found here.',
    'GET /v1/contact-lists/demo-contacts/contacts/C-404/explain',
    "Check the id's spelling, upper and lower case included; look for a rejected row with GET /v1/uploads/{uploadId}/rows?outcome=rejected.",
  ),
  'too-many-streams': page(
    429,
    'Too many open event streams',
    'The key has as many open streams of events at this instance as it may have.',
    'A dashboard that opens a stream for every upload of the day.',
    'Close streams that are not needed, or ask for GET /v1/uploads now and then instead.',
  ),
} as const satisfies Record<string, ProblemPage>
