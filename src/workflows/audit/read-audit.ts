import { type Caller, hasScope } from '../../domain/access/access.ts'
import { type ChainFault, ChainVerifier, type ChainLine } from '../../domain/audit/verify-chain.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import { pemOf } from '../../domain/signing/ed25519.ts'
import type { AuditEntryFilter, AuditReader, ChainedEntry, Viewer } from '../ports/audit/chain.ts'
import type { SigningKeys } from '../ports/signing/signing-keys.ts'
import type { Page } from '../ports/uploads/uploads.ts'

export type AuditQuery = Omit<AuditEntryFilter, 'viewer'>

export type ChainVerification = {
  ok: boolean
  head: { block: number; hash: string }
  firstBlock: number | null
  lastBlock: number | null
  blocks: number
  entries: number
  faults: ChainFault[]
  waiting: { entries: number; oldestSeconds: number }
  strayEntries: number
}

/** The audit trail as callers see it. A tenant sees its own entries, an admin all of them. */
export type ReadAudit = {
  /** In the order of the chain. null: the cursor cannot be read. */
  list(
    caller: Caller,
    query: AuditQuery,
    page: { limit: number; cursor: string | null },
  ): Promise<Page<ChainedEntry> | null>
  /** The newest first, as people read them. null: the cursor cannot be read. */
  newest(
    caller: Caller,
    query: AuditQuery,
    page: { limit: number; cursor: string | null },
  ): Promise<Page<ChainedEntry> | null>
  /** All that fit, as fast as they are taken. */
  all(caller: Caller, query: AuditQuery): AsyncGenerator<readonly ChainedEntry[], void>
  /**
   * What an offline verifier takes; `fromBlock` null: from the first block there is. Throws
   * `parameter-invalid` for one that is far from written.
   */
  lines(
    caller: Caller,
    fromBlock: number | null,
  ): Promise<AsyncGenerator<readonly ChainLine[], void>>
  /**
   * Judges so many blocks, from one on; without one the newest. `head`: a block and its hash that
   * were noted outside of the database. Throws as `lines` does.
   */
  verify(input: {
    fromBlock: number | null
    blocks: number
    head: { block: number; hash: string } | null
  }): Promise<ChainVerification>
}

const viewerOf = ({ scopes, tenantId }: Caller): Viewer =>
  hasScope(scopes, 'admin') ? null : tenantId

const PAGE_ENTRIES = 500
const MOST_FAULTS = 100

const cursorOf = (seq: number): string => Buffer.from(`s${seq}`).toString('base64url')
const seqOf = (cursor: string): number | null => {
  const text = Buffer.from(cursor, 'base64url').toString('latin1')
  return /^s\d{1,15}$/u.test(text) ? Number(text.slice(1)) : null
}

/**
 * Blocks are written meanwhile: the end reaches what was there before, and nothing beyond what is
 * there afterwards.
 */
const isWithin = (reached: number, least: number, most: number): boolean =>
  reached >= least && reached <= most

/**
 * Nothing was verified where nothing was read. The block after the newest one is no fault: who asks
 * for what is new there may be early.
 */
const checkBegun = (fromBlock: number | null, newest: number): void => {
  if (fromBlock === null || fromBlock <= newest + 1) return
  throw new GatewayProblem('parameter-invalid', `The newest block is ${newest}.`, {
    parameters: ['fromBlock'],
  })
}

const createVerify =
  ({ reader, signingKeys }: ReadAuditDeps): ReadAudit['verify'] =>
  async ({ fromBlock, blocks, head }) => {
    const state = await reader.state()
    const keys = new Map(
      (await signingKeys.list()).map(({ id, publicKey }) => [id, pemOf(publicKey)]),
    )
    const verifier = new ChainVerifier({ keys, heads: head === null ? [] : [head] })
    checkBegun(fromBlock, state.block)
    const newest = Math.max(1, state.block - blocks + 1)
    const start = fromBlock ?? Math.min(newest, head?.block ?? newest)
    // The first block there is has to show that it is the first.
    const asked = start === 1 ? null : start
    for await (const lines of reader.lines(null, asked, blocks)) {
      for (const line of lines) verifier.take(line)
    }
    const { faults, ...seen } = verifier.end()
    const now = await reader.state()
    const least = start > state.block ? 0 : Math.min(state.block, start + blocks - 1)
    const isWhole = isWithin(seen.lastBlock ?? 0, least, now.block)
    return {
      ok: faults.length === 0 && state.stray === 0 && isWhole,
      head: { block: now.block, hash: now.hash },
      ...{ firstBlock: seen.firstBlock, lastBlock: seen.lastBlock },
      ...{ blocks: seen.blocks, entries: seen.entries },
      faults: faults.slice(0, MOST_FAULTS),
      waiting: { entries: state.waiting, oldestSeconds: state.oldestWaitingMs / 1_000 },
      strayEntries: state.stray,
    }
  }

export type ReadAuditDeps = { reader: AuditReader; signingKeys: Pick<SigningKeys, 'list'> }

const pageOf = (found: readonly ChainedEntry[], limit: number): Page<ChainedEntry> => {
  const items = found.slice(0, limit)
  const last = found.length > limit ? items.at(-1) : undefined
  return { items, next: last === undefined ? null : cursorOf(last.seq) }
}

export const createReadAudit = (deps: ReadAuditDeps): ReadAudit => ({
  list: async (caller, query, { limit, cursor }) => {
    const after = cursor === null ? 0 : seqOf(cursor)
    if (after === null) return null
    const filter = { ...query, viewer: viewerOf(caller) }
    return pageOf(await deps.reader.entries(filter, { after, limit: limit + 1 }), limit)
  },
  newest: async (caller, query, { limit, cursor }) => {
    const before = cursor === null ? null : seqOf(cursor)
    if (cursor !== null && before === null) return null
    const filter = { ...query, viewer: viewerOf(caller) }
    return pageOf(await deps.reader.newest(filter, { before, limit: limit + 1 }), limit)
  },
  all: async function* (caller, query) {
    const filter = { ...query, viewer: viewerOf(caller) }
    for (let after = 0; ;) {
      const entries = await deps.reader.entries(filter, { after, limit: PAGE_ENTRIES })
      yield entries
      const last = entries.at(-1)
      if (last === undefined || entries.length < PAGE_ENTRIES) return
      after = last.seq
    }
  },
  lines: async (caller, fromBlock) => {
    checkBegun(fromBlock, (await deps.reader.state()).block)
    return deps.reader.lines(viewerOf(caller), fromBlock, null)
  },
  verify: createVerify(deps),
})
