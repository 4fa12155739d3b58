import type { GenesysRowCode } from './genesys-rejections.ts'

/**
 * The kinds of failures at Genesys, and whether to try again. Code that calls Genesys decides
 * mainly by `kind` and `retry`.
 */
export const GENESYS_FAILURES = {
  /**
   * A failure of the network, a timeout, a 408, or a 5xx that no other kind names. The outcome of a
   * write is unknown.
   */
  unavailable: 'later',
  /**
   * 429, the 400 "rate limit exceeded" of the login, a 503 of a pre-signed URL, or no pace slot in
   * time.
   */
  throttled: 'later',
  /**
   * 409, or another answer with the same meaning: the list is busy or not ready yet, the version is
   * outdated, or a request with the same key is in progress.
   */
  conflict: 'later',
  /**
   * The answer does not have the documented form, or is too long. The outcome of a write is
   * unknown.
   */
  malformed_answer: 'later',
  /** A second 401 in a row, or credentials that Genesys refused. */
  unauthorized: 'never',
  /**
   * 403, or a 400 for a call that only a user may make. `right` names the right that is probably
   * missing.
   */
  forbidden: 'never',
  not_found: 'never',
  /**
   * The request is larger than Genesys accepts: a 413, a 400 for too many contacts, or a limit that
   * the gateway itself checks.
   */
  too_large: 'never',
  /**
   * 400 or 422 about rows. If Genesys names the rows, they are rejected. Otherwise, the gateway
   * sends smaller and smaller parts of the batch to find the rows.
   */
  rows_refused: 'never',
  /**
   * 400 or 422 about the request or the schema as a whole, or another refusal that no retry can
   * change, such as a 501.
   */
  refused: 'never',
} as const
export type GenesysFailureKind = keyof typeof GENESYS_FAILURES

/**
 * A row that Genesys refused, in the answer to the request or in the job of the request. `index`
 * counts from 0 within the request.
 */
export type GenesysRowError = {
  index: number
  /** The contact id, if Genesys repeats it in the answer. null: it does not. */
  contactId: string | null
  field: string | null
  code: GenesysRowCode
  /** The code that Genesys gave, limited to harmless characters. null: Genesys gave none. */
  said: string | null
}

/** What is wrong with a row, without its position or its id. */
export type GenesysRowFault = Pick<GenesysRowError, 'field' | 'code' | 'said'>

/**
 * A call to Genesys that failed. `status` null: Genesys did not answer, or the failure does not
 * follow from the status. `retryAfterMs`: how long Genesys asks to wait. null: Genesys named no
 * time. The message never contains free text of an answer.
 */
export class GenesysFailure extends Error {
  override readonly name = 'GenesysFailure'
  readonly kind: GenesysFailureKind
  readonly retry: 'later' | 'never'
  readonly operation: string
  readonly status: number | null
  readonly retryAfterMs: number | null
  /**
   * The code that Genesys gave, limited to harmless characters. It is never free text of an answer,
   * which could contain personal data.
   */
  readonly upstreamCode: string | null
  readonly rowErrors: readonly GenesysRowError[]
  /** What is wrong with one of the rows, if Genesys refused the request without naming the row. */
  readonly rowFault: GenesysRowFault
  /**
   * For `forbidden`: the right that the OAuth client probably lacks. null: it is not known, or the
   * failure is of another kind.
   */
  readonly right: string | null

  constructor(
    kind: GenesysFailureKind,
    operation: string,
    about: {
      status?: number | null
      retryAfterMs?: number | null
      upstreamCode?: string | null
      rowErrors?: readonly GenesysRowError[]
      rowFault?: Pick<GenesysRowFault, 'code' | 'field'>
      right?: string | null
      cause?: unknown
    } = {},
  ) {
    const code = about.upstreamCode ? ` (${about.upstreamCode})` : ''
    super(`Genesys ${operation}: ${kind}${about.status ? ` ${about.status}` : ''}${code}`, {
      cause: about.cause,
    })
    this.kind = kind
    this.retry = GENESYS_FAILURES[kind]
    this.operation = operation
    this.status = about.status ?? null
    this.retryAfterMs = about.retryAfterMs ?? null
    this.upstreamCode = about.upstreamCode ?? null
    this.rowErrors = about.rowErrors ?? []
    const rowCode = kind === 'too_large' ? 'genesys-too-large' : 'genesys-refused'
    this.rowFault = { code: rowCode, field: null, ...about.rowFault, said: this.upstreamCode }
    this.right = about.right ?? null
  }
}
