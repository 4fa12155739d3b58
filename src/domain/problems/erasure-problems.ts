import { page, type ProblemPage } from './problem-page.ts'

/** Problems of erasures. */
export const ERASURE_PROBLEMS = {
  'erasure-subject-invalid': page(
    422,
    'The body must name exactly one person',
    'An erasure must name exactly one person, by `contactId` with `contactListId`, by `phoneNumber` in E.164, or by `email`. The gateway does not guess the country of a number, because a wrong guess could erase the wrong person. No erasure was started.',
    '{"phoneNumber": "0171 1234567"}, or {"email": "ann@example.com", "phoneNumber": "+493012345678"}.',
    'Send either `contactId` with `contactListId`, or `phoneNumber`, or `email`. If a person has several numbers and addresses, send several erasures.',
  ),
} as const satisfies Record<string, ProblemPage>
