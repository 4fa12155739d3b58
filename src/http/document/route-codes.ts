import type { ProblemCode } from '../../domain/problems/problem.ts'
import type { Operation } from './operation.ts'

/** The problems that a call can get because of its Idempotency-Key. */
export const KEYED = [
  'idempotency-key-missing',
  'idempotency-key-invalid',
  'idempotency-key-in-progress',
  'idempotency-key-reused',
] as const satisfies readonly ProblemCode[]

/** Every operation can be answered so. */
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

/** Of a body that the framework reads, where none is taken as well. */
const WITH_BODY: readonly ProblemCode[] = [
  'body-invalid',
  'body-malformed',
  'body-too-large',
  'media-type-unsupported',
]

/**
 * Problems that any HTTP message can get before it is a call of an operation, or for every
 * operation. The document lists them once. A Content-Encoding is refused even without a body.
 */
export const OF_THE_MESSAGE: readonly ProblemCode[] = [
  'url-malformed',
  'headers-too-large',
  'request-too-slow',
  'body-too-slow',
  'method-not-allowed',
  'media-type-unsupported',
]

/** What calls of this kind can be refused with, whatever the operation does. */
const impliedCodes = ({ access, method, reads }: Operation): readonly ProblemCode[] => [
  ...ALWAYS,
  ...(access === 'public' ? [] : WITH_KEY),
  ...(access === 'public' || access === 'key' ? [] : (['scope-missing'] as const)),
  ...(method === 'GET' || (reads !== undefined && reads !== 'json') ? [] : WITH_BODY),
]

/** All codes that the operation can be answered with, sorted. */
export const codesOf = (operation: Operation): ProblemCode[] =>
  [...new Set([...impliedCodes(operation), ...operation.problems])].toSorted()

/**
 * Whether the operation may answer with this code by the document. Only a caller who sent a file
 * can learn that the body broke off.
 */
export const declares = (operation: Operation, code: ProblemCode): boolean =>
  code === 'body-broken-off' || OF_THE_MESSAGE.includes(code) || codesOf(operation).includes(code)
