import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'

import { type Caller, hasScope, type Scope } from '../../domain/access/access.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import { ENGLISH } from '../texts/texts.ts'
import type { ConsoleDeps } from './deps.ts'
import { type Form, type GoTo, NOTHING, type Page, type TableEntry, type View } from './page.ts'
import { type Frame, show } from './render.ts'
import { checkCsrf, checkOrigin, tokenOf } from './session.ts'

type Serving = { deps: ConsoleDeps; frame: Frame }

const isScripted = (request: FastifyRequest): boolean => request.headers['hx-request'] === 'true'

/** Leads whoever is not signed in to the sign-in, and back afterwards. */
const leadToSignIn = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  request.problemCode = 'unauthorized'
  // A part that refreshes itself has no way back of its own: the page that it is on is asked for anew.
  if (isScripted(request)) return reply.code(401).header('hx-refresh', 'true').send('')
  const to = request.method === 'GET' ? `?to=${encodeURIComponent(request.url)}` : ''
  return reply.code(303).header('location', `/console/sign-in${to}`).send()
}

const checkScope = (caller: Caller, scope: Scope | null): void => {
  if (scope === null || hasScope(caller.scopes, scope)) return
  throw new GatewayProblem('scope-missing', ENGLISH.problems.scopeMissing, { scope })
}

const parse = (schema: z.ZodType | undefined, value: unknown, names: string): unknown => {
  const result = (schema ?? NOTHING).safeParse(value ?? {})
  if (result.success) return result.data
  const fields = result.error.issues.map(({ path }) => String(path[0] ?? '')).join(', ')
  const code = names === 'params' ? 'not-found' : 'parameter-invalid'
  throw new GatewayProblem(code, `${ENGLISH.problems.fieldInvalid} ${fields}`.trim())
}

/** The query of a page without what the console itself adds. */
const queryOf = (request: FastifyRequest): object => {
  const { said: _said, ...query } = request.query as Record<string, unknown>
  return query
}

const bodyOf = (request: FastifyRequest): object => {
  const { _csrf: _token, ...body } = (request.body as Record<string, unknown> | null) ?? {}
  return body
}

const isGoTo = (result: object): result is GoTo => 'goTo' in result
const isView = (result: object): result is View => 'template' in result && 'model' in result

const answer = async (
  { frame }: Serving,
  request: FastifyRequest,
  reply: FastifyReply,
  result: View | GoTo | object,
): Promise<FastifyReply> => {
  if (isGoTo(result)) {
    const { goTo, said } = result
    const mark = goTo.includes('?') ? '&' : '?'
    return reply
      .code(303)
      .header('location', said === undefined ? goTo : `${goTo}${mark}said=${said}`)
      .send()
  }
  // What a script reads: the upload of a file tells how it ends.
  return isView(result) ? show(frame, request, reply, result) : reply.send(result)
}

const visitOf = (
  { deps }: Serving,
  request: FastifyRequest,
  entry: TableEntry,
): {
  deps: ConsoleDeps
  caller: Caller
  params: never
  query: never
  form: never
  request: FastifyRequest
} => ({
  deps,
  caller: request.caller!,
  params: parse(entry.params, request.params, 'params') as never,
  query: parse(entry.query, queryOf(request), 'query') as never,
  form: (entry.kind === 'form' && entry.reads === undefined
    ? parse(entry.form, bodyOf(request), 'form')
    : {}) as never,
  request,
})

const CONFIG = { access: 'session', page: true } as const

const addPage = (app: FastifyInstance, serving: Serving, entry: Page): void => {
  app.get(entry.at, { config: CONFIG }, async (request, reply) => {
    checkScope(request.caller!, entry.scope)
    const result = await entry.load(visitOf(serving, request, entry))
    return answer(serving, request, reply, result)
  })
}

const addForm = (app: FastifyInstance, serving: Serving, entry: Form): void => {
  const { deps } = serving
  app.post(
    entry.at,
    {
      config: { ...CONFIG, ...(entry.reads === 'file' && { streams: true as const }) },
      onRequest: async (request) => checkOrigin(deps, request),
    },
    async (request, reply) => {
      checkCsrf(request, tokenOf(request) ?? '')
      checkScope(request.caller!, entry.scope)
      if (!deps.hasRoom()) throw new GatewayProblem('storage-full', ENGLISH.problems.storageFull)
      const result = await entry.act(visitOf(serving, request, entry))
      return answer(serving, request, reply, result)
    },
  )
}

/** Serves the table: every entry for whoever is signed in with a key that has its scope. */
export const registerTable = (
  app: FastifyInstance,
  { deps, frame, table }: Serving & { table: readonly TableEntry[] },
): void => {
  app.addHook('onRequest', async (request, reply) => {
    if (request.is404) return
    if (request.routeOptions.config.access !== 'session') return
    const token = tokenOf(request)
    const visitor = token === null ? null : await deps.sessions.find(token)
    if (visitor === null) return leadToSignIn(request, reply)
    const { keyId, tenantId, scopes } = visitor
    request.caller = { keyId, tenantId, scopes, requestId: request.id }
  })
  for (const entry of table) {
    if (entry.kind === 'page') addPage(app, { deps, frame }, entry)
    else addForm(app, { deps, frame }, entry)
  }
}
