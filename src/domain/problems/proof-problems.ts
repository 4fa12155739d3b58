import { page, type ProblemPage } from './problem-page.ts'

/** Problems of calls for a certificate, or for the evidence about a person. */
export const PROOF_PROBLEMS = {
  'scrub-check-outstanding': page(
    409,
    'The rows have not been checked against the registries yet',
    'The gateway could not read the registries when the file arrived, and has sent no row since then. It will check the rows before it sends the first row. Until this check, there is nothing to certify.',
    'GET /v1/uploads/{uploadId}/scrub-certificate for an upload that is held as `dnc_unavailable`.',
    'Send the call again when the upload has resumed. If the upload was cancelled, the gateway sent no row of it, and there will be no certificate.',
  ),
  'evidence-subject-invalid': page(
    422,
    'The body must name exactly one person',
    'The call must name exactly one person, by `phoneNumber` in E.164 or by `email`. The gateway does not guess the country of a number, because the answer could be about a different person.',
    '{"phoneNumber": "0171 1234567", …}, or {"email": "ann@example.com", "phoneNumber": "+493012345678", …}.',
    'Send either `phoneNumber` or `email`. If a person has several numbers and addresses, make several calls.',
  ),
  'evidence-time-invalid': page(
    422,
    'The period is empty',
    '`from` must be before `to`.',
    '{"from": "2026-03-02T00:00:00Z", "to": "2026-03-01T00:00:00Z", …}',
    'Send both times in ISO 8601 with a zone. The period includes `from` and excludes `to`.',
  ),
  'evidence-cursor-invalid': page(
    422,
    'The cursor cannot be read',
    '`cursor` must be the unchanged value of `next` in an earlier answer.',
    '{"cursor": "2", …}',
    'Send the value of `next` from the last answer, with the same person and the same times. To start from the beginning, leave `cursor` out.',
  ),
} as const satisfies Record<string, ProblemPage>
