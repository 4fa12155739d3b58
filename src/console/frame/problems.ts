import type { FastifyInstance, FastifyRequest } from 'fastify'

import { PROBLEMS } from '../../domain/problems/problem.ts'
import { ENGLISH } from '../texts/texts.ts'
import type { ConsoleDeps } from './deps.ts'
import type { View } from './page.ts'
import { type Frame, show } from './render.ts'
import { FormRefused } from './session.ts'

type ProblemModel = {
  code: string
  heading: string
  detail: string
  hint: string
  back: string | null
}

/** The page that the form was on, where it was one of ours; so that a problem is a step and no dead end. */
const backOf = (request: FastifyRequest): string | null => {
  const url = URL.parse(request.headers.referer ?? '')
  if (url === null || url.host !== request.host || !url.pathname.startsWith('/console')) return null
  return `${url.pathname}${url.search}`
}

const viewOf = (model: ProblemModel, status: number): View => ({
  title: model.heading,
  template: '/frame/problem',
  model: { problem: model },
  status,
})

const noSuchPage = (request: FastifyRequest): View => {
  const { heading, detail, hint } = ENGLISH.problems.notFound
  return viewOf({ code: 'not-found', heading, detail, hint, back: backOf(request) }, 404)
}

const ofError = (deps: ConsoleDeps, error: unknown, request: FastifyRequest): View => {
  const { problems } = ENGLISH
  const back = backOf(request)
  if (error instanceof FormRefused) {
    request.problemCode = 'form-refused'
    const { heading, detail, hint } = problems.formRefused
    return viewOf({ code: 'form-refused', heading, detail, hint, back }, 403)
  }
  const problem = deps.problemFor(error, request)
  // Thrown before the handler of unknown addresses is asked.
  if (request.is404 && problem.code === 'not-found') return noSuchPage(request)
  const { title, status, fix } = PROBLEMS[problem.code]
  // An operator's words where there are some; those of the API say the same to developers.
  const own = (problems.byCode as Record<string, Partial<ProblemModel>>)[problem.code]
  const model = { code: problem.code, heading: title, detail: problem.message, hint: fix, back }
  return viewOf({ ...model, ...own }, status)
}

/** Whatever goes wrong under /console is a page that says what to do. */
export const registerProblems = (app: FastifyInstance, deps: ConsoleDeps, frame: Frame): void => {
  app.setErrorHandler(async (error, request, reply) =>
    show(frame, request, reply, ofError(deps, error, request)),
  )
  app.setNotFoundHandler(async (request, reply) => {
    request.problemCode = 'not-found'
    return show(frame, request, reply, noSuchPage(request))
  })
}
