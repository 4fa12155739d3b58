import multipart from '@fastify/multipart'
import type { FastifyInstance, FastifyRequest } from 'fastify'

import { GatewayProblem, type ProblemCode } from '../../../domain/problems/problem.ts'
import type { Refuse } from '../../../domain/problems/refusing.ts'
import type { TextEncoding } from '../../../domain/uploads/text-encoding.ts'
import type { UploadOptions } from '../../../domain/uploads/upload-options.ts'
import type { FileFormat } from '../../../domain/uploads/upload.ts'
import type { UploadAnswer } from '../../../workflows/contract.ts'
import { RECEIVE_REFUSALS } from '../../../workflows/uploads/refusals.ts'
import type { DocumentedBody } from '../../document/operation.ts'
import { KEYED } from '../../document/route-codes.ts'
import {
  normaliseFileFormat,
  normaliseFileName,
  normaliseIdempotencyKey,
} from '../../plugins/normalisation.ts'
import { registerEarlyRefusal } from '../../plugins/upload-refusal.ts'
import { optionsOfPart, parseUploadOptions, typedQueryOptions } from '../../plugins/validation.ts'
import type { HttpDeps } from '../../server/deps.ts'
import { keyMissing, sendKept } from '../../server/keyed-call.ts'
import type { UploadForm } from '../../server/request-context.ts'
import { routePath } from '../../server/route-path.ts'
import { routesOf, type AddRoute, type RouteRequest } from '../../server/route.ts'
import {
  contactListParamsSchema,
  uploadCallOptionsSchema,
  uploadSchema,
  validationSchema,
} from '../../server/schemas.ts'
import { checkListGranted, hideUnknownList } from '../contact-lists/list-access.ts'
import { beforeDeadline, fileBytes, gzipBytes, streamProblem, tooLarge } from './upload-body.ts'

/** Room for the parts around the file when a form's declared length is judged. */
const ENVELOPE_BYTES = 64 * 1024 * 17

/** What reading the options and the body of an upload can end with. */
const SUBMISSION_PROBLEMS = [
  'media-type-unsupported',
  'option-unknown',
  'multipart-malformed',
  'multipart-too-large',
  'body-broken-off',
  'body-too-slow',
] as const satisfies readonly ProblemCode[]

type UploadDeps = Pick<HttpDeps, 'clock' | 'limits' | 'access' | 'receiveUpload'> & {
  refuse: Refuse<'idempotency-key-missing' | 'idempotency-key-invalid' | 'not-found'>
}
type ReadDeps = Pick<HttpDeps, 'clock' | 'limits'>

type Submission = {
  options: UploadOptions
  validateOnly: boolean
  format: FileFormat
  fileName: string | null
  body: AsyncIterable<Uint8Array>
}

const malformed = (detail: string): GatewayProblem =>
  new GatewayProblem('multipart-malformed', detail)

/** The problem of a parser's error: its own limits keep their 413, a bad form is 400 and never 500. */
const partsProblem = (error: unknown): unknown => {
  if (error instanceof GatewayProblem) return error
  if (error instanceof Error && 'code' in error && error.code === 'FST_FILES_LIMIT') {
    return malformed('The form has more than one file. Send one part `file`.')
  }
  if (error instanceof Error && 'code' in error && String(error.code).startsWith('FST_'))
    return error
  const problem = streamProblem(error)
  return problem.code === 'body-broken-off' ? malformed('The form cannot be read.') : problem
}

const readQueryFlag = (query: Record<string, unknown>): Record<string, unknown> => {
  const typed = typedQueryOptions(query)
  const others = Object.keys(typed).filter((name) => name !== 'validateOnly')
  if (others.length > 0) {
    throw new GatewayProblem('option-invalid', 'With a form, options go into the part `options`.', {
      options: others.slice(0, 20),
    })
  }
  return typed
}

/**
 * Bytes of the file, and then of whatever follows it: only the end of the form is allowed there, and only when it has
 * been seen is the file known to be whole. A form that never ends is `body-too-slow`.
 */
async function* fileThenEnd(
  deps: ReadDeps,
  bytes: AsyncIterable<Uint8Array>,
  parts: AsyncIterator<unknown>,
): AsyncGenerator<Uint8Array> {
  yield* bytes
  let after: IteratorResult<unknown>
  try {
    after = await beforeDeadline(parts.next(), deps)
  } catch (error) {
    throw partsProblem(error)
  }
  if (!after.done) throw malformed('Nothing may follow the part `file`; `options` comes before it.')
}

const readForm = async (deps: ReadDeps, request: FastifyRequest): Promise<Submission> => {
  const flag = readQueryFlag(request.query as Record<string, unknown>)
  const parts = request.parts()
  let given: Record<string, unknown> | null = null
  for (;;) {
    const step = await parts.next().catch((error: unknown) => {
      throw partsProblem(error)
    })
    if (step.done) throw malformed('The form has no part `file`.')
    const part = step.value
    if (part.type === 'file') {
      // The parser's own listener ends the iteration; this one keeps a late error from being nobody's.
      part.file.on('error', () => undefined)
      if (part.fieldname !== 'file') throw malformed('The file must be in the part `file`.')
      const fileName = normaliseFileName(part.filename)
      const { options, validateOnly } = parseUploadOptions({ ...given, ...flag })
      const format = normaliseFileFormat(part.mimetype, fileName)
      const body = fileThenEnd(deps, fileBytes(part.file, deps), parts)
      return { options, validateOnly, format, fileName, body }
    }
    if (part.fieldname !== 'options' || given !== null) {
      throw malformed('Only one part `options` may come before the part `file`.')
    }
    if (part.valueTruncated)
      throw new GatewayProblem('multipart-too-large', 'The options are too long.')
    given = optionsOfPart(part.value)
  }
}

