import type { IncomingMessage } from 'node:http'

import multipart from '@fastify/multipart'
import type { FastifyInstance } from 'fastify'

import type { DocumentedBody } from '../document/operation.ts'
import type { HttpDeps } from '../server/deps.ts'

/**
 * Whether the parser passes a part on as a file. `file` and `options` always count as files, with
 * or without a file name. `options` must arrive as bytes: in a text field, the parser would replace
 * bytes that are not UTF-8, and would silently drop the first of two members with the same name.
 */
const isPartAFile = (name: string | undefined, type?: string, fileName?: string): boolean =>
  name === 'file' ||
  name === 'options' ||
  type === 'application/octet-stream' ||
  fileName !== undefined

/**
 * Lets less of a body wait in memory than the server's setting allows, because that setting is for
 * one large upload. Node has no such setting for a single route, so this function changes the state
 * of the stream.
 */
const keepLittle = (raw: IncomingMessage, bytes: number): void => {
  const { _readableState: state } = raw as unknown as {
    _readableState: { highWaterMark: number }
  }
  state.highWaterMark = bytes
}

/**
 * Prepares a Fastify scope for routes that accept submissions (`reads: 'file'`): bodies are passed
 * on as streams. Call it in a separate scope, so that other routes are not affected.
 *
 * `waitingBytes`: the most bytes of a body that wait at each step between the socket and the
 * reader. For routes on which many bodies arrive at the same time.
 */
export const takeSubmissions = async (
  app: FastifyInstance,
  deps: Pick<HttpDeps, 'limits'>,
  { waitingBytes = null }: { waitingBytes?: number | null } = {},
): Promise<void> => {
  app.removeAllContentTypeParsers()
  if (waitingBytes !== null) {
    app.addHook('onRequest', async ({ raw }) => keepLittle(raw, waitingBytes))
  }
  await app.register(multipart, {
    throwFileSizeLimit: false,
    isPartAFile,
    ...(waitingBytes !== null && { highWaterMark: waitingBytes, fileHwm: waitingBytes }),
    limits: {
      // The parts `options` and `file`.
      files: 2,
      fields: 16,
      fieldNameSize: 100,
      fieldSize: 64 * 1024,
      headerPairs: 32,
      parts: 20,
      fileSize: deps.limits.maxUploadBytes + 1,
    },
  })
  app.addContentTypeParser('*', (_request, payload, done) => {
    done(null, payload)
  })
}

/** A form with options and a file of one of the media types, for the API document. */
export const fileForm = (options: object, types: readonly string[]): DocumentedBody => ({
  'multipart/form-data': {
    schema: {
      type: 'object',
      required: ['file'],
      additionalProperties: false,
      properties: {
        options,
        file: { type: 'string', contentMediaType: 'application/octet-stream' },
      },
    },
    encoding: {
      options: { contentType: 'application/json' },
      file: { contentType: types.join(', ') },
    },
  },
})

/**
 * The bodies of a submission, for the API document. `options`: the schema of the part `options`.
 * `member`: for JSON that is an object, the name of the member with the array.
 */
export const submissionBody = (options: object, member: string): DocumentedBody => {
  const items = { type: 'array', items: { type: 'object', additionalProperties: true } }
  return {
    ...fileForm(options, ['text/csv', 'application/x-ndjson', 'application/json']),
    'text/csv': { schema: { type: 'string' } },
    'application/x-ndjson': { schema: { type: 'string' } },
    'application/json': {
      schema: {
        oneOf: [items, { type: 'object', required: [member], properties: { [member]: items } }],
      },
    },
  }
}
