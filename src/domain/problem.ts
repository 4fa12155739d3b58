/**
 * What can be wrong with a call: the stable code, its HTTP status, and the words of its page at `/problems/{code}`.
 * The codes are contract; rows' codes are in `rejection.ts`.
 */
export type ProblemPage = {
  status: number
  title: string
  meaning: string
  example: string
  fix: string
}

const page = (
  status: number,
  title: string,
  meaning: string,
  example: string,
  fix: string,
): ProblemPage => ({
  status,
  title,
  meaning,
  example,
  fix,
})

export const PROBLEMS = {
  unauthorized: page(
    401,
    'A valid API key is needed',
    'The Authorization header is missing, or its key is unknown, expired or revoked.',
    'curl -H "Authorization: Bearer wrong" …',
    'Send `Authorization: Bearer <key>` with a key that an operator gave you.',
  ),
  'scope-missing': page(
    403,
    'The key may not do this',
    'The key is valid but lacks the scope that this call needs; `scope` names it.',
    'A key with scope `dnc` posts an upload.',
    'Ask an operator for a key with the scope named.',
  ),
  'not-found': page(
    404,
    'No such thing here',
    'The address or the id is unknown, or it belongs to another tenant.',
    'GET /v1/uploads/upl_unknown',
    'Check the id; list what there is with the GET of the collection.',
  ),
} as const satisfies Record<string, ProblemPage>

/** A call that cannot be served, as a value to throw; the HTTP border turns it into problem+json once. */
export class GatewayProblem extends Error {
  override readonly name = 'GatewayProblem'
  readonly code: ProblemCode
  /** More members of the problem document; never personal data. */
  readonly about: Record<string, unknown>
  readonly retryAfterSeconds: number | null
  constructor(
    code: ProblemCode,
    detail: string,
    about: Record<string, unknown> = {},
    retryAfterSeconds: number | null = null,
  ) {
    super(detail)
    this.code = code
    this.about = about
    this.retryAfterSeconds = retryAfterSeconds
  }
}

export type ProblemCode = keyof typeof PROBLEMS
