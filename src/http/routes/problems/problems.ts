import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'

import type { ProblemPage } from '../../../domain/problems/problem-page.ts'
import { PROBLEMS } from '../../../domain/problems/problem.ts'
import { UPLOAD_PROBLEMS } from '../../../domain/problems/upload-problems.ts'
import type { RejectionPage } from '../../../domain/uploads/rejection-page.ts'
import { REJECTIONS } from '../../../domain/uploads/rejection.ts'
import type { Answer } from '../../document/operation.ts'
import type { AddRoute } from '../../server/route.ts'
import { SANDBOX_NOTICE } from '../../server/sandbox-notice.ts'
import { pageOf, problemParamsSchema } from '../../server/schemas.ts'

type Entry = { code: string; about: 'call' | 'upload' | 'row' } & RejectionPage &
  Partial<Pick<ProblemPage, 'status' | 'title'>>

const ENTRIES: Entry[] = [
  ...Object.entries<ProblemPage>(PROBLEMS).map(([code, page]) => ({
    code,
    about: Object.hasOwn(UPLOAD_PROBLEMS, code) ? ('upload' as const) : ('call' as const),
    ...page,
  })),
  // A code that both tables know is the call's.
  ...Object.entries<RejectionPage>(REJECTIONS)
    .filter(([code]) => !Object.hasOwn(PROBLEMS, code))
    .map(([code, page]) => ({ code, about: 'row' as const, ...page })),
]

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escapeHtml = (text: string): string => text.replace(/[&<>"]/gu, (sign) => ESCAPES[sign]!)

const htmlPage = (sandbox: boolean, title: string, body: string): string => {
  const notice = sandbox ? `<p role="note"><strong>${escapeHtml(SANDBOX_NOTICE)}</strong></p>` : ''
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}code{background:#f2f2f2}</style>
</head><body>${notice}${body}</body></html>
`
}

const entryHtml = (entry: Entry): string => {
  const place = { call: `HTTP ${entry.status}`, upload: 'an upload', row: 'a row of an upload' }
  return `<h1>${escapeHtml(entry.title ?? entry.code)}</h1>
<p><code>${entry.code}</code> · ${place[entry.about]}</p>
<h2>Meaning</h2><p>${escapeHtml(entry.meaning)}</p>
<h2>Example</h2><p><code>${escapeHtml(entry.example)}</code></p>
<h2>Fix</h2><p>${escapeHtml(entry.fix)}</p>
<p><a href="/problems">All problems</a></p>`
}

const indexHtml = (): string => {
  const rows = (about: Entry['about']): string =>
    ENTRIES.filter((entry) => entry.about === about)
      .map(
        (entry) =>
          `<li><a href="/problems/${entry.code}"><code>${entry.code}</code></a> ${escapeHtml(entry.title ?? entry.meaning)}</li>`,
      )
      .join('\n')
  return `<h1>Problems</h1><h2>Calls and files</h2><ul>${rows('call')}</ul>
<h2>Uploads</h2><ul>${rows('upload')}</ul>
<h2>Rows</h2><ul>${rows('row')}</ul>`
}

const wantsJson = (request: Pick<FastifyRequest, 'headers'>): boolean =>
  /application\/(?:problem\+)?json/u.test(request.headers.accept ?? '')

const sendPage = (reply: FastifyReply, html: string): FastifyReply =>
  reply.header('content-type', 'text/html; charset=utf-8').send(html)

const entrySchema = z.strictObject({
  code: z.string(),
  about: z.enum(['call', 'upload', 'row']),
  /** Of calls and uploads. */
  status: z.int().optional(),
  title: z.string().optional(),
  meaning: z.string(),
  example: z.string(),
  fix: z.string(),
})

const pageAnswer = (schema: z.ZodType): Answer => ({
  about: 'The page; as JSON where Accept asks for it',
  schema,
  mediaTypes: ['text/html', 'application/json'],
  headers: ['Vary'],
})

/** /problems and /problems/{code}: what each code means and how it is mended, as HTML or JSON. */
export const registerProblemPages = (add: AddRoute): void => {
  add({
    method: 'GET',
    url: '/problems',
    access: 'public',
    id: 'listProblems',
    tag: 'problems',
    summary: 'All problem codes and row codes',
    answers: { 200: pageAnswer(pageOf(entrySchema)) },
    problems: [],
    handler: async (request, reply, { sandbox }) => {
      reply.header('vary', 'Accept')
      if (wantsJson(request)) return { items: ENTRIES, next: null }
      return sendPage(reply, htmlPage(sandbox, 'Problems', indexHtml()))
    },
  })
  add({
    method: 'GET',
    url: '/problems/:code',
    access: 'public',
    id: 'getProblem',
    tag: 'problems',
    summary: 'What a code means and how it is mended',
    params: problemParamsSchema,
    answers: { 200: pageAnswer(entrySchema) },
    problems: ['not-found'],
    handler: async (request, reply, { sandbox, refuse }) => {
      const { code } = request.params
      const entry = ENTRIES.find((candidate) => candidate.code === code)
      if (!entry) throw refuse('not-found', 'There is no such problem code.')
      reply.header('vary', 'Accept')
      if (wantsJson(request)) return entry
      return sendPage(reply, htmlPage(sandbox, entry.title ?? code, entryHtml(entry)))
    },
  })
}
