import { Readable } from 'node:stream'

import type { FastifyInstance } from 'fastify'

import type { HttpDeps } from '../server/deps.ts'
import { drainRest } from './submission-body.ts'

const DRAIN_BYTES = 1024 * 1024
const DRAIN_MS = 2_000

/**
 * Lets a call be answered before its body is read to the end. The client gets the whole answer
 * immediately. After that the gateway reads a little more of the body, gives the client some time,
 * and closes the connection. If the gateway closed the connection immediately, the kernel would
 * reset the connection and the client would lose the answer.
 */
export const registerEarlyRefusal = (
  app: FastifyInstance,
  deps: Pick<HttpDeps, 'clock' | 'limits'>,
): void => {
  app.addHook('onSend', async (request, reply, payload) => {
    const { raw } = request
    const hasBody =
      Number(raw.headers['content-length'] ?? 0) > 0 ||
      raw.headers['transfer-encoding'] !== undefined
    if (!hasBody || raw.readableEnded || raw.complete || raw.destroyed) return payload
    if (typeof payload !== 'string') return payload
    reply.header('connection', 'close')
    reply.header('content-length', Buffer.byteLength(payload))
    const answer = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from(payload)
      await drainRest(raw, {
        clock: deps.clock,
        maxBytes: deps.limits.drainBytes ?? DRAIN_BYTES,
        maxMs: deps.limits.drainMs ?? DRAIN_MS,
      })
    }
    return Readable.from(answer(), { objectMode: false })
  })
}
