import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'

import { type Caller, hasScope, type Scope } from '../../domain/access/access.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import { ENGLISH } from '../texts/texts.ts'
import type { ConsoleDeps, FileForm } from './deps.ts'
import {
  type Download,
  type Form,
  type GoTo,
  NOTHING,
  type Page,
  type TableEntry,
  type View,
  type Visit,
} from './page.ts'
import { type Frame, show } from './render.ts'
import { backOf, isScripted, wantsJson } from './scripted.ts'
import { checkCsrf, checkOrigin, tokenOf } from './session.ts'

type Serving = { deps: ConsoleDeps; frame: Frame }

/**
 * Sends a visitor who is not signed in to the sign-in page. After the sign-in, the visitor returns
 * to the requested page.
 */
const leadToSignIn = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  request.problemCode = 'unauthorized'
  // A part of a page cannot show the sign-in page. So htmx reloads the whole page, which then
  // redirects to the sign-in page.
  if (isScripted(request)) return reply.code(401).header('hx-refresh', 'true').send('')
  if (wantsJson(request)) return reply.code(401).send(ENGLISH.problems.signedOut)
  // A form is not sent again after the sign-in. The visitor returns to the page of the form.
  const back = request.method === 'GET' ? request.url : backOf(request)
  const to = back === null ? '' : `?to=${encodeURIComponent(back)}`
  return reply.code(303).header('location', `/console/sign-in${to}`).send()
}

const checkScope = (caller: Caller, scope: Scope | null): void => {
  if (scope === null || hasScope(caller.scopes, scope)) return
  throw new GatewayProblem('scope-missing', ENGLISH.problems.scopeMissing, { scope })
}

const parse = (schema: z.ZodType | undefined, value: unknown, names: string): unknown => {
  const result = (schema ?? NOTHING).safeParse(value ?? {})
  if (result.success) return result.data
  const faulty = new Set(result.error.issues.map(({ path }) => String(path[0] ?? '')))
  const fields = [...faulty].join(', ')
  // If the text in the address cannot be an id, there is no such page.
  if (names === 'params') throw new GatewayProblem('not-found', ENGLISH.problems.notFound.detail)
  throw new GatewayProblem('parameter-invalid', `${ENGLISH.problems.fieldInvalid} ${fields}`.trim())
}

/** The query of a page, without the parameter that the console adds itself. */
const queryOf = (request: FastifyRequest): object => {
  const { said: _said, ...query } = request.query as Record<string, unknown>
  return query
}

type Fields = Readonly<Record<string, unknown>>

const withoutToken = ({ _csrf: _token, ...fields }: Fields): Fields => fields

const isGoTo = (result: object): result is GoTo => 'goTo' in result
const isDownload = (result: object): result is Download => 'download' in result

const answer = async (
  { frame }: Serving,
  request: FastifyRequest,
  reply: FastifyReply,
  result: View | GoTo | Download,
): Promise<FastifyReply> => {
  if (isGoTo(result)) {
    const { goTo, said } = result
    const mark = goTo.includes('?') ? '&' : '?'
    const location = said === undefined ? goTo : `${goTo}${mark}said=${said}`
    // A script would follow a redirect itself, and the page would not change. So the script gets
    // the address in the answer.
    if (wantsJson(request)) return reply.send({ goTo: location })
    return reply.code(303).header('location', location).send()
  }
  if (isDownload(result)) {
    const { name, type, body } = result.download
    return reply
      .header('content-type', type)
      .header('content-disposition', `attachment; filename="${name}"`)
      .send(body)
  }
  return show(frame, request, reply, result)
}

const visitOf = (
  { deps }: Serving,
  request: FastifyRequest,
  entry: TableEntry,
  sent: { fields: Fields; file: FileForm | null } = { fields: {}, file: null },
): Visit<never, never, never> => ({
  deps,
  caller: request.caller!,
  params: parse(entry.params, request.params, 'params') as never,
  query: parse(entry.query, queryOf(request), 'query') as never,
  form: (entry.kind === 'form'
    ? parse(entry.form, withoutToken(sent.fields), 'form')
    : {}) as never,
  file: sent.file,
  request,
})

const CONFIG = { access: 'session', page: true } as const

const addPage = (app: FastifyInstance, serving: Serving, entry: Page): void => {
  const config = { ...CONFIG, ...(entry.part && { refreshes: true as const }) }
  app.get(entry.at, { config }, async (request, reply) => {
    await app.chargeCall(request.caller!, entry.scope, reply)
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
      await app.chargeCall(request.caller!, entry.scope, reply)
      checkScope(request.caller!, entry.scope)
      const file = entry.reads === 'file' ? await deps.readFileForm(request) : null
      const fields = file?.fields ?? (request.body as Fields | null) ?? {}
      checkCsrf(fields, tokenOf(request) ?? '')
      if (!deps.hasRoom()) throw new GatewayProblem('storage-full', ENGLISH.problems.storageFull)
      const result = await entry.act(visitOf(serving, request, entry, { fields, file }))
      return answer(serving, request, reply, result)
    },
  )
}

/** The path of the nearest page above this address: the page with the button, or the overview. */
const pageAbove = (pages: ReadonlySet<string>, at: string): string => {
  const above = at.slice(0, at.lastIndexOf('/')) || '/'
  return pages.has(above) || above === '/' ? above : pageAbove(pages, above)
}

/**
 * A browser opens the address of a form as a page if a user presses Enter in the address bar on the
 * page that answered the form, or signs in again there. It is sent to the page with the form.
 */
const addWayBack = (app: FastifyInstance, at: string, pages: ReadonlySet<string>): void => {
  const above = pageAbove(pages, at)
  const parts = above === '/' ? 0 : above.split('/').length - 1
  app.get(at, { config: CONFIG }, async (request, reply) => {
    const path = request.url.split('?', 1)[0]!.split('/')
    return reply
      .code(303)
      .header('location', path.slice(0, parts + 2).join('/'))
      .send()
  })
}

/**
 * Adds all pages and forms of the table. To use a page or form that has a scope, the viewer must be
 * signed in with a key that has this scope.
 */
export const registerTable = async (
  app: FastifyInstance,
  { deps, frame, table }: Serving & { table: readonly TableEntry[] },
): Promise<void> => {
  app.addHook('onRequest', async (request, reply) => {
    if (request.is404) return
    const { access, refreshes } = request.routeOptions.config
    if (access !== 'session') return
    const token = tokenOf(request)
    const by = refreshes === true ? 'page' : 'person'
    const visitor = token === null ? null : await deps.sessions.find(token, by)
    if (visitor === null) return leadToSignIn(request, reply)
    const { keyId, tenantId, scopes } = visitor
    request.caller = { keyId, tenantId, scopes, requestId: request.id }
  })
  // A page calls this while a user fills in a form, so that the session does not end in the
  // meantime.
  app.get('/here', { config: CONFIG }, async (_request, reply) => reply.code(204).send())
  const withFile: Form[] = []
  const pages = new Set(table.flatMap(({ kind, at }) => (kind === 'page' ? [at] : [])))
  for (const entry of table) {
    if (entry.kind === 'form' && !pages.has(entry.at)) addWayBack(app, entry.at, pages)
    if (entry.kind === 'page') addPage(app, { deps, frame }, entry)
    else if (entry.reads === 'file') withFile.push(entry)
    else addForm(app, { deps, frame }, entry)
  }
  if (withFile.length === 0) return
  await app.register(async (scope) => {
    await deps.takeFiles(scope)
    for (const entry of withFile) addForm(scope, { deps, frame }, entry)
  })
}
