import type { Multipart, MultipartFile } from '@fastify/multipart'
import type { FastifyRequest } from 'fastify'
import type { z } from 'zod'

import { GatewayProblem, type ProblemCode } from '../../domain/problems/problem.ts'
import type { TextEncoding } from '../../domain/uploads/text-encoding.ts'
import type { FileFormat } from '../../domain/uploads/upload.ts'
import type { HttpDeps } from '../server/deps.ts'
import { faultyByteOf, textOfBytes } from './json-text.ts'
import {
  beforeDeadline,
  type BodyDeps,
  fileBytes,
  gzipBytes,
  streamProblem,
  tooLarge,
} from './submission-body.ts'
import {
  fileFormatOf,
  fileNameOf,
  fileNameOfHeader,
  type SubmissionForm,
} from './submission-form.ts'
import {
  optionsOfPart,
  optionsOfQuery,
  parseOptions,
  type SubmissionOptions,
} from './submission-options.ts'

/**
 * The most bytes of a form in addition to the file. The limit for the declared length of a form
 * includes these bytes.
 */
const ENVELOPE_BYTES = 64 * 1024 * 17

const MOST_OPTIONS_BYTES = 64 * 1024

/** The problems of reading options and a body, for any kind of file. */
export const BODY_PROBLEMS = [
  'media-type-unsupported',
  'option-invalid',
  'option-unknown',
  'multipart-malformed',
  'multipart-too-large',
  'body-broken-off',
  'body-too-slow',
] as const satisfies readonly ProblemCode[]

/** The problems of reading the options and the body of a submission. */
export const SUBMISSION_PROBLEMS = [
  ...BODY_PROBLEMS,
  'upload-too-large',
  'compression-invalid',
] as const satisfies readonly ProblemCode[]

export type SubmissionRequest = Pick<
  FastifyRequest,
  'headers' | 'parts' | 'query' | 'raw' | 'server' | 'submissionForm'
>

/** A submission: a file of rows or entries, and its options. */
export type Submission<Options> = {
  options: Options
  format: FileFormat
  /** The file name from the part in the form. For a bare body: from the header X-File-Name. */
  fileName: string | null
  body: AsyncIterable<Uint8Array>
}

const malformed = (detail: string): GatewayProblem =>
  new GatewayProblem('multipart-malformed', detail)

export const FILE_IS_ELSEWHERE = 'The file must be in the part `file`.'
const MORE_THAN_ONE_FILE = 'The form has more than one file. Send one file, in the part `file`.'

/**
 * The problem for an error of the form's parser. More than one file is a 400. A form that cannot be
 * read is a 400 too. Other errors with a code `FST_…` are returned unchanged. Later, such an error
 * becomes a 413 if a limit was exceeded.
 */
const partsProblem = (error: unknown): unknown => {
  if (error instanceof GatewayProblem) return error
  if (error instanceof Error && 'code' in error && error.code === 'FST_FILES_LIMIT') {
    return malformed(MORE_THAN_ONE_FILE)
  }
  if (error instanceof Error && 'code' in error && String(error.code).startsWith('FST_'))
    return error
  const problem = streamProblem(error)
  return problem.code === 'body-broken-off' ? malformed('The form cannot be read.') : problem
}

/**
 * The options in the query of a call with a form. Throws 400 for an option that belongs in the
 * form.
 */
const optionsBesideForm = (
  kind: SubmissionOptions<z.ZodObject>,
  query: Record<string, unknown>,
): Record<string, unknown> => {
  const typed = optionsOfQuery(kind, query)
  const others = Object.keys(typed).filter((name) => !kind.besideForm.includes(name))
  if (others.length > 0) {
    throw new GatewayProblem('option-invalid', 'With a form, options go into the part `options`.', {
      options: others.slice(0, 20),
    })
  }
  return typed
}

/**
 * The bytes of the file, followed by a check that the form ends after the file. Before that check,
 * the file may be incomplete. Throws `body-too-slow` if the form does not end.
 */
export async function* fileThenEnd(
  deps: BodyDeps,
  bytes: AsyncIterable<Uint8Array>,
  parts: AsyncIterator<Multipart>,
): AsyncGenerator<Uint8Array> {
  yield* bytes
  let after: IteratorResult<Multipart>
  try {
    after = await beforeDeadline(parts.next(), deps)
  } catch (error) {
    throw partsProblem(error)
  }
  if (after.done) return
  throw after.value.type === 'file' && after.value.fieldname === 'file'
    ? malformed(MORE_THAN_ONE_FILE)
    : malformed('Nothing may follow the part `file`. Send `options` before it.')
}

/**
 * A file in a form. `part`: what the headers of its part state. `body`: its bytes while they
 * arrive.
 */
export type FormFile<Options> = {
  options: Options
  part: { filename: string | undefined; mimetype: string }
  body: AsyncIterable<Uint8Array>
}

/**
 * Reads a form up to its part `file`. The parts before it are passed to `takeOther`, one after the
 * other. Throws `GatewayProblem`.
 */
