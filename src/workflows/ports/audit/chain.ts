import type { BlockHeader, ChainLine } from '../../../domain/audit/verify-chain.ts'

/**
 * A block that was written. `lagMs`: how long its oldest entry had waited. `isFull`: the block was
 * full, and others may wait.
 */
export type ChainedBlock = {
  block: number
  hash: string
  entries: number
  lagMs: number
  isFull: boolean
  /** The block as it was signed, without its entries' hashes. */
  signed: SignedHead
}

/** What proves a block without the database: header, hash and signature (base64). */
export type SignedHead = BlockHeader & { hash: string; signature: string }

/** Keeps a head outside of the database. Rejects where it could not. */
export type KeepHead = (head: SignedHead) => Promise<void>

export type AuditChain = {
  /**
   * Numbers the next entries and writes a signed block of them. null: none waits, or another
   * instance is working on it.
   */
  chainNext(owner: string): Promise<ChainedBlock | null>
}

/** Whose entries the caller may see: those of this tenant. null: those of all. */
export type Viewer = string | null

export type AuditEntryFilter = {
  viewer: Viewer
  /** ISO 8601; from inclusive, to exclusive. */
  from?: string
  to?: string
  action?: string
  /** One of them. */
  actions?: readonly string[]
  object?: string
  actor?: string
}

/** An entry in the order of the chain. */
export type ChainedEntry = {
  seq: number
  id: string
  at: string
  tenant: string
  actor: string
  action: string
  object: string
  requestId: string
  attempt: number
  latencyMs: number | null
  outcome: string
  counts: Record<string, number>
  details: Record<string, unknown>
  digest: string | null
  hash: string
}

export type AuditReader = {
  /** In the order of the chain, after number `after`. */
  entries(filter: AuditEntryFilter, page: { after: number; limit: number }): Promise<ChainedEntry[]>
  /** The newest first, before number `before`. null: from the end of the chain. */
  newest(
    filter: AuditEntryFilter,
    page: { before: number | null; limit: number },
  ): Promise<ChainedEntry[]>
  /**
   * The lines of an export from a block on (null: from the first one), as they are at each moment;
   * at most `blocks` blocks.
   */
  lines(
    viewer: Viewer,
    fromBlock: number | null,
    blocks: number | null,
  ): AsyncGenerator<ChainLine[], void>
  /**
   * The end of the chain, entries that wait to be chained, and entries that were inserted beside
   * the chain.
   */
  state(): Promise<{
    block: number
    hash: string
    waiting: number
    oldestWaitingMs: number
    stray: number
  }>
}
