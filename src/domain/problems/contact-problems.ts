import { page, type ProblemPage } from './problem-page.ts'

/** Problems of calls that ask about a contact, or watch an upload. */
export const CONTACT_PROBLEMS = {
  'contact-unknown': page(
    404,
    'The contact is unknown',
    'No stored upload to this list has a contact with this id, and the register of the list does not have this contact. This call does not find rejected rows, because they are stored without a contact id.',
    'GET /v1/contact-lists/demo-contacts/contacts/C-404/explain',
    'Check the spelling of the id, including upper and lower case. To find a rejected row, use GET /v1/uploads/{uploadId}/rows?outcome=rejected.',
  ),
  'too-many-streams': page(
    429,
    'Too many open event streams',
    'The key already has the maximum number of open event streams at this instance.',
    'A dashboard that opens a stream for every upload of the day.',
    'Close streams that you do not need, or call GET /v1/uploads from time to time instead.',
  ),
} as const satisfies Record<string, ProblemPage>
