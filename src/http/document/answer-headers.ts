import type { ProblemCode } from '../../domain/problems/problem.ts'

const text = (description: string, schema: object = { type: 'string' }) => ({ description, schema })

/**
 * The answer headers that a caller may need, as `components.headers` of the document. Headers
 * that answers of any web server have are left out.
 */
export const RESPONSE_HEADERS = {
  'X-Request-Id': text('The id of this call in the log. In a problem, `instance` has the same id'),
  'X-Genesys-Simulated': text('Present while the sandbox simulates Genesys', { const: 'true' }),
  RateLimit: text(
    'How many calls the key has left: `"key";r=<calls>;t=<seconds until the quota is full again>`',
  ),
  'RateLimit-Policy': text('The quota of the key: `"key";q=<calls>;w=<seconds>`'),
  Location: text('The address of the new object', { type: 'string', format: 'uri-reference' }),
  ETag: text(
    'The version of the object, for If-Match. For an upload that waits for /apply: its planDigest',
  ),
  'Idempotency-Replayed': text(
    'Present if the gateway repeats its answer to an earlier call with the same Idempotency-Key',
    {
      const: 'true',
    },
  ),
  'Retry-After': text('Seconds to wait', { type: 'integer', minimum: 1 }),
  'WWW-Authenticate': text('The authentication scheme (RFC 9110, 11.6.1)'),
  'Accept-Encoding': text('The accepted encodings of a body (RFC 9110, 12.5.3)'),
  'Content-Disposition': text('The name under which to save the file'),
  Vary: text('The request headers that selected this answer'),
} as const
export type ResponseHeader = keyof typeof RESPONSE_HEADERS

type Call = { access: unknown }

/**
 * Problems whose answer has Retry-After. Answers with `quota-exceeded` and `dnc-pull-running` also
 * have Retry-After, but this set does not need these codes. A call that may get `quota-exceeded`
 * may also get `too-many-requests`, which has the same status. The same applies to
 * `dnc-pull-running` and `idempotency-key-in-progress`.
 */
const WITH_RETRY_AFTER: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'too-many-requests',
  'too-many-streams',
  'service-stopping',
  'database-unavailable',
  'storage-full',
  'genesys-unavailable',
  'idempotency-key-in-progress',
])

/**
 * The headers that every answer has. The quota headers are left out for a public call and for a
 * 401.
 */
const everywhere = (call: Call, status: number): ResponseHeader[] => [
  'X-Request-Id',
  'X-Genesys-Simulated',
  ...(call.access === 'public' || status === 401
    ? []
    : (['RateLimit', 'RateLimit-Policy'] as const)),
]

const referencesTo = (names: readonly ResponseHeader[]) =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))

/** `headers` of an answer that is not a problem. */
export const answerHeaders = (call: Call, status: number, own: readonly ResponseHeader[] = []) =>
  referencesTo([...everywhere(call, status), ...own])

/** `headers` of an answer that is one of these problems. */
export const problemHeaders = (call: Call, status: number, codes: readonly ProblemCode[]) =>
  referencesTo([
    ...everywhere(call, status),
    ...(codes.some((code) => WITH_RETRY_AFTER.has(code)) ? (['Retry-After'] as const) : []),
    ...(status === 401 ? (['WWW-Authenticate'] as const) : []),
    ...(status === 415 ? (['Accept-Encoding'] as const) : []),
  ])