/** The charset of the body is the option `encoding`, said elsewhere. */
const withCharset = (options: UploadOptions, charset: TextEncoding | null): UploadOptions => {
  if (charset === null) return options
  if (options.encoding === undefined || options.encoding === charset) {
    return { ...options, encoding: charset }
  }
  const detail = `The Content-Type says ${charset}, the option encoding ${options.encoding}. Leave one out.`
  throw new GatewayProblem('option-invalid', detail, { options: ['encoding'] })
}

const readBare = (
  deps: ReadDeps,
  request: FastifyRequest,
  form: Extract<UploadForm, { kind: 'bare' }>,
): Submission => {
  const query = typedQueryOptions(request.query as Record<string, unknown>)
  const { options, validateOnly } = parseUploadOptions(query)
  const bytes = fileBytes(request.raw, deps)
  return {
    options: withCharset(options, form.encoding),
    validateOnly,
    format: form.format,
    fileName: null,
    body: form.compression === 'gzip' ? gzipBytes(bytes) : bytes,
  }
}

const checkDeclaredLength = (request: FastifyRequest, maxBytes: number): void => {
  const declared = Number(request.headers['content-length'] ?? 0)
  const envelope = request.uploadForm?.kind === 'multipart' ? ENVELOPE_BYTES : 0
  if (declared > maxBytes + envelope) throw tooLarge(maxBytes)
}

const readSubmission = async (deps: ReadDeps, request: FastifyRequest): Promise<Submission> => {
  const form = request.uploadForm
  if (form?.kind === 'bare') return readBare(deps, request, form)
  return beforeDeadline(readForm(deps, request), deps)
}

const receive = async (
  deps: UploadDeps,
  request: RouteRequest<{ contactListId: string }>,
): Promise<UploadAnswer> => {
  const { contactListId } = request.params
  const caller = request.caller!
  const idempotencyKey = normaliseIdempotencyKey(deps.refuse, request.headers['idempotency-key'])
  const submission = await readSubmission(deps, request)
  if (idempotencyKey === null && !submission.validateOnly) {
    throw keyMissing(deps.refuse, 'with an upload')
  }
  checkDeclaredLength(request, deps.limits.maxUploadBytes)
  // Before the idempotency claim, so that a repeated key is 404 too once the grant is revoked: what was answered
  // while the list was granted is no longer the tenant's to read.
  await checkListGranted(deps, caller, contactListId)
  return hideUnknownList(
    deps.refuse,
    deps.receiveUpload({
      caller,
      contactListId,
      ...submission,
      idempotencyKey: submission.validateOnly ? null : idempotencyKey,
      method: 'POST',
      path: routePath(request),
    }),
  )
}

const CONTACTS = { type: 'array', items: { type: 'object', additionalProperties: true } }

/** The body is read as it streams in; this is what it looks like. */
const BODY: DocumentedBody = {
  'multipart/form-data': {
    schema: {
      type: 'object',
      required: ['file'],
      additionalProperties: false,
      properties: {
        options: { $ref: '#/components/schemas/UploadOptions' },
        file: { type: 'string', contentMediaType: 'application/octet-stream' },
      },
    },
    encoding: { options: { contentType: 'application/json' } },
  },
  'text/csv': { schema: { type: 'string' } },
  'application/x-ndjson': { schema: { type: 'string' } },
  'application/json': {
    schema: {
      oneOf: [
        CONTACTS,
        { type: 'object', required: ['contacts'], properties: { contacts: CONTACTS } },
      ],
    },
  },
}

const addUploadRoute = (add: AddRoute): void => {
  add({
    method: 'POST',
    url: '/v1/contact-lists/:contactListId/uploads',
    access: { scope: 'uploads' },
    id: 'createUpload',
    tag: 'uploads',
    summary: 'Send contacts for a contact list; 202 means that they are durably accepted',
    params: contactListParamsSchema,
    query: uploadCallOptionsSchema,
    headers: {
      'Idempotency-Key': { optional: 'Required unless validateOnly' },
      'Content-Encoding': 'optional',
    },
    reads: 'file',
    documentedBody: BODY,
    answers: {
      200: {
        about: 'With validateOnly: what would become of the rows',
        schema: validationSchema,
      },
      202: {
        about: 'Accepted; Location names the upload',
        schema: uploadSchema,
        headers: ['Location', 'Idempotency-Replayed'],
      },
    },
    problems: [...KEYED, ...RECEIVE_REFUSALS, ...SUBMISSION_PROBLEMS],
    handler: async (request, reply, deps) => sendKept(reply, await receive(deps, request)),
  })
}

/** POST /v1/contact-lists/{contactListId}/uploads, in a scope of its own: only here bodies are handed on as streams. */
export const registerUploadIntake = async (app: FastifyInstance, deps: HttpDeps): Promise<void> => {
  app.removeAllContentTypeParsers()
  await app.register(multipart, {
    throwFileSizeLimit: false,
    limits: {
      files: 1,
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
  addUploadRoute(routesOf(app, deps))
}
