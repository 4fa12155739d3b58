import { z } from 'zod'

import { count, stamp } from '../../../domain/answers/answer-values.ts'
import { RETRACTION_STATES } from '../../../domain/do-not-call/retraction.ts'
import type { Finder } from '../../../workflows/ports/do-not-call/retractions.ts'
import type { Example } from '../../document/example.ts'
import type { HttpDeps } from '../../server/deps.ts'
import type { AddRoute } from '../../server/route.ts'
import { cursorSchema, limitUpTo, pageOf } from '../../server/schemas.ts'
import { cursorOfLine, lineOfCursor } from '../../submissions/ledger-pages.ts'
import { submissionParamsSchema } from './dnc-schemas.ts'
import { ownSubmission } from './dnc-submissions.ts'
import { editionParamsSchema } from './registries/registry-schemas.ts'

const querySchema = z.strictObject({ cursor: cursorSchema.optional(), limit: limitUpTo(500, 100) })

const contactSchema = z.strictObject({
  contactListId: z.string(),
  uploadId: z.string().nullable(),
  line: count.nullable(),
  contactId: z.string().nullable(),
  state: z.enum(RETRACTION_STATES),
  failure: z.string().nullable(),
  foundAt: stamp,
  settledAt: stamp.nullable(),
})

const reportSchema = pageOf(contactSchema).extend({
  /** Whether the search has ended for all entries. */
  looked: z.boolean(),
  counts: z.strictObject(
    Object.fromEntries(RETRACTION_STATES.map((state) => [state, count])) as Record<
      (typeof RETRACTION_STATES)[number],
      typeof count
    >,
  ),
  /**
   * How many contacts in the tenant's lists cannot be found by any entry, because the register has
   * no phone number or address for them.
   */
  notSearchable: count,
})

const REPORT: z.output<typeof reportSchema> = {
  looked: true,
  counts: { open: 0, retracted: 1, gone: 0, reported: 0 },
  notSearchable: 0,
  items: [
    {
      contactListId: 'demo-contacts',
      uploadId: 'upl_0198c0de73a47e5b9c1df20a4e6b8d01',
      line: 17,
      contactId: 'C-1001',
      state: 'retracted',
      failure: null,
      foundAt: '2026-11-28T08:00:00.000Z',
      settledAt: '2026-11-28T08:00:01.000Z',
    },
  ],
  next: null,
}

const EXAMPLES: readonly Example[] = [
  {
    name: 'retracted',
    summary:
      'One contact was already in Genesys. Genesys no longer calls this contact on the number of the entry',
    params: { submissionId: 'dns_0198c0de73a47e5b9c1df20a4e6b8d01' },
    answer: { status: 200, body: REPORT },
  },
]

const OF_EDITION: readonly Example[] = [
  {
    name: 'retracted',
    summary:
      'An edition came into force, and one of its phone numbers belongs to a contact that was already in Genesys',
    params: { registry: 'ftc', editionId: 'rge_0198c0de73a47e5b9c1df20a4e6b8d01' },
    answer: { status: 200, body: REPORT },
  },
]

const reportOf = async (
  { deliveredBefore }: Pick<HttpDeps, 'deliveredBefore'>,
  finder: Finder,
  { after, limit }: { after: number; limit: number },
): Promise<z.output<typeof reportSchema>> => {
  const { unfilled, ...summary } = await deliveredBefore.summary(finder)
  const { items, next } = await deliveredBefore.page(finder, { after: String(after), limit })
  const cursor = next === null ? null : cursorOfLine(Number(next))
  return { ...summary, notSearchable: unfilled, items, next: cursor }
}

const of = {
  tag: 'do-not-call',
  method: 'GET',
  query: querySchema,
  answers: {
    200: {
      about:
        'A page of contacts. `counts` shows how many contacts are in each state, over all pages',
      schema: reportSchema,
    },
  },
  problems: ['not-found'],
} as const

/**
 * GET …/delivered-before: contacts that had already been delivered when the entries of a
 * submission, or an edition of a registry, named them.
 */
export const registerDeliveredBefore = (add: AddRoute): void => {
  add({
    ...of,
    access: { scope: 'dnc' },
    url: '/v1/dnc-submissions/:submissionId/delivered-before',
    id: 'listDeliveredBefore',
    summary:
      'List the contacts that were already in Genesys when the entries of the submission named them, and what happened to each contact',
    params: submissionParamsSchema,
    examples: EXAMPLES,
    handler: async ({ query, caller, params }, _reply, deps) => {
      const after = lineOfCursor(deps.refuse, query.cursor)
      const submission = await ownSubmission(deps, caller!.tenantId, params.submissionId)
      return reportOf(deps, submission, { after, limit: query.limit })
    },
  })
  add({
    ...of,
    access: { scope: 'admin' },
    url: '/v1/registries/:registry/editions/:editionId/delivered-before',
    id: 'listDeliveredBeforeEdition',
    summary:
      'List the contacts that were already in Genesys when the edition named them, and what happened to each contact',
    params: editionParamsSchema,
    examples: OF_EDITION,
    handler: async ({ query, caller, params }, _reply, deps) => {
      const after = lineOfCursor(deps.refuse, query.cursor)
      const edition = await deps.registries.findEdition(params.registry, params.editionId)
      if (edition === null) throw deps.refuse('not-found', 'There is no such edition.')
      const finder = { editionId: edition.id, tenantId: caller!.tenantId }
      return reportOf(deps, finder, { after, limit: query.limit })
    },
  })
}
