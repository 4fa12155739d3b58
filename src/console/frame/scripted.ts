import type { FastifyRequest } from 'fastify'

type Asked = Pick<FastifyRequest, 'headers'>

/** A part of a page that a script puts in place. */
export const isScripted = ({ headers }: Asked): boolean => headers['hx-request'] === 'true'

/** Whether a script sends the form by itself and reads the result. */
export const wantsJson = ({ headers }: Asked): boolean => headers.accept === 'application/json'
