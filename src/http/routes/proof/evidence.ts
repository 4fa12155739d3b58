import type { z } from 'zod'

import type { Refuse } from '../../../domain/problems/refusing.ts'
import type { EvidenceSubject } from '../../../workflows/ports/proof/evidence.ts'
import { EVIDENCE_REFUSALS } from '../../../workflows/proof/refusals.ts'
import type { HttpDeps } from '../../server/deps.ts'
import type { AddRoute, RouteSteps } from '../../server/route.ts'
import { EVIDENCE_EXAMPLES } from './proof-examples.ts'
import { evidenceQuerySchema, evidenceSchema } from './proof-schemas.ts'

type Deps = Pick<HttpDeps, 'clock'> &
  Pick<RouteSteps, 'validation'> & { refuse: Refuse<'evidence-subject-invalid'> }

/**
 * The person that the body names. Read with the steps for do-not-call entries, so that evidence and
 * an entry with the same number or address are about the same person. Throws 422 if the body names
 * none or several, or if the text cannot be read as a person.
 */
const subjectIn = (
  { validation, clock, refuse }: Deps,
  { phoneNumber, email }: z.output<typeof evidenceQuerySchema>,
): EvidenceSubject => {
  if ((phoneNumber === undefined) === (email === undefined)) {
    const pointer = phoneNumber === undefined ? '' : '/email'
    throw refuse('evidence-subject-invalid', 'Send either `phoneNumber` or `email`, not both.', {
      pointer,
    })
  }
  const kind = phoneNumber === undefined ? 'email' : 'phone'
  const field = phoneNumber === undefined ? 'email' : 'phoneNumber'
  const judge = validation.entries({ options: {}, now: clock.now() })
  const judged = judge((asked) => (asked === field ? (phoneNumber ?? email!) : ''))
  if (judged.faults === null) return { kind, value: judged.entry.subject }
  const detail = `\`${field}\` cannot be read (${judged.faults[0].code}). A number needs + and its country code. An address must be valid.`
  throw refuse('evidence-subject-invalid', detail, { pointer: `/${field}` })
}

/**
 * POST /v1/evidence. The call changes no data. It is a POST, so that the number or address is in
 * the body. In the URL, it would get into logs.
 */
export const registerEvidence = (add: AddRoute): void => {
  add({
    method: 'POST',
    url: '/v1/evidence',
    access: { scope: 'audit' },
    id: 'readEvidence',
    tag: 'proof',
    summary:
      'Read every decision about one person, in chronological order: entries, rows with their outcome, requests, retractions, registries, erasures. The call changes no data. The audit trail records the call',
    body: evidenceQuerySchema,
    answers: { 200: { about: 'A page of decisions', schema: evidenceSchema } },
    problems: [...EVIDENCE_REFUSALS, 'evidence-subject-invalid'],
    examples: EVIDENCE_EXAMPLES,
    handler: async ({ body, caller }, _reply, deps) => {
      const { from, to, cursor = null } = body
      return deps.readEvidence(caller!, { subject: subjectIn(deps, body), from, to, cursor })
    },
  })
}
