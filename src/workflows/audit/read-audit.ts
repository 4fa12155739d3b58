import { type Caller, hasScope } from '../../domain/access/access.ts'
import { type ChainFault, ChainVerifier, type ChainLine } from '../../domain/audit/verify-chain.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import { pemOf } from '../../domain/signing/ed25519.ts'
import {
  type AuditEntryFilter,
  type AuditMark,
  type AuditReader,
  type ChainedEntry,
  type EntryPage,
  PrunedBeside,
  type Viewer,
} from '../ports/audit/chain.ts'
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
  /**
   * Entries in the order of the chain. With `from` or `to`: in the order of their times. A page may
   * have fewer entries than `limit`, or none, even if more entries follow. null: the cursor cannot
   * be read.
   */
  list(
    caller: Caller,
    query: AuditQuery,
    page: { limit: number; cursor: string | null },
  ): Promise<Page<ChainedEntry> | null>
  /** The same entries in reverse order: the newest first. */
  newest(
    caller: Caller,
    query: AuditQuery,
    page: { limit: number; cursor: string | null },
  ): Promise<Page<ChainedEntry> | null>
  /**
   * All matching entries, in the order of `list`. Reads a page only when the caller asks for it.
   */
  all(caller: Caller, query: AuditQuery): AsyncGenerator<readonly ChainedEntry[], void>
  /**
   * The lines that an offline verifier reads, starting with `fromBlock`. null: from the first block
   * that exists. Throws `parameter-invalid` if `fromBlock` is higher than the newest block by more
   * than one. The iteration throws `PrunedBeside` if retention deletes blocks before they are read.
   */
  lines(
    caller: Caller,
    fromBlock: number | null,
  ): Promise<AsyncGenerator<readonly ChainLine[], void>>
  /**
   * Verifies at most `blocks` blocks, beginning with `fromBlock`. `head`: the number and the hash
   * of a block, as noted outside of the database. `fromBlock` null: verifies the newest `blocks`
   * blocks. If the block of `head` is older than these, begins with the block of `head` instead.
   * Throws `parameter-invalid` under the same condition as `lines`.
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

const cursorOf = (mark: AuditMark): string => {
  const text = 'seq' in mark ? `s${mark.seq}` : `t${mark.at} ${mark.id}`
  return Buffer.from(text).toString('base64url')
}

const SEQ_CURSOR = /^s(?<seq>\d{1,15})$/u
const TIME_CURSOR = /^t(?<at>\d{4}-\d\d-\d\dT[\d:.]{8,15}Z) (?<id>\w{1,64})$/u

/** null: the cursor cannot be read. */
const markOf = (cursor: string): AuditMark | null => {
  const text = Buffer.from(cursor, 'base64url').toString('latin1')
  const seq = SEQ_CURSOR.exec(text)?.groups?.['seq']
  if (seq !== undefined) return { seq: Number(seq) }
  const { at, id } = TIME_CURSOR.exec(text)?.groups ?? {}
  if (at === undefined || id === undefined || Number.isNaN(Date.parse(at))) return null
  return { at, id }
}

/**
 * Blocks may be added during a verification, so the last block that was read (`reached`) may be any
 * block between two. `least`: the last block that existed at the beginning and had to be read.
 * `most`: the newest block at the end.
 */
const isWithin = (reached: number, least: number, most: number): boolean =>
  reached >= least && reached <= most

/**
 * Refuses a first block that does not exist yet, because an answer about no blocks would look like
 * a success. The block after the newest one is accepted, because a caller who asks for new blocks
 * may be early.
 */
const checkBegun = (fromBlock: number | null, newest: number): void => {
  if (fromBlock === null || fromBlock <= newest + 1) return
  throw new GatewayProblem('parameter-invalid', `The newest block is ${newest}.`, {
    parameters: ['fromBlock'],
  })
}

