import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'

import type { GatewayEvents } from '../../telemetry/events.ts'
import type { HttpDeps, HttpLimits } from '../server/deps.ts'
import { routeOf } from './lifecycle.ts'

/**
 * How long a reader may take nothing of an answer, in milliseconds. A slow reader also seems to
 * take nothing for some time: on Linux, a full connection accepts more data only after the reader
 * has taken about 1.6 MB (measured over loopback). A reader of 8 KiB/s, the minimum speed of an
 * upload, takes 200 s for 1.6 MB, and must not be disconnected.
 */
const STALLED_READER_MS = 300_000

/**
 * How long answers that are still being sent may take when the gateway stops, in milliseconds. By
 * then, bodies that were still arriving have been refused, and the client has read the refusal. The
 * rest of a stop needs some of its ten seconds for the jobs and the database.
 */
const LAST_ANSWERS_MS = 6_000

/**
 * After this time without traffic, Node reports that a connection timed out. For Node, it is also
 * traffic if the kernel takes a part of the waiting data.
 */
export const stalledReaderMs = (limits: HttpLimits): number =>
  limits.stalledReaderMs ?? STALLED_READER_MS

type Call = { request: FastifyRequest; reply: FastifyReply }

/**
 * Disconnects a reader who takes nothing of its answer for `stalledReaderMs` to twice this time.
 * When the gateway stops, disconnects all readers whose answers are not sent within a few seconds,
 * and closes each connection after its last answer. Otherwise such connections would stay open, and
 * the stop would wait for them.
 */
export const openAnswersPlugin = (deps: Pick<HttpDeps, 'clock' | 'emit' | 'limits'>) =>
  fp(
    async (app: FastifyInstance) => {
      const open = new Set<Call>()
      const ended = new AbortController()
      let stopping = false
      const cutOff = (
        { request, reply }: Call,
        reason: GatewayEvents['http.cut_off']['reason'],
      ): void => {
        deps.emit('http.cut_off', { requestId: request.id, route: routeOf(request), reason })
        reply.raw.destroy()
      }
      const endAnswers = async (): Promise<void> => {
        await deps.clock.sleep(deps.limits.lastAnswersMs ?? LAST_ANSWERS_MS, ended.signal)
        for (const call of open) if (call.reply.raw.headersSent) cutOff(call, 'stopping')
      }
      const closeIfUnused = ({ socket }: FastifyRequest): void => {
        for (const { request } of open) if (request.socket === socket) return
        socket.destroySoon()
      }
      app.addHook('preClose', async () => {
        stopping = true
        // Rejects if the server is closed before the wait ends, because all answers are sent.
        endAnswers().catch(() => undefined)
      })
      app.addHook('onClose', async () => {
        ended.abort()
      })
      app.addHook('onRequest', async (request, reply) => {
        const call = { request, reply }
        open.add(call)
        reply.raw.once('close', () => {
          open.delete(call)
          // An answer whose headers were sent before the stop says that its connection stays open.
          if (stopping) closeIfUnused(request)
        })
        // Node leaves a connection open if its answer listens. A connection without waiting data
        // has no slow reader: a handler takes long, or an event stream has nothing to tell.
        reply.raw.on('timeout', () => {
          if (request.socket.writableLength > 0) cutOff(call, 'stalled')
        })
      })
    },
    { name: 'open-answers', dependencies: ['lifecycle'] },
  )
