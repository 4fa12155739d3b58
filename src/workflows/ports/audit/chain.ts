import type { BlockHeader, ChainLine } from '../../../domain/audit/verify-chain.ts'

/**
 * A block that was written. `lagMs`: how long its oldest entry had waited. `isFull`: the block has
 * as many entries as a block may have, so more entries may be waiting.
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

/**
 * Keeps a signed head outside of the database, so that a person who can change the database cannot
 * change the head. Rejects if the head cannot be kept.
 */
export type KeepHead = (head: SignedHead) => Promise<void>

/** Numbers and signs the audit entries. */
export type AuditChain = {
  /**
   * Numbers the next entries and writes a signed block of them. null: no entry can get a number
   * yet, or another instance writes the chain. An entry must wait while an older transaction runs.
   */
  chainNext(owner: string): Promise<ChainedBlock | null>
}

/** The tenant whose entries the caller may see. null: the entries of all tenants. */
export type Viewer = string | null

/** An entry must meet all conditions. A member that is left out does not restrict the result. */
export type AuditEntryFilter = {
  viewer: Viewer
  /** ISO 8601. Selects entries at or after `from` and before `to`. */
  from?: string
  to?: string
  action?: string
  /** Entries with any of these actions. */
  actions?: readonly string[]
  object?: string
  actor?: string
}

/** An audit entry with its number in the chain (`seq`). */
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

/**
 * Thrown if retention deleted blocks while they were read. The chain now begins at a later block.
 */
export class PrunedBeside extends Error {
  override readonly name = 'PrunedBeside'
  constructor() {
    super('Retention deleted blocks of the audit trail while they were read')
  }
}

/** Where a page of entries ends: at a number in the chain, or at a time and an id. */
export type AuditMark = { seq: number } | { at: string; id: string }

/**
 * At most `limit` entries. One call examines a limited number of entries, so there may be fewer
 * entries, or none, even if more follow. `next`: where to continue. null: nothing follows.
 */
export type EntryPage = { items: ChainedEntry[]; next: AuditMark | null }

/**
 * Reads the signed chain. `entries`, `newest` and `lines` leave out entries that have no number
 * yet.
 */
export type AuditReader = {
  /**
   * Entries in the order of the chain. With `from` or `to`: in the order of their times. `after`
   * null: from the beginning. The result is null if `after` is a mark of the other order.
   */
  entries(
    filter: AuditEntryFilter,
    page: { after: AuditMark | null; limit: number },
  ): Promise<EntryPage | null>
  /**
   * Newest first. In the order of numbers if the filter has neither `from` nor `to`, and either
   * names an `object` or has no condition at all. In all other cases, in the order of times.
   * `before` null: from the newest. The result is null if `before` is a mark of the other order.
   */
  newest(
    filter: AuditEntryFilter,
    page: { before: AuditMark | null; limit: number },
  ): Promise<EntryPage | null>
  /**
   * Yields the lines of an export: one line about the export, then each block with those of its
   * entries that the viewer may see, then an end line. `fromBlock` null: from the first block.
   * `blocks`: the most blocks to yield. null: all blocks to the newest, including blocks that are
   * written during the reading. Throws `PrunedBeside` if retention deletes a block before it is
   * read.
   */
  lines(
    viewer: Viewer,
    fromBlock: number | null,
    blocks: number | null,
  ): AsyncGenerator<ChainLine[], void>
  /** The newest block. `waiting`: how many entries have no number yet. */
  state(): Promise<{
    block: number
    hash: string
    waiting: number
    oldestWaitingMs: number
  }>
  /**
   * How many entries can never get a number, because their place in the chain is already past. The
   * gateway never writes such entries. Reads the whole trail.
   */
  stray(): Promise<number>
}
