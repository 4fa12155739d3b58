import { z } from 'zod'

import { count, stamp } from '../../../domain/answers/answer-values.ts'
import { RETRACTION_STATES } from '../../../domain/do-not-call/retraction.ts'
import type { Example } from '../../document/example.ts'
import type { AddRoute } from '../../server/route.ts'
import { cursorSchema, limitUpTo, pageOf } from '../../server/schemas.ts'
import { cursorOfLine, lineOfCursor } from '../../submissions/ledger-pages.ts'
import { submissionParamsSchema } from './dnc-schemas.ts'
import { ownSubmission } from './dnc-submissions.ts'

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
  /** Whether every entry was looked for. */
  looked: z.boolean(),
  counts: z.strictObject(
    Object.fromEntries(RETRACTION_STATES.map((state) => [state, count])) as Record<
      (typeof RETRACTION_STATES)[number],
      typeof count
    >,
  ),
  /** Contacts of the tenant's lists that no entry can find. */
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
    summary: 'One contact was already in Genesys. Genesys no longer calls it on this number',
    params: { submissionId: 'dns_0198c0de73a47e5b9c1df20a4e6b8d01' },
    answer: { status: 200, body: REPORT },
  },
]

/** GET /v1/dnc-submissions/{submissionId}/delivered-before. */
export const registerDeliveredBefore = (add: AddRoute): void => {
  add({
    access: { scope: 'dnc' },
    tag: 'do-not-call',
    method: 'GET',
    url: '/v1/dnc-submissions/:submissionId/delivered-before',
    id: 'listDeliveredBefore',
    summary: 'Contacts that were in Genesys before the entries arrived, and their outcomes',
    params: submissionParamsSchema,
    query: querySchema,
    answers: {
      200: { about: 'A page of contacts, and the counts of all', schema: reportSchema },
    },
    problems: ['not-found'],
    examples: EXAMPLES,
    handler: async (request, _reply, deps) => {
      const after = lineOfCursor(deps.refuse, request.query.cursor)
      const { tenantId } = request.caller!
      const submission = await ownSubmission(deps, tenantId, request.params.submissionId)
      const { unfilled, ...summary } = await deps.deliveredBefore.summary(submission)
      const { limit } = request.query
      const { items, next } = await deps.deliveredBefore.page(submission, {
        after: String(after),
        limit,
      })
      const cursor = next === null ? null : cursorOfLine(Number(next))
      return { ...summary, notSearchable: unfilled, items, next: cursor }
    },
  })
}
