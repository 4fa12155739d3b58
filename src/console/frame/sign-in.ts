import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'

import { GatewayProblem } from '../../domain/problems/problem.ts'
import { sha256 } from '../../lib/digest.ts'
import { ENGLISH, fill } from '../texts/texts.ts'
import type { ConsoleDeps } from './deps.ts'
import { type Frame, show } from './render.ts'
import { checkCsrf, checkOrigin, isLoopback, keepToken, tokenOf } from './session.ts'

const CONFIG = { config: { access: 'public', page: true } } as const

const text = z.string().max(2_000)
const askedSchema = z.object({ to: text.optional().catch(''), link: text.optional().catch('') })
const keySchema = z.object({ key: text.catch(''), to: text.optional().catch('') })
const linkSchema = z.object({ link: text.catch('') })

/**
 * The address after the sign-in: `to` if it is an address of the console, else the overview. A link
 * to the sign-in page must not lead to another site.
 */
const placeOf = (to: string | undefined): string =>
  to !== undefined && /^\/console(?:[/?][\w\-./?=&%:~@,+]*)?$/u.test(to) ? to : '/console'

type Shown = {
  fault?: string | null
  to?: string | undefined
  link?: string | null
  status?: number
}

const signInPage = (
  frame: Frame,
  request: FastifyRequest,
  reply: FastifyReply,
  { fault = null, to, link = null, status = 200 }: Shown,
): Promise<FastifyReply> =>
  show(frame, request, reply, {
    title: ENGLISH.signIn.title,
    template: '/frame/sign-in',
    model: { fault, to: placeOf(to), link },
    status,
  })

/**
 * Starts a session, sets its cookie and redirects. null: the key is not valid, so no session was
 * started.
 */
const enter = async (
  deps: ConsoleDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  { keyDigest, to }: { keyDigest: Buffer; to: string },
): Promise<FastifyReply | null> => {
  const begun = await deps.sessions.begin(keyDigest, request.id)
  if (begun === null) return null
  keepToken(deps, request, reply, begun.token)
  return reply.code(303).header('location', to).send()
}

const byKey = async (
  deps: ConsoleDeps,
  frame: Frame,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> => {
  const { key, to } = keySchema.parse(request.body ?? {})
  const keyDigest = sha256(key.trim())
  const waitSeconds = deps.keyFailures.blockedForSeconds(request.ip, keyDigest)
  if (waitSeconds !== null) {
    request.problemCode = 'too-many-requests'
    reply.header('retry-after', waitSeconds)
    const fault = fill(ENGLISH.signIn.tooMany, { count: waitSeconds })
    return signInPage(frame, request, reply, { fault, to, status: 429 })
  }
  const entered = await enter(deps, request, reply, { keyDigest, to: placeOf(to) })
  if (entered !== null) {
    deps.keyFailures.succeeded(keyDigest)
    return entered
  }
  deps.keyFailures.failed(request.ip)
  request.problemCode = 'unauthorized'
  return signInPage(frame, request, reply, { fault: ENGLISH.signIn.refused, to, status: 401 })
}

const byLink = async (
  deps: ConsoleDeps,
  frame: Frame,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> => {
  const { link } = linkSchema.parse(request.body ?? {})
  const keyDigest = isLoopback(request) ? deps.signInLink.redeem(link) : null
  const entered =
    keyDigest === null ? null : await enter(deps, request, reply, { keyDigest, to: '/console' })
  if (entered !== null) return entered
  request.problemCode = 'unauthorized'
  return signInPage(frame, request, reply, { fault: ENGLISH.signIn.linkUsed, status: 401 })
}

/**
 * Adds the sign-in and the sign-out. People sign in with a key, or once with the link that the
 * gateway prints at its start.
 */
export const registerSignIn = (app: FastifyInstance, deps: ConsoleDeps, frame: Frame): void => {
  app.get('/sign-in', CONFIG, async (request, reply) => {
    const { to, link } = askedSchema.parse(request.query)
    if (link === undefined || link === '') return signInPage(frame, request, reply, { to })
    // The link is only checked here, so that a preview of the link does not use it up. The button
    // on the page uses it up.
    if (isLoopback(request) && deps.signInLink.isGood(link)) {
      return signInPage(frame, request, reply, { link })
    }
    return signInPage(frame, request, reply, { fault: ENGLISH.signIn.linkUsed, status: 401 })
  })
  app.post('/sign-in', CONFIG, async (request, reply) => {
    checkOrigin(deps, request)
    if (!deps.hasRoom()) throw new GatewayProblem('storage-full', ENGLISH.problems.storageFull)
    const isLink = Object.hasOwn((request.body as object | null) ?? {}, 'link')
    return (isLink ? byLink : byKey)(deps, frame, request, reply)
  })
  app.post('/sign-out', CONFIG, async (request, reply) => {
    checkOrigin(deps, request)
    const token = tokenOf(request)
    if (token !== null) {
      checkCsrf((request.body as Record<string, unknown> | null) ?? {}, token)
      await deps.sessions.end(token, request.id)
    }
    keepToken(deps, request, reply, null)
    return reply.code(303).header('location', '/console/sign-in').send()
  })
}
