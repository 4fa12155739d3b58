import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import { GatewayProblem, PROBLEMS, type ProblemCode } from '../../domain/problems/problem.ts'
import { StorageFull, StoreUnavailable } from '../../domain/problems/store-unavailable.ts'
import { FileRefused } from '../../intake/contract.ts'
import { refusedByGenesys } from '../../workflows/uploads/receive/list-schema.ts'

export const PROBLEM_MEDIA_TYPE = 'application/problem+json; charset=utf-8'

/** A problem document (RFC 9457), with `code` and `hint` as extension members. */
export type ProblemDocument = {
  type: string
  title: string
  status: number
  detail: string
  code: string
  hint: string
  instance: string
} & Record<string, unknown>

/**
 * The document of a problem. The problem's `about` may add members, but never replaces the standard
 * ones.
 */
export const problemDocument = (problem: GatewayProblem, requestId: string): ProblemDocument => {
  const page = PROBLEMS[problem.code]
  const standard = {
    type: `/problems/${problem.code}`,
    title: page.title,
    status: page.status,
    detail: problem.message,
    code: problem.code,
    hint: page.fix,
    instance: requestId,
  }
  // The first `standard` makes its members come first. The second keeps `about` from replacing
  // them.
  return { ...standard, ...problem.about, ...standard }
}

const FRAMEWORK_CODES: Record<string, ProblemCode> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'media-type-unsupported',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body-too-large',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'body-malformed',
  FST_ERR_CTP_INVALID_JSON_BODY: 'body-malformed',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'request-malformed',
  FST_ERR_BAD_URL: 'url-malformed',
  FST_ERR_MAX_PARAM_LENGTH: 'not-found',
  FST_ERR_NOT_FOUND: 'not-found',
  FST_PARTS_LIMIT: 'multipart-too-large',
  FST_FILES_LIMIT: 'multipart-malformed',
  FST_FIELDS_LIMIT: 'multipart-too-large',
  FST_REQ_FILE_TOO_LARGE: 'upload-too-large',
  FST_PROTO_VIOLATION: 'multipart-malformed',
  FST_INVALID_JSON_FIELD_ERROR: 'multipart-malformed',
  FST_MP_PREMATURE_CLOSE: 'body-broken-off',
}

/**
 * Network codes, and classes of SQLSTATE (08 connection, 53 resources, 57P operator), that mean
 * that the database is unavailable.
 */
const DATABASE_CODE = /^(?:ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|08...|53...|57P..)$/u

const ofGenesys = (failure: GenesysFailure): GatewayProblem => {
  if (failure.kind === 'not_found')
    return new GatewayProblem('not-found', 'Genesys does not know this id.')
  if (failure.retry === 'later') {
    const seconds = Math.max(1, Math.ceil((failure.retryAfterMs ?? 30_000) / 1000))
    return new GatewayProblem('genesys-unavailable', 'Genesys does not answer now.', {}, seconds)
  }
  return refusedByGenesys(failure, 'Genesys refused the request of the gateway.')
}

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : ''

const statusOf = (error: unknown): number =>
  typeof error === 'object' &&
  error !== null &&
  'statusCode' in error &&
  typeof error.statusCode === 'number'
    ? error.statusCode
    : 500

/** The problem of new work while the disk of the database is full. */
export const storageFull = (): GatewayProblem =>
  new GatewayProblem('storage-full', 'The disk of the database is full.', {}, 30)

const databaseProblem = (error: unknown): GatewayProblem =>
  error instanceof StorageFull
    ? storageFull()
    : new GatewayProblem('database-unavailable', 'The database does not answer.', {}, 5)

/**
 * The problem that a caller gets for any error. The text of an error that the gateway did not write
 * is never passed on, because it may contain data.
 */
export const problemOf = (error: unknown): GatewayProblem => {
  if (error instanceof GatewayProblem) return error
  if (error instanceof FileRefused) {
    return new GatewayProblem(error.code, error.message, error.about)
  }
  if (error instanceof GenesysFailure) return ofGenesys(error)
  const code = codeOf(error)
  const known = FRAMEWORK_CODES[code]
  if (known) return new GatewayProblem(known, PROBLEMS[known].meaning)
  if (error instanceof StoreUnavailable || DATABASE_CODE.test(code)) {
    return databaseProblem(error)
  }
  const status = statusOf(error)
  if (status === 413)
    return new GatewayProblem('body-too-large', PROBLEMS['body-too-large'].meaning)
  if (status === 415) {
    return new GatewayProblem('media-type-unsupported', PROBLEMS['media-type-unsupported'].meaning)
  }
  if (status >= 400 && status < 500) {
    const kind = error instanceof SyntaxError ? 'body-malformed' : 'request-malformed'
    return new GatewayProblem(kind, PROBLEMS[kind].meaning)
  }
  return new GatewayProblem('internal-error', 'The gateway has a bug.')
}
