import type { z } from 'zod'

import { CONTACT_ID_PATTERN } from '../../../domain/contacts/contact-id.ts'
import type { ErasureSubject } from '../../../domain/erasures/erasure.ts'
import type { Refuse } from '../../../domain/problems/refusing.ts'
import { ASK_ERASURE_REFUSALS } from '../../../workflows/erasures/refusals.ts'
import { KEYED } from '../../document/route-codes.ts'
import type { HttpDeps } from '../../server/deps.ts'
import { etagOf } from '../../server/entity-tag.ts'
import { idempotencyKeyOf, sendKept } from '../../server/keyed-call.ts'
import type { AddRoute, RouteSteps } from '../../server/route.ts'
import { namesNobody } from '../do-not-call/dnc-access.ts'
import { ASK_EXAMPLES, FIND_EXAMPLES } from './erasure-examples.ts'
import { erasureParamsSchema, erasureSchema, newErasureSchema } from './erasure-schemas.ts'
import { renderErasure } from './erasure-view.ts'

const of = { access: { scope: 'erasure' }, tag: 'erasures' } as const
const ERASURES = '/v1/erasures'

type Deps = Pick<HttpDeps, 'clock'> &
  Pick<RouteSteps, 'validation'> & { refuse: Refuse<'erasure-subject-invalid'> }
type Asked = z.output<typeof newErasureSchema>

const contactOf = (
  { refuse }: Deps,
  contactId: string,
  contactListId: string | undefined,
): ErasureSubject => {
  if (contactListId === undefined) {
    throw refuse('erasure-subject-invalid', '`contactId` needs `contactListId`.', {
      pointer: '/contactListId',
    })
  }
  if (!CONTACT_ID_PATTERN.test(contactId)) {
    throw refuse('erasure-subject-invalid', '`contactId` is not a valid contact id.', {
      pointer: '/contactId',
    })
  }
  return { kind: 'contact', contactListId, value: contactId }
}

/**
 * The person that the body names. Throws 422 if the body names none or several, or if the text
 * cannot be read as a person.
 */
const subjectIn = (
  deps: Deps,
  { contactId, contactListId, phoneNumber, email }: Asked,
): ErasureSubject => {
  const named = [contactId, phoneNumber, email].filter((value) => value !== undefined)
  if (named.length !== 1 || (contactListId !== undefined && contactId === undefined)) {
    const detail =
      'Send exactly one of these: `phoneNumber`, `email`, or `contactId` with `contactListId`.'
    throw deps.refuse('erasure-subject-invalid', detail)
  }
  if (contactId !== undefined) return contactOf(deps, contactId, contactListId)
  const kind = phoneNumber === undefined ? 'email' : 'phone'
  const field = phoneNumber === undefined ? 'email' : 'phoneNumber'
  // Read with the steps for do-not-call entries, so that an erasure and an entry with the same
  // number or address mean the same person.
  const judge = deps.validation.entries({ options: {}, now: deps.clock.now() })
  const judged = judge((asked) => (asked === field ? (phoneNumber ?? email!) : ''))
  if (judged.faults === null) return { kind, contactListId: null, value: judged.entry.subject }
  const detail = namesNobody(`\`${field}\``, field, judged.faults[0].code)
  throw deps.refuse('erasure-subject-invalid', detail, { pointer: `/${field}` })
}

/** POST /v1/erasures, and GET of the receipt. */
export const registerErasures = (add: AddRoute): void => {
  add({
    ...of,
    method: 'POST',
    url: ERASURES,
    id: 'createErasure',
    summary:
      'Erase a person from the data of the gateway and, in the platform dialect, from Genesys',
    headers: { 'Idempotency-Key': 'required' },
    body: newErasureSchema,
    answers: {
      202: {
        about: 'Started. Location is the address of the receipt',
        schema: erasureSchema,
        headers: ['Location', 'Idempotency-Replayed'],
      },
    },
    problems: [...KEYED, ...ASK_ERASURE_REFUSALS, 'erasure-subject-invalid'],
    examples: ASK_EXAMPLES,
    handler: async ({ headers, body, caller }, reply, deps) => {
      const idempotencyKey = idempotencyKeyOf(deps.refuse, headers, 'with an erasure')
      const answer = await deps.askErasure({
        caller: caller!,
        subject: subjectIn(deps, body),
        idempotencyKey,
        ...{ method: 'POST', path: ERASURES },
      })
      return sendKept(reply, answer)
    },
  })
  add({
    ...of,
    method: 'GET',
    url: `${ERASURES}/:erasureId`,
    id: 'getErasure',
    summary:
      'Read the receipt of an erasure: how much was found and erased in each place, how much stays, and why',
    params: erasureParamsSchema,
    answers: { 200: { about: 'The receipt', schema: erasureSchema, headers: ['ETag'] } },
    problems: ['not-found'],
    examples: FIND_EXAMPLES,
    handler: async ({ params, caller }, reply, { erasures, refuse }) => {
      const erasure = await erasures.find(caller!.tenantId, params.erasureId)
      if (erasure === null) throw refuse('not-found', 'The erasure does not exist.')
      return reply.header('etag', etagOf(erasure)).send(renderErasure(erasure))
    },
  })
}
