import type { CallContext } from '../genesys/genesys.ts'

/** One request with entries of a DNC list. The entries have the same kind, reason and expiry. */
export type DncWrite = {
  dncListId: string
  kind: 'phone' | 'email'
  /** E.164, or folded addresses. At most `limits.entries`. */
  subjects: readonly string[]
  /** The platform dialect does not send it, because Genesys keeps no reasons there. */
  reason: 'UNSPECIFIED' | 'CUSTOMER_REQUEST' | 'REGULATORY'
  /** null: the entries never expire. Otherwise within `limits.expiryDays`. */
  expiresAt: Date | null
  /** The same for every try of the request. */
  idempotencyKey: string
}

/**
 * The answer to an addition that Genesys accepted. Entries that are not in `failed` count as stored
 * in Genesys.
 */
export type DncAnswer = {
  /** What Genesys counted. null: its answer has no counts. */
  tallies: { created: number; duplicate: number; updated: number } | null
  /** Entries that Genesys reported as not stored, by their index in the request. */
  failed: readonly { index: number; code: string | null }[]
}

/** The calls that show the entries of a list. Only the platform dialect has them. */
export type DncExports = {
  /** Begins an export. Genesys makes the export only after it has answered. */
  start(dncListId: string, context: CallContext): Promise<void>
  /** The last export that Genesys made. null if there is none. */
  latest(
    dncListId: string,
    context: CallContext,
  ): Promise<{ uri: string; exportedAt: string } | null>
  /** Passes the CSV to `read` as it streams in. Throws whatever `read` throws. */
  download<T>(
    uri: string,
    context: CallContext,
    read: (body: AsyncIterable<Uint8Array>) => Promise<T>,
  ): Promise<T>
}

/** The DNC lists of Genesys. Every call may throw `GenesysFailure`. */
export type DncListPort = {
  readonly dialect: 'guide' | 'platform'
  readonly limits: {
    /** How many entries a request may have [guide-002; the platform names no number]. */
    entries: number
    /** How many days in the future an expiry may be. null: no limit. */
    expiryDays: number | null
  }
  readonly exports: DncExports | null
  /** What Genesys accepts in this dialect. Only the gateway keeps and enforces the rest. */
  readonly takes: { phone: true; email: boolean; removals: boolean; reasons: boolean }
  /**
   * Adds entries. Sending them again has no second effect. Throws `GenesysFailure`. `conflict`:
   * Genesys answered 409. `rows_refused`: Genesys refused the request because of some entries;
   * `rowErrors` has their indexes if Genesys names them. `refused`: Genesys refused the request as
   * a whole.
   */
  add(write: DncWrite, context: CallContext): Promise<DncAnswer>
  /** Removes entries. An entry that is not there is no error. Call it only if `takes.removals`. */
  remove(
    write: Pick<DncWrite, 'dncListId' | 'kind' | 'subjects'>,
    context: CallContext,
  ): Promise<void>
}
