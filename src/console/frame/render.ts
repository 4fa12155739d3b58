import type { FastifyReply, FastifyRequest } from 'fastify'

import { hasScope, type Scope } from '../../domain/access/access.ts'
import { ENGLISH } from '../texts/texts.ts'
import type { ConsoleDeps } from './deps.ts'
import type { MenuItem, Page, View } from './page.ts'
import { csrfTokenOf, tokenOf } from './session.ts'
import { WORDS } from './words.ts'

export type Frame = {
  deps: Pick<ConsoleDeps, 'simulated' | 'dialect'>
  /** The addresses of the files that pages load. */
  assets: Record<string, string>
  menu: readonly Page[]
}

type MenuLine = { href: string; label: string; icon: MenuItem; current: boolean }

const isWithin = (path: string, href: string): boolean =>
  href === '/console' ? path === href : path === href || path.startsWith(`${href}/`)

const menuOf = (frame: Frame, scopes: readonly Scope[], path: string): MenuLine[] =>
  frame.menu
    .filter(({ scope }) => scope === null || hasScope(scopes, scope))
    .map(({ at, menu }) => {
      const href = at === '/' ? '/console' : `/console${at}`
      return { href, label: ENGLISH.menu[menu!], icon: menu!, current: isWithin(path, href) }
    })

/** The message about the last action, by its code in the URL. null: there is no such code. */
const saidOf = (request: FastifyRequest): string | null => {
  const { said } = request.query as { said?: unknown }
  return typeof said === 'string' && Object.hasOwn(ENGLISH.said, said)
    ? ENGLISH.said[said as keyof typeof ENGLISH.said]
    : null
}

/**
 * The model of every template: the model of the page, the texts, and the contents of the top of the
 * page and the menu.
 */
export const modelOf = (frame: Frame, request: FastifyRequest, view: View): object => {
  const scopes = request.caller?.scopes ?? []
  const token = tokenOf(request)
  const path = request.url.split('?', 1)[0]!.replace(/\/$/u, '')
  return {
    ...WORDS,
    ...view.model,
    can: (scope: Scope) => hasScope(scopes, scope),
    csrf: request.caller === null || token === null ? '' : csrfTokenOf(token),
    frame: {
      title: view.title,
      /** For tests, which read it to know which pages they saw. */
      template: view.template,
      assets: frame.assets,
      simulated: frame.deps.simulated,
      dialect: frame.deps.dialect,
      signedIn: request.caller !== null,
      tenantId: request.caller?.tenantId ?? '',
      menu: request.caller === null ? [] : menuOf(frame, scopes, path),
      said: saidOf(request),
      requestId: request.id,
    },
  }
}

/**
 * The content security policy of the pages. They load files only from the gateway. Scripts, styles
 * and images inside the HTML are refused, except images in `data:` URLs.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Sets the headers of a page that tell the browser what the page may do. */
export const setPolicy = (reply: FastifyReply): void => {
  reply.header('content-security-policy', POLICY)
  // With `no-referrer`, browsers would send no origin with a form. `checkOrigin` refuses a form
  // without an origin.
  reply.header('referrer-policy', 'same-origin')
  reply.header('cross-origin-opener-policy', 'same-origin')
}

/** Answers with a page. */
export const show = async (
  frame: Frame,
  request: FastifyRequest,
  reply: FastifyReply,
  view: View,
): Promise<FastifyReply> => {
  // A hook outside the console may have refused the request before the console's own hook ran.
  setPolicy(reply)
  reply.code(view.status ?? 200).header('content-type', 'text/html; charset=utf-8')
  return reply.view(view.template, modelOf(frame, request, view))
}
