import type { GenesysRowCode } from './genesys-rejections.ts'

/** A failure at Genesys, in one class, so that every caller decides by `kind` and `retry` alone. */
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
  /** 400 or 422 about rows: bisect, or reject the rows named. */
  rows_refused: 'never',
  /** 400 or 422 about the request or the schema as a whole. */
  refused: 'never',
} as const
export type GenesysFailureKind = keyof typeof GENESYS_FAILURES

/**
 * A row that Genesys refused, in the same form from the answer or the job to the ledger. `index`
 * counts from 0 within the request. `code` is one of the closed set that has pages.
 */
export type GenesysRowError = {
  index: number
  /** As Genesys repeats it. null if it does not. */
  contactId: string | null
  field: string | null
  code: GenesysRowCode
  /** Genesys' own code, from a closed character set. null if it gave none. */
  said: string | null
}

/** The fault of a row, without the row. */
export type GenesysRowFault = Pick<GenesysRowError, 'field' | 'code' | 'said'>

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
  /**
   * The fault of a row whose index Genesys does not name: the only row of the request, or one of
   * several.
   */
  readonly rowFault: GenesysRowFault
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