export const readUntilFile = async (
  parts: AsyncIterator<Multipart>,
  takeOther: (part: Multipart) => void | Promise<void>,
): Promise<MultipartFile> => {
  for (;;) {
    const step = await parts.next().catch((error: unknown) => {
      throw partsProblem(error)
    })
    if (step.done) throw malformed('The form has no part `file`.')
    const part = step.value
    // The parser's own listener ends the iteration. This listener keeps a later error from being
    // unhandled.
    if (part.type === 'file') part.file.on('error', () => undefined)
    if (part.type === 'file' && part.fieldname === 'file') return part
    await takeOther(part)
  }
}

/** The text in the part `options`. */
const readOptionsText = async ({ file }: MultipartFile): Promise<string> => {
  const pieces: Buffer[] = []
  let sizeBytes = 0
  try {
    for await (const piece of file.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      sizeBytes += piece.length
      if (sizeBytes > MOST_OPTIONS_BYTES) {
        throw new GatewayProblem('multipart-too-large', 'The options are too long.')
      }
      pieces.push(piece)
    }
  } catch (error) {
    throw partsProblem(error)
  }
  const bytes = Buffer.concat(pieces)
  const text = textOfBytes(bytes)
  if (text !== null) return text
  const detail = `The part \`options\` is not UTF-8 from byte ${faultyByteOf(bytes)} on.`
  throw new GatewayProblem('option-invalid', detail, { options: ['options'] })
}

/**
 * Reads a form up to its file. `options` may come before the file. Nothing may come after the file.
 */
export const readFormFile = async <Schema extends z.ZodObject>(
  deps: BodyDeps,
  request: SubmissionRequest,
  kind: SubmissionOptions<Schema>,
): Promise<FormFile<z.output<Schema>>> => {
  const beside = optionsBesideForm(kind, request.query as Record<string, unknown>)
  const parts = request.parts()
  const given: Record<string, unknown>[] = []
  const part = await readUntilFile(parts, async (other) => {
    if (other.type === 'file' && other.fieldname !== 'options') throw malformed(FILE_IS_ELSEWHERE)
    if (other.type !== 'file' || given.length > 0) {
      throw malformed('Before the part `file`, the form may have only one part: `options`.')
    }
    given.push(optionsOfPart(await readOptionsText(other)))
  })
  const options = parseOptions(kind, { ...given[0], ...beside })
  return { options, part, body: fileThenEnd(deps, fileBytes(part.file, deps), parts) }
}

const readForm = async <Schema extends z.ZodObject>(
  deps: BodyDeps,
  request: SubmissionRequest,
  kind: SubmissionOptions<Schema>,
): Promise<Submission<z.output<Schema>>> => {
  const { options, part, body } = await readFormFile(deps, request, kind)
  const fileName = fileNameOf(part.filename)
  return { options, format: fileFormatOf(part.mimetype, fileName), fileName, body }
}

/**
 * Adds the charset of the Content-Type as the option `encoding`. Throws 400 if the option names a
 * different encoding.
 */
const withCharset = <Options extends { encoding?: TextEncoding | undefined }>(
  options: Options,
  charset: TextEncoding | null,
): Options => {
  const { encoding = charset } = options
  if (charset === null) return options
  if (encoding === charset) return { ...options, encoding }
  const detail = `The Content-Type names ${charset}, but the option \`encoding\` names ${encoding}. Leave one of the two out.`
  throw new GatewayProblem('option-invalid', detail, { options: ['encoding'] })
}

const readBare = <Schema extends z.ZodObject>(
  deps: BodyDeps,
  request: SubmissionRequest,
  kind: SubmissionOptions<Schema>,
  form: Extract<SubmissionForm, { kind: 'bare' }>,
): Submission<z.output<Schema>> => {
  const query = optionsOfQuery(kind, request.query as Record<string, unknown>)
  const options = parseOptions(kind, query)
  const bytes = fileBytes(request.raw, deps)
  return {
    options: withCharset<typeof options & { encoding?: TextEncoding }>(options, form.encoding),
    format: form.format,
    fileName: fileNameOfHeader(request.headers['x-file-name'] as string | undefined),
    body: form.compression === 'gzip' ? gzipBytes(bytes) : bytes,
  }
}

/** Throws 413 if the declared length of a body is too large. */
export const checkDeclaredLength = (request: SubmissionRequest, maxBytes: number): void => {
  const declared = Number(request.headers['content-length'] ?? 0)
  const envelope = request.submissionForm?.kind === 'multipart' ? ENVELOPE_BYTES : 0
  if (declared > maxBytes + envelope) throw tooLarge(maxBytes)
}

/**
 * Reads the options of a submission. In a form, reads everything up to the file. `body`: the file
 * while it arrives, whose errors are `GatewayProblem`s. Throws the problems in
 * `SUBMISSION_PROBLEMS`.
 */
export const readSubmission = async <Schema extends z.ZodObject>(
  { clock, limits }: Pick<HttpDeps, 'clock' | 'limits'>,
  request: SubmissionRequest,
  kind: SubmissionOptions<Schema>,
): Promise<Submission<z.output<Schema>>> => {
  const form = request.submissionForm
  const deps = { clock, limits, lastBodies: request.server.lastBodies }
  if (form?.kind === 'bare') return readBare(deps, request, kind, form)
  return beforeDeadline(readForm(deps, request, kind), deps)
}
