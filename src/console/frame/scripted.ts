import type { FastifyRequest } from 'fastify'

type Asked = Pick<FastifyRequest, 'headers'>

/** Whether a script of a page sent the request: htmx, `console.js` or `upload.js`. */
export const isScripted = ({ headers }: Asked): boolean => headers['hx-request'] === 'true'

/** Whether `upload.js` sent the form and reads the result itself. */
export const wantsJson = ({ headers }: Asked): boolean => headers.accept === 'application/json'

/**
 * The page of the console from which the form was sent, so that an answer can lead back to it.
 * null: the form was not sent from a page of the console.
 */
export const backOf = ({ headers, host }: Asked & Pick<FastifyRequest, 'host'>): string | null => {
  const url = URL.parse(headers.referer ?? '')
  if (url === null || url.host !== host || !url.pathname.startsWith('/console')) return null
  return `${url.pathname}${url.search}`
}
