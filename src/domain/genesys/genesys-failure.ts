/** What went wrong at Genesys, in one class, so that every caller decides by `kind` and `retry` and nothing else. */
export const GENESYS_FAILURES = {
  /** Network, timeout, 5xx: the outcome of a write is unknown. */
  unavailable: 'later',
  /** 429, or the login's 400 "rate limit exceeded". */
  throttled: 'later',
  /** 409: list busy, or the same key in progress. */
  conflict: 'later',
  /** An answer that does not have the promised shape: outcome unknown. */
  malformed_answer: 'later',
  /** The second 401 in a row, or refused credentials. */
  unauthorized: 'never',
  /** 403: names the likely missing right. */
  forbidden: 'never',
  not_found: 'never',
  /** 413. */
  too_large: 'never',
  /** 400 or 422 that speaks of rows: bisect, or reject the rows named. */
  rows_refused: 'never',
  /** 400 or 422 that speaks of the request or the schema as a whole. */
  refused: 'never',
} as const
export type GenesysFailureKind = keyof typeof GENESYS_FAILURES

/** A row that Genesys named; `index` counts from 0 within the request. */
export type GenesysRowError = { index: number; field: string | null; code: string }

/** The code of a row error that speaks of a column and not of the row. */
export const UNKNOWN_COLUMN = 'unknown-column'

export class GenesysFailure extends Error {
  override readonly name = 'GenesysFailure'
  readonly kind: GenesysFailureKind
  readonly retry: 'later' | 'never'
  readonly operation: string
  readonly status: number | null
  readonly retryAfterMs: number | null
  /** Genesys' own code, from a closed character set; never free text of an answer. */
  readonly upstreamCode: string | null
  readonly rowErrors: readonly GenesysRowError[]
  /** The likely missing right, for `forbidden`. */
  readonly right: string | null

  constructor(
    kind: GenesysFailureKind,
    operation: string,
    about: {
      status?: number | null
      retryAfterMs?: number | null
      upstreamCode?: string | null
      rowErrors?: readonly GenesysRowError[]
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
    this.right = about.right ?? null
  }
}
