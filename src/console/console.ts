import { fileURLToPath } from 'node:url'

import formbody from '@fastify/formbody'
import fastifyView from '@fastify/view'
import { Eta } from 'eta'
import type { FastifyInstance } from 'fastify'

import { GatewayProblem } from '../domain/problems/problem.ts'
import { registerAssets } from './frame/assets.ts'
import type { ConsoleDeps } from './frame/deps.ts'
import type { TableEntry } from './frame/page.ts'
import { registerProblems } from './frame/problems.ts'
import { type Frame, setPolicy } from './frame/render.ts'
import { registerTable } from './frame/serve.ts'
import { registerSignIn } from './frame/sign-in.ts'
import { TABLE } from './page-table.ts'

/** The most bytes of a form. A form that fixes rows contains the cells of a whole page. */
const FORM_BYTES = 1024 * 1024

/** Redirects a browser from `/` to the console. Any other caller of `/` gets 404. */
const leadBrowsers = (app: FastifyInstance): void => {
  app.get('/', { config: { access: 'public', page: true } }, async (request, reply) => {
    reply.header('vary', 'Accept')
    if (/\btext\/html\b/u.test(request.headers.accept ?? '')) {
      return reply.code(303).header('location', '/console').send()
    }
    throw new GatewayProblem(
      'not-found',
      'The gateway has no such address. /openapi.json lists all addresses.',
    )
  })
}

/**
 * Adds the console: everything under `/console`, and the redirect from `/`. `table`: its pages and
 * buttons.
 */
export const registerConsole = async (
  app: FastifyInstance,
  deps: ConsoleDeps,
  table: readonly TableEntry[] = TABLE,
): Promise<void> => {
  leadBrowsers(app)
  await app.register(
    async (scope) => {
      await scope.register(formbody, { bodyLimit: FORM_BYTES })
      await scope.register(fastifyView, {
        engine: { eta: new Eta() },
        root: fileURLToPath(new URL('.', import.meta.url)),
        viewExt: 'eta',
        production: true,
      })
      scope.addHook('onRequest', async (_request, reply) => setPolicy(reply))
      const assets = registerAssets(scope)
      const menu = table.flatMap((entry) =>
        entry.kind === 'page' && entry.menu !== undefined ? [entry] : [],
      )
      const frame: Frame = { deps, assets, menu }
      registerProblems(scope, deps, frame)
      registerSignIn(scope, deps, frame)
      await registerTable(scope, { deps, frame, table })
    },
    { prefix: '/console' },
  )
}
