import type { FastifyInstance, FastifyRequest } from 'fastify'

import { PROBLEMS } from '../../domain/problems/problem.ts'
import { ENGLISH } from '../texts/texts.ts'
import type { ConsoleDeps } from './deps.ts'
import type { View } from './page.ts'
import { type ProblemWords, problemWords } from './problem-words.ts'
import { type Frame, show } from './render.ts'
import { backOf, wantsJson } from './scripted.ts'
import { FormRefused } from './session.ts'

type ProblemModel = ProblemWords & { back: string | null }

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
  // For an unknown address, the plugin `problems` throws this error before Fastify calls the
  // handler for unknown addresses.
  if (request.is404 && problem.code === 'not-found') return noSuchPage(request)
  return viewOf({ ...problemWords(problem), back }, PROBLEMS[problem.code].status)
}

/**
 * Shows every error under /console as a page that tells the user what to do. `upload.js` gets the
 * same texts as JSON.
 */
export const registerProblems = (app: FastifyInstance, deps: ConsoleDeps, frame: Frame): void => {
  app.setErrorHandler(async (error, request, reply) => {
    const view = ofError(deps, error, request)
    if (!wantsJson(request)) return show(frame, request, reply, view)
    return reply.code(view.status ?? 500).send((view.model as { problem: ProblemModel }).problem)
  })
  app.setNotFoundHandler(async (request, reply) => {
    request.problemCode = 'not-found'
    return show(frame, request, reply, noSuchPage(request))
  })
}
