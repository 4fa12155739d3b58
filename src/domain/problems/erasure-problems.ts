import { page, type ProblemPage } from './problem-page.ts'

/** Problems of erasures. */
export const ERASURE_PROBLEMS = {
  'erasure-subject-invalid': page(
    422,
    'The body does not name one person',
    'An erasure names one person in one way: `contactId` with `contactListId`, or `phoneNumber` in E.164, or `email`. No erasure was started. The gateway does not guess the country of a number, because it could erase the wrong person.',
    '{"phoneNumber": "0171 1234567"}, or {"email": "ann@example.com", "phoneNumber": "+493012345678"}.',
    'Send one of the three. If a person has several numbers and addresses, send several erasures.',
  ),
} as const satisfies Record<string, ProblemPage>
