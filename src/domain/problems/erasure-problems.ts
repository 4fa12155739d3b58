import { page, type ProblemPage } from './problem-page.ts'

/** What can be wrong with an erasure. */
export const ERASURE_PROBLEMS = {
  'erasure-subject-invalid': page(
    422,
    'The person cannot be told from the body',
    'An erasure names one person in one way: `contactId` with `contactListId`, or `phoneNumber` in E.164, or `email`. Nothing was begun. A number without its country is not completed: the wrong person would be erased.',
    '{"phoneNumber": "0171 1234567"}, or {"email": "ann@example.com", "phoneNumber": "+493012345678"}.',
    'Send one of the three. Several numbers and addresses of a person are several erasures.',
  ),
} as const satisfies Record<string, ProblemPage>
