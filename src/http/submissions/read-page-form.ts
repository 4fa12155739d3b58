import { GatewayProblem } from '../../domain/problems/problem.ts'
import type { FileFormat } from '../../domain/uploads/upload.ts'
import type { HttpDeps } from '../server/deps.ts'
import {
  checkDeclaredLength,
  FILE_IS_ELSEWHERE,
  fileThenEnd,
  readUntilFile,
  type SubmissionRequest,
} from './read-submission.ts'
import { beforeDeadline, type BodyDeps, fileBytes } from './submission-body.ts'
import { fileFormatOf, fileNameOf, submissionFormOf } from './submission-form.ts'

/** A form of a page: its fields, and its file while it arrives. */
export type PageForm = {
  /** The fields by name. If a name occurs more than once: all its values in their order. */
  fields: Record<string, string | string[]>
  /** null: no file was chosen. */
  fileName: string | null
  /**
   * The format, by the type that the browser sends. If that type does not decide: by the name of
   * the file. Throws `media-type-unsupported`.
   */
  format: () => FileFormat
  /**
   * The bytes of the file. Throws `GatewayProblem` if the body is interrupted, too slow or too
   * large.
   */
  body: AsyncIterable<Uint8Array>
}

/** Enough for one field for each column of a file, and some more. */
const MOST_FIELDS = 1_100
const FIELD_BYTES = 2_048

const withField = (fields: PageForm['fields'], name: string, value: string): PageForm['fields'] => {
  const before = fields[name]
  return { ...fields, [name]: before === undefined ? value : [before, value].flat() }
}

const read = async (deps: BodyDeps, request: SubmissionRequest): Promise<PageForm> => {
  const limits = { fields: MOST_FIELDS, parts: MOST_FIELDS + 1, fieldSize: FIELD_BYTES }
  const parts = request.parts({ limits })
  let fields: PageForm['fields'] = {}
  const part = await readUntilFile(parts, (field) => {
    if (field.type === 'file') {
      throw new GatewayProblem('multipart-malformed', FILE_IS_ELSEWHERE)
    }
    if (field.valueTruncated) {
      throw new GatewayProblem('multipart-too-large', 'A field of the form is too long.')
    }
    fields = withField(fields, field.fieldname, String(field.value))
  })
  const fileName = fileNameOf(part.filename)
  return {
    fields,
    fileName,
    format: () => fileFormatOf(part.mimetype, fileName),
    body: fileThenEnd(deps, fileBytes(part.file, deps), parts),
  }
}

/**
 * Reads a form up to its file, which must come last. Throws `GatewayProblem`, with the codes of
 * `SUBMISSION_PROBLEMS`.
 */
export const readPageForm = async (
  { clock, limits }: Pick<HttpDeps, 'clock' | 'limits'>,
  request: SubmissionRequest,
): Promise<PageForm> => {
  request.submissionForm = submissionFormOf(request.headers, { formOnly: true })
  checkDeclaredLength(request, limits.maxUploadBytes)
  const deps = { clock, limits, lastBodies: request.server.lastBodies }
  return beforeDeadline(read(deps, request), deps)
}
