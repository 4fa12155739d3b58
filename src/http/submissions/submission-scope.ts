import multipart from '@fastify/multipart'
import type { FastifyInstance } from 'fastify'

import type { DocumentedBody } from '../document/operation.ts'
import type { HttpDeps } from '../server/deps.ts'
import { registerEarlyRefusal } from './early-refusal.ts'

/**
 * A part is what its name says, with or without a file name. Any other part is a file if it looks
 * like one. `options` comes as bytes too: the parser would replace bytes that are not UTF-8, and of
 * two members with one name it would drop the first.
 */
const isPartAFile = (name: string | undefined, type?: string, fileName?: string): boolean =>
  name === 'file' ||
  name === 'options' ||
  type === 'application/octet-stream' ||
  fileName !== undefined

/**
 * Makes a separate scope for routes that accept submissions (`reads: 'file'`). Only there bodies
 * are passed on as streams.
 */
export const takeSubmissions = async (
  app: FastifyInstance,
  deps: Pick<HttpDeps, 'clock' | 'limits'>,
): Promise<void> => {
  app.removeAllContentTypeParsers()
  await app.register(multipart, {
    throwFileSizeLimit: false,
    isPartAFile,
    limits: {
      // `options` and `file`.
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
  registerEarlyRefusal(app, deps)
}

/** A form with a file of one of the media types, preceded by its options. */
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
 * The body of a submission, for the document. `options`: the schema of its part. `member`: the
 * array's name if JSON is an object.
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
