import type { FastifyInstance, FastifyRequest } from 'fastify'

import { FINAL_STATES, type Upload } from '../../../domain/uploads/upload.ts'
import { keyCheckOf } from '../../plugins/auth.ts'
import { tellAnswered } from '../../plugins/lifecycle.ts'
import type { HttpDeps } from '../../server/deps.ts'
import { createEventStreams, type EventStream } from '../../server/event-stream.ts'
import type { AddRoute } from '../../server/route.ts'
import { uploadParamsSchema } from '../../server/schemas.ts'
import { FOLLOW_EXAMPLES } from './upload-examples.ts'
import { ownUpload } from './uploads.ts'

/** The data of an event: the fields of an upload that change. */
const renderMoment = (upload: Upload) => ({
  uploadId: upload.id,
  state: upload.state,
  hold: upload.hold,
  version: upload.version,
  counts: upload.counts,
  batches: upload.delivery.batches,
  progress: upload.progress,
  problem: upload.problem,
  updatedAt: upload.updatedAt,
  completedAt: upload.completedAt,
})

const isFinal = ({ state }: Upload): boolean => FINAL_STATES.includes(state)

/** The version that the caller saw last. null: the header is missing, or is not a version. */
const seenVersion = (request: Pick<FastifyRequest, 'headers'>): number | null => {
  const given = request.headers['last-event-id']
  return typeof given === 'string' && /^[0-9]{1,9}$/u.test(given) ? Number(given) : null
}

const isSameState = (before: Upload | null, now: Upload): boolean =>
  before !== null && before.state === now.state && before.hold?.reason === now.hold?.reason

/**
 * Makes a function that sends each newer version of an upload as an event. No version is sent twice
 * or out of order. After the final state it sends `end` and ends the stream.
 */
const createTeller = (stream: EventStream, seen: number | null) => {
  let last: Upload | null = null
  return (upload: Upload): void => {
    if (last !== null && upload.version <= last.version) return
    const id = String(upload.version)
    const data = renderMoment(upload)
    if (last !== null || upload.version !== seen) {
      stream.send({ id, event: isSameState(last, upload) ? 'progress' : 'state', data })
    }
    last = upload
    if (!isFinal(upload)) return
    stream.send({ id, event: 'end', data })
    stream.end()
  }
}

/** GET /v1/uploads/{uploadId}/events: server-sent events about an upload until its final state. */
export const registerUploadEvents = (
  app: FastifyInstance,
  add: AddRoute,
  { clock, limits }: Pick<HttpDeps, 'clock' | 'limits'>,
): void => {
  const streams = createEventStreams({ clock, limits: limits.eventStreams ?? {} })
  app.addHook('preClose', async () => {
    streams.endAll()
  })
  add({
    method: 'GET',
    url: '/v1/uploads/:uploadId/events',
    // With a HEAD route, a HEAD would open a stream that nobody reads.
    exposeHeadRoute: false,
    access: { scope: 'uploads' },
    id: 'followUpload',
    tag: 'uploads',
    summary:
      'Follow an upload by the server-sent events `state`, `progress` and finally `end`. The id of an event is the version of the upload',
    params: uploadParamsSchema,
    headers: { 'Last-Event-ID': 'optional' },
    answers: {
      200: {
        about:
          'The stream. It first sends the current state of the upload. When the upload changes, the stream sends the new state within about a second. After the final state, the stream ends. If it ends earlier, for example after 30 minutes, connect again. If the key is revoked or expires, the stream ends within 15 seconds',
        mediaTypes: ['text/event-stream'],
      },
      204: { about: 'The upload has ended, and Last-Event-ID names its last version' },
    },
    problems: ['not-found', 'too-many-streams'],
    examples: FOLLOW_EXAMPLES,
    handler: async (request, reply, deps) => {
      const upload = await ownUpload(deps, request, request.params.uploadId)
      const seen = seenVersion(request)
      // After a 204 a browser does not reconnect (WHATWG HTML, 9.2.3).
      if (isFinal(upload) && seen === upload.version) return reply.code(204).send()
      // A reader ends the stream by closing the connection. That is normal, so the request is
      // reported with its own status and not with 499.
      request.raw.resume()
      reply.raw.prependOnceListener('close', () => tellAnswered(deps, request, reply.statusCode))
      let unwatch = (): void => undefined
      const key = {
        id: request.caller!.keyId,
        isInForce: keyCheckOf(deps, request, 'uploads'),
      }
      const stream = streams.open(deps.refuse, key, () => unwatch())
      const tell = createTeller(stream, seen)
      tell(upload)
      if (!isFinal(upload)) unwatch = deps.watchUploads.watch(upload, tell)
      return reply
        .headers({
          'content-type': 'text/event-stream; charset=utf-8',
          // The connection closes with the stream, also when the gateway stops.
          connection: 'close',
          'x-accel-buffering': 'no',
        })
        .send(stream.body)
    },
  })
}
