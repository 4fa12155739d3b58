import type { ProblemCode } from '../../domain/problems/problem.ts'
import type { Operation } from './operation.ts'

/** The problems that a call may get because of its Idempotency-Key. */
export const KEYED = [
  'idempotency-key-missing',
  'idempotency-key-invalid',
  'idempotency-key-in-progress',
  'idempotency-key-reused',
] as const satisfies readonly ProblemCode[]

/** The problems that any operation may answer with. */
const ALWAYS = [
  'parameter-invalid',
  'internal-error',
  'request-malformed',
] as const satisfies readonly ProblemCode[]
export type AlwaysCode = (typeof ALWAYS)[number]

const WITH_KEY: readonly ProblemCode[] = [
  'unauthorized',
  'too-many-requests',
  'quota-exceeded',
  'service-stopping',
  'database-unavailable',
  'storage-full',
]

/**
 * The problems that a call may get because of its body, if the framework reads the body. They also
 * apply to calls that accept no body.
 */
const WITH_BODY: readonly ProblemCode[] = [
  'body-invalid',
  'body-malformed',
  'body-too-large',
  'media-type-unsupported',
]

/**
 * The problems that any HTTP message may get. They do not depend on the operation, because most of
 * them arise before the operation is known. The document lists them once, not for each operation.
 * `media-type-unsupported` is one of them, because a Content-Encoding is refused even without a
 * body.
 */
export const OF_THE_MESSAGE: readonly ProblemCode[] = [
  'url-malformed',
  'headers-too-large',
  'request-too-slow',
  'body-too-slow',
  'method-not-allowed',
  'media-type-unsupported',
]

/** The problems that a call of this kind may get, whatever the operation does. */
const impliedCodes = ({ access, method, reads }: Operation): readonly ProblemCode[] => [
  ...ALWAYS,
  ...(access === 'public' ? [] : WITH_KEY),
  ...(access === 'public' || access === 'key' ? [] : (['scope-missing'] as const)),
  ...(method === 'GET' || (reads !== undefined && reads !== 'json') ? [] : WITH_BODY),
]

/** All codes that the operation may answer with, sorted. */
export const codesOf = (operation: Operation): ProblemCode[] =>
  [...new Set([...impliedCodes(operation), ...operation.problems])].toSorted()

/**
 * Whether the document allows the operation to answer with this code. `body-broken-off` is always
 * allowed. The body of any call can be incomplete, and only such a call gets this code.
 */
export const declares = (operation: Operation, code: ProblemCode): boolean =>
  code === 'body-broken-off' || OF_THE_MESSAGE.includes(code) || codesOf(operation).includes(code)
