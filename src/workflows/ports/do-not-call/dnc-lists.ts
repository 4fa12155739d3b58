import type { CallContext } from '../genesys/genesys.ts'

/** One request with entries of a DNC list: of one kind, one reason and one expiry. */
export type DncWrite = {
  dncListId: string
  kind: 'phone' | 'email'
  /** E.164, or folded addresses; at most `limits.entries`. */
  subjects: readonly string[]
  /** Left out in the platform dialect, which knows none. */
  reason: 'UNSPECIFIED' | 'CUSTOMER_REQUEST' | 'REGULATORY'
  /** Null: never. As `limits` allows it. */
  expiresAt: Date | null
  /** Stable over every try of the request. */
  idempotencyKey: string
}

export type DncAnswer = {
  /** What Genesys counted; null where it counts nothing. */
  tallies: { created: number; duplicate: number; updated: number } | null
  /** Entries that Genesys reported and did not store, by their place in the request. */
  failed: readonly { index: number; code: string | null }[]
}

/** What shows the entries of a list; the platform alone has it. */
export type DncExports = {
  /** Begins an export, which is made after the answer. */
  start(dncListId: string, context: CallContext): Promise<void>
  /** The last export that was made; null: none is there. */
  latest(
    dncListId: string,
    context: CallContext,
  ): Promise<{ uri: string; exportedAt: string } | null>
  /** Hands over the CSV as it streams in; what `read` throws is thrown. */
  download<T>(
    uri: string,
    context: CallContext,
    read: (body: AsyncIterable<Uint8Array>) => Promise<T>,
  ): Promise<T>
}

export type DncListPort = {
  readonly dialect: 'guide' | 'platform'
  readonly limits: {
    /** Entries a request [guide-002; the platform names no number]. */
    entries: number
    /** Most days ahead for an expiry; null: no limit. */
    expiryDays: number | null
  }
  readonly exports: DncExports | null
  /** What Genesys accepts of each kind. The gateway alone keeps and enforces the rest. */
  readonly takes: { phone: true; email: boolean; removals: boolean; reasons: boolean }
  /**
   * Adds entries; sending them again has no second effect. A 409 is `conflict`; refused entries are
   * `rows_refused` with their places among `rowErrors`, or with none where Genesys names nobody;
   * what speaks of all of them alike is `refused`.
   */
  add(write: DncWrite, context: CallContext): Promise<DncAnswer>
  /** Removes entries; an entry that is not there is not a fault. Only with `takes.removals`. */
  remove(
    write: Pick<DncWrite, 'dncListId' | 'kind' | 'subjects'>,
    context: CallContext,
  ): Promise<void>
}
