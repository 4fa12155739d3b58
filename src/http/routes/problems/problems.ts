import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'

import type { ProblemCode } from '../../../domain/problems/problem.ts'
import type { Example } from '../../document/example.ts'
import type { Answer, Operation } from '../../document/operation.ts'
import type { AddRoute } from '../../server/route.ts'
import { pageOf, problemParamsSchema } from '../../server/schemas.ts'
import { prefers } from '../../submissions/preferred-type.ts'
import {
  findProblemEntry,
  PROBLEM_ENTRIES,
  relatedCodes,
  type ProblemEntry,
} from './problem-entries.ts'
import { problemHtml, problemsHtml } from './problem-html.ts'

const entrySchema = z.strictObject({
  code: z.string(),
  about: z.enum(['call', 'upload', 'row']),
  /** Only for codes of calls and uploads. The same applies to `title`. */
  status: z.int().optional(),
  title: z.string().optional(),
  meaning: z.string(),
  example: z.string(),
  fix: z.string(),
})

const entryPageSchema = entrySchema.extend({
  /** Related codes. */
  related: z.array(z.string()),
  /** Ids of the operations that list the code as their own problem. */
  operations: z.array(z.string()),
})

const pageAnswer = (schema: z.ZodType): Answer => ({
  about: 'The page. JSON if Accept is application/json',
  schema,
  mediaTypes: ['text/html', 'application/json'],
  headers: ['Vary'],
})

const EXAMPLE = findProblemEntry('overwrite-not-confirmed')!
const accept = 'application/json'

const LIST_EXAMPLES: readonly Example[] = [
  {
    name: 'json',
    summary: 'The list as JSON, shortened in this example',
    headers: { accept },
    answer: { status: 200, body: { items: [EXAMPLE], next: null } },
  },
]

const ONE_EXAMPLES: readonly Example[] = [
  {
    name: 'json',
    summary: 'The page as JSON',
    params: { code: EXAMPLE.code },
    headers: { accept },
    answer: {
      status: 200,
      body: { ...EXAMPLE, related: relatedCodes(EXAMPLE), operations: ['createUpload'] },
    },
  },
]

const wantsJson = (request: Pick<FastifyRequest, 'headers'>): boolean =>
  prefers(request, ['application/json', 'application/problem+json'], ['text/html'])

const sendPage = (reply: FastifyReply, html: string): FastifyReply =>
  reply.header('content-type', 'text/html; charset=utf-8').send(html)

/**
 * The operations that list the code as their own problem. Empty for a code that every operation of
 * a kind may answer with.
 */
const answeredBy = (operations: readonly Operation[], { code, about }: ProblemEntry): Operation[] =>
  about === 'row'
    ? []
    : operations.filter((operation) => operation.problems.includes(code as ProblemCode))

/** /problems and /problems/{code}: what each code means and how to fix it, as HTML or JSON. */
export const registerProblemPages = (app: FastifyInstance, add: AddRoute): void => {
  add({
    method: 'GET',
    url: '/problems',
    access: 'public',
    id: 'listProblems',
    tag: 'problems',
    summary: 'List all problem codes and row codes',
    answers: { 200: pageAnswer(pageOf(entrySchema)) },
    problems: [],
    examples: LIST_EXAMPLES,
    handler: async (request, reply, { sandbox }) => {
      reply.header('vary', 'Accept')
      if (wantsJson(request)) return { items: PROBLEM_ENTRIES, next: null }
      return sendPage(reply, problemsHtml(sandbox))
    },
  })
  add({
    method: 'GET',
    url: '/problems/:code',
    access: 'public',
    id: 'getProblem',
    tag: 'problems',
    summary:
      'Read what a code means, how to fix the cause, and which calls can answer with the code',
    params: problemParamsSchema,
    answers: { 200: pageAnswer(entryPageSchema) },
    problems: ['not-found'],
    examples: ONE_EXAMPLES,
    handler: async (request, reply, { sandbox, refuse }) => {
      const entry = findProblemEntry(request.params.code)
      if (!entry) throw refuse('not-found', 'The problem code does not exist.')
      const operations = answeredBy(app.operations(), entry)
      reply.header('vary', 'Accept')
      if (wantsJson(request)) {
        const ids = operations.map(({ id }) => id)
        return { ...entry, related: relatedCodes(entry), operations: ids }
      }
      return sendPage(reply, problemHtml(entry, { sandbox, operations }))
    },
  })
}
