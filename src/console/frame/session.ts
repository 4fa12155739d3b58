import type { FastifyReply, FastifyRequest } from 'fastify'

import { SESSION_HOURS } from '../../domain/access/session.ts'
import { sameBytes, sha256 } from '../../lib/digest.ts'
import type { ConsoleDeps } from './deps.ts'

const COOKIE = 'gateway_console'

/**
 * Thrown for a form that was not sent from a page of this console, or was sent from a page of an
 * earlier session.
 */
export class FormRefused extends Error {
  override readonly name = 'FormRefused'
}

/** The session token in the cookie. null: there is no token. */
export const tokenOf = ({ headers }: Pick<FastifyRequest, 'headers'>): string | null =>
  /(?:^|;\s*)gateway_console=([\w-]{20,100})(?:;|$)/u.exec(headers.cookie ?? '')?.[1] ?? null

const isHttps = (deps: Pick<ConsoleDeps, 'publicUrl'>, request: FastifyRequest): boolean =>
  request.protocol === 'https' || deps.publicUrl?.startsWith('https:') === true

/**
 * Sets the cookie of the session. Removes the cookie if the token is null. Browsers send the cookie
 * only to /console, and not with a POST from another site. Scripts cannot read the cookie.
 */
export const keepToken = (
  deps: Pick<ConsoleDeps, 'publicUrl'>,
  request: FastifyRequest,
  reply: FastifyReply,
  token: string | null,
): void => {
  const parts = [
    `${COOKIE}=${token ?? ''}`,
    'Path=/console',
    'HttpOnly',
    'SameSite=Lax',
    `Max-Age=${token === null ? 0 : SESSION_HOURS * 3600}`,
    ...(isHttps(deps, request) ? ['Secure'] : []),
  ]
  reply.header('set-cookie', parts.join('; '))
}

/**
 * The token in the forms of a session. It is a hash of the session's token. The hash does not
 * reveal the session's token.
 */
export const csrfTokenOf = (token: string): string => sha256(`csrf ${token}`).toString('base64url')

const isOwnOrigin = (
  deps: Pick<ConsoleDeps, 'publicUrl'>,
  request: FastifyRequest,
  origin: string,
): boolean => {
  const url = URL.parse(origin)
  if (url === null) return false
  // Some proxies write the default port, which browsers leave out.
  const hosts = ['http:', 'https:'].map((scheme) => URL.parse(`${scheme}//${request.host}`)?.host)
  if (hosts.includes(url.host)) return true
  return deps.publicUrl !== null && URL.parse(deps.publicUrl)?.origin === url.origin
}

/**
 * Throws `FormRefused` if the form was sent from another site, or without an origin. Browsers send
 * the origin of the page with every POST.
 */
export const checkOrigin = (
  deps: Pick<ConsoleDeps, 'publicUrl'>,
  request: FastifyRequest,
): void => {
  const { origin } = request.headers
  if (origin === undefined || !isOwnOrigin(deps, request, origin)) throw new FormRefused()
}

/** Throws `FormRefused` if the form does not contain the token of the session. */
export const checkCsrf = (fields: Readonly<Record<string, unknown>>, token: string): void => {
  const given = fields['_csrf']
  if (typeof given !== 'string' || !sameBytes(sha256(given), sha256(csrfTokenOf(token)))) {
    throw new FormRefused()
  }
}

/**
 * Whether the caller is on this machine. The address of the socket decides. A request with a
 * forwarding header of a proxy never counts as local.
 */
export const isLoopback = ({ raw }: Pick<FastifyRequest, 'raw'>): boolean => {
  const { headers, socket } = raw
  if (headers['x-forwarded-for'] ?? headers['forwarded'] ?? headers['x-real-ip']) return false
  const address = (socket.remoteAddress ?? '').replace(/^::ffff:/u, '')
  return address === '::1' || address.startsWith('127.')
}