const verifyOnce = async (
  { reader, signingKeys }: ReadAuditDeps,
  { fromBlock, blocks, head }: Parameters<ReadAudit['verify']>[0],
): Promise<ChainVerification> => {
  const state = await reader.state()
  const keys = new Map(
    (await signingKeys.list()).map(({ id, publicKey }) => [id, pemOf(publicKey)]),
  )
  const verifier = new ChainVerifier({ keys, heads: head === null ? [] : [head] })
  checkBegun(fromBlock, state.block)
  const newest = Math.max(1, state.block - blocks + 1)
  const start = fromBlock ?? Math.min(newest, head?.block ?? newest)
  // With null, the verifier also checks that the export begins with block 1.
  const asked = start === 1 ? null : start
  for await (const lines of reader.lines(null, asked, blocks)) {
    for (const line of lines) verifier.take(line)
  }
  const { faults, ...seen } = verifier.end()
  const now = await reader.state()
  const strayEntries = await reader.stray()
  const least = start > state.block ? 0 : Math.min(state.block, start + blocks - 1)
  const isWhole = isWithin(seen.lastBlock ?? 0, least, now.block)
  return {
    ok: faults.length === 0 && strayEntries === 0 && isWhole,
    head: { block: now.block, hash: now.hash },
    ...{ firstBlock: seen.firstBlock, lastBlock: seen.lastBlock },
    ...{ blocks: seen.blocks, entries: seen.entries },
    faults: faults.slice(0, MOST_FAULTS),
    waiting: { entries: state.waiting, oldestSeconds: state.oldestWaitingMs / 1_000 },
    strayEntries,
  }
}

/** Retention deletes many old blocks in several steps, so one more verification may not suffice. */
const MOST_VERIFICATIONS = 5

/**
 * If retention deletes blocks during the verification, verifies again, because the absence of these
 * blocks is no fault.
 */
const createVerify =
  (deps: ReadAuditDeps): ReadAudit['verify'] =>
  async (input) => {
    for (let verification = 1; ; verification += 1) {
      try {
        return await verifyOnce(deps, input)
      } catch (error) {
        if (!(error instanceof PrunedBeside) || verification === MOST_VERIFICATIONS) throw error
      }
    }
  }

export type ReadAuditDeps = { reader: AuditReader; signingKeys: Pick<SigningKeys, 'list'> }

const pageOf = (found: EntryPage | null): Page<ChainedEntry> | null =>
  found && { items: found.items, next: found.next && cursorOf(found.next) }

/**
 * `all` reads 500 entries at a time. `verify` reports at most 100 faults. If retention deletes
 * blocks during each of five verifications, `verify` throws `PrunedBeside`.
 */
export const createReadAudit = (deps: ReadAuditDeps): ReadAudit => ({
  list: async (caller, query, { limit, cursor }) => {
    const after = cursor === null ? null : markOf(cursor)
    if (cursor !== null && after === null) return null
    const filter = { ...query, viewer: viewerOf(caller) }
    return pageOf(await deps.reader.entries(filter, { after, limit }))
  },
  newest: async (caller, query, { limit, cursor }) => {
    const before = cursor === null ? null : markOf(cursor)
    if (cursor !== null && before === null) return null
    const filter = { ...query, viewer: viewerOf(caller) }
    return pageOf(await deps.reader.newest(filter, { before, limit }))
  },
  all: async function* (caller, query) {
    const filter = { ...query, viewer: viewerOf(caller) }
    for (let after: AuditMark | null = null; ;) {
      const page: EntryPage | null = await deps.reader.entries(filter, {
        after,
        limit: PAGE_ENTRIES,
      })
      yield page?.items ?? []
      after = page?.next ?? null
      if (after === null) return
    }
  },
  lines: async (caller, fromBlock) => {
    checkBegun(fromBlock, (await deps.reader.state()).block)
    return deps.reader.lines(viewerOf(caller), fromBlock, null)
  },
  verify: createVerify(deps),
})
