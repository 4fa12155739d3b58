import { page, type ProblemPage } from './problem-page.ts'

/** Why something cannot be proved. */
export const PROOF_PROBLEMS = {
  'scrub-check-outstanding': page(
    409,
    'The rows were not checked against the registries yet',
    'The registries could not be read when the file came in, and no row of it has been sent since. The gateway checks the rows before it sends the first one. Until then there is nothing to certify.',
    'GET /v1/uploads/{uploadId}/scrub-certificate of an upload that is held, `dnc_unavailable`.',
    'Ask again when the upload continues. If it was cancelled, nothing was sent, and there will be no certificate.',
  ),
  'evidence-subject-invalid': page(
    422,
    'The body does not name one person',
    'Evidence is about one person, named in one way: `phoneNumber` in E.164, or `email`. The gateway does not guess the country of a number, because the answer could be about another person.',
    '{"phoneNumber": "0171 1234567", …}, or {"email": "ann@example.com", "phoneNumber": "+493012345678", …}.',
    'Send one of the two. If a person has several numbers and addresses, make several calls.',
  ),
  'evidence-time-invalid': page(
    422,
    'The time has no length',
    '`from` must be before `to`.',
    '{"from": "2026-03-02T00:00:00Z", "to": "2026-03-01T00:00:00Z", …}',
    'Send both as ISO 8601 with a zone. The time includes `from` and excludes `to`.',
  ),
  'evidence-cursor-invalid': page(
    422,
    'The cursor cannot be read',
    '`cursor` is the `next` of an earlier answer, sent back as it is.',
    '{"cursor": "2", …}',
    'Send `next` of the last answer with the same person and the same times, or leave `cursor` out.',
  ),
} as const satisfies Record<string, ProblemPage>
