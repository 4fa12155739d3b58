import { Readable } from 'node:stream'

import type { DncSubmission } from '../../../domain/do-not-call/dnc-submission.ts'
import type { Refuse } from '../../../domain/problems/refusing.ts'
import { createLedgerCsv } from '../../../intake/formats/ledger-csv.ts'
import { cursorUnreadable } from '../../server/cursor.ts'
import type { HttpDeps } from '../../server/deps.ts'
import { etagOf, namesTag } from '../../server/entity-tag.ts'
import type { AddRoute } from '../../server/route.ts'
import { pageOf } from '../../server/schemas.ts'
import { cursorOfLine, lineOfCursor, wantsCsv } from '../../submissions/ledger-pages.ts'
import { ENTRIES_EXAMPLES, FIND_EXAMPLES, LIST_EXAMPLES } from './dnc-examples.ts'
import {
  entriesQuerySchema,
  ledgerEntrySchema,
  submissionParamsSchema,
  submissionSchema,
  submissionsQuerySchema,
} from './dnc-schemas.ts'
import { faultsOf, renderEntry, renderSubmission } from './dnc-view.ts'

const of = { access: { scope: 'dnc' }, tag: 'do-not-call' } as const

/** The caller's submission. Throws 404 if it does not exist, or if it is another tenant's. */
export const ownSubmission = async (
  deps: Pick<HttpDeps, 'dncSubmissions'> & { refuse: Refuse<'not-found'> },
  tenantId: string,
  id: string,
): Promise<DncSubmission> => {
  const submission = await deps.dncSubmissions.find(tenantId, id)
  if (submission === null) throw deps.refuse('not-found', 'The submission does not exist.')
  return submission
}

/**
 * The ledger as CSV, read no faster than the caller takes it. Reads the first entries before it
 * returns, so that an error there can still be answered with a problem.
 */
const ledgerCsv = async (
  { dncSubmissions, rowMarks }: Pick<HttpDeps, 'dncSubmissions' | 'rowMarks'>,
  submission: DncSubmission,
  query: Parameters<HttpDeps['dncSubmissions']['ledgerRows']>[1],
): Promise<Readable> => {
  const scan = dncSubmissions.ledgerRows(submission, query)
  const first = await scan.next()
  const { id, columns, source } = submission
  const csv = createLedgerCsv({
    ...{ id, delimiter: source.delimiter, forSpreadsheet: false, marks: rowMarks },
    columns: columns.map((name) => ({ name, kind: 'text' })),
  })
  const text = async function* (): AsyncGenerator<string> {
    try {
      yield csv.header
      for (let found = first; found.done !== true; found = await scan.next()) {
        yield found.value
          .map((entry) => csv.row({ ...entry, ...faultsOf(entry), replacedByLine: null }))
          .join('')
      }
    } finally {
      await scan.return(undefined)
    }
  }
  return Readable.from(text(), { objectMode: false })
}

const registerLedger = (add: AddRoute): void => {
  add({
    ...of,
    method: 'GET',
    url: '/v1/dnc-submissions/:submissionId/entries',
    // With a HEAD route, a HEAD of the CSV would read every entry only to discard it.
    exposeHeadRoute: false,
    id: 'listDncSubmissionEntries',
    summary:
      'Read the outcome of each entry, in input order. You can also read the entries as CSV, fix them and send them back',
    params: submissionParamsSchema,
    query: entriesQuerySchema,
    answers: {
      200: {
        about: 'A page of entries, or all entries as CSV',
        schema: pageOf(ledgerEntrySchema),
        mediaTypes: ['application/json', 'text/csv'],
        headers: ['Content-Disposition', 'Vary'],
      },
    },
    problems: ['not-found'],
    examples: ENTRIES_EXAMPLES,
    handler: async (request, reply, deps) => {
      const { limit, cursor, outcome: outcomes = [] } = request.query
      const afterLine = lineOfCursor(deps.refuse, cursor)
      const { tenantId } = request.caller!
      const submission = await ownSubmission(deps, tenantId, request.params.submissionId)
      reply.header('vary', 'Accept')
      if (wantsCsv(request)) {
        return reply
          .header('content-type', 'text/csv; charset=utf-8')
          .header('content-disposition', `attachment; filename="${submission.id}-entries.csv"`)
          .send(await ledgerCsv(deps, submission, { outcomes, afterLine }))
      }
      const entries = []
      for await (const more of deps.dncSubmissions.ledgerRows(submission, {
        outcomes,
        afterLine,
      })) {
        entries.push(...more)
        if (entries.length > limit) break
      }
      const page = entries.slice(0, limit)
      const next = entries.length > limit ? cursorOfLine(page.at(-1)!.line) : null
      return { items: page.map(renderEntry(submission, deps.dncTakes)), next }
    },
  })
}

/** GET /v1/dnc-submissions, GET of one submission, and GET of its entries. */
export const registerDncSubmissions = (add: AddRoute): void => {
  add({
    ...of,
    method: 'GET',
    url: '/v1/dnc-submissions',
    id: 'listDncSubmissions',
    summary: 'List submissions (entries, removals and pulls), newest first',
    query: submissionsQuerySchema,
    answers: { 200: { about: 'A page of submissions', schema: pageOf(submissionSchema) } },
    problems: [],
    examples: LIST_EXAMPLES,
    handler: async ({ query, caller }, _reply, { dncSubmissions, refuse }) => {
      const page = await dncSubmissions.list(caller!.tenantId, {
        limit: query.limit,
        cursor: query.cursor ?? null,
        ...(query.state && { states: query.state }),
        ...(query.dncListId !== undefined && { dncListId: query.dncListId }),
      })
      if (page === null) throw cursorUnreadable(refuse)
      return { items: page.items.map(renderSubmission), next: page.next }
    },
  })
  add({
    ...of,
    method: 'GET',
    url: '/v1/dnc-submissions/:submissionId',
    id: 'getDncSubmission',
    summary: 'Read a submission',
    params: submissionParamsSchema,
    headers: { 'If-None-Match': 'optional' },
    answers: {
      200: { about: 'The submission', schema: submissionSchema, headers: ['ETag'] },
      304: { about: 'Not changed since the version in If-None-Match', headers: ['ETag'] },
    },
    problems: ['not-found'],
    examples: FIND_EXAMPLES,
    handler: async (request, reply, deps) => {
      const { submissionId } = request.params
      const submission = await ownSubmission(deps, request.caller!.tenantId, submissionId)
      reply.header('etag', etagOf(submission))
      if (namesTag(request.headers['if-none-match'], etagOf(submission))) {
        return reply.code(304).send()
      }
      return renderSubmission(submission)
    },
  })
  registerLedger(add)
}
