import { createHash, createPublicKey, verify } from 'node:crypto'

/**
 * Judges an export of the audit chain. This file needs nothing but Node: whoever audits the gateway can read it, and run it elsewhere.
 *
 * An entry's hash is the SHA-256 of its canonical JSON, its number included. A block's header names its first entry, how many there are,
 * the SHA-256 of their hashes (hexadecimal, a line each), and the hash of the block before. The header's canonical JSON is hashed, and
 * signed (Ed25519) after one line `outbound-gateway audit-block`.
 */
export type EntryLine = { type: 'entry'; seq: number } & Record<string, unknown>
export type BlockHeader = {
  block: number
  firstEntry: number
  entries: number
  entriesHash: string
  previous: string
  at: string
  keyId: string
}
export type BlockLine = {
  type: 'block'
  header: BlockHeader
  hash: string
  /** base64 */
  signature: string
  /** Of every entry of the block, in order, also of those of other tenants. */
  entryHashes: readonly string[]
}
export type ChainLine =
  /** `whole`: the entries of all tenants follow. `fromBlock`: where the export begins because the caller said so. */
  | { type: 'export'; whole: boolean; fromBlock: number | null }
  | BlockLine
  | EntryLine
  /** An export without it was cut off. */
  | { type: 'end'; block: number; hash: string }

export type ChainFault = { block: number; entry: number | null; kind: FaultKind }
type FaultKind =
  | 'block-missing'
  | 'block-changed'
  | 'link-broken'
  | 'signature-invalid'
  | 'key-unknown'
  | 'entries-changed'
  | 'entry-changed'
  | 'entry-missing'
  | 'entry-unknown'
  | 'beginning-missing'
  | 'end-missing'
  | 'head-missing'

export const NO_HASH = '0'.repeat(64)
export const HASH = /^[0-9a-f]{64}$/u

const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex')

/** JSON without spaces, members in the order of their names (UTF-16 code units). */
const canonical = (value: unknown): string => {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`
}

export const hashOfEntry = ({ type: _type, ...entry }: EntryLine): string =>
  sha256Hex(canonical(entry))
export const hashOfEntries = (hashes: readonly string[]): string => sha256Hex(hashes.join('\n'))
/** What is hashed and signed of a block. */
export const textOfHeader = (header: BlockHeader): string => canonical(header)
export const hashOfHeader = (header: BlockHeader): string => sha256Hex(textOfHeader(header))

export type Trusted = {
  /** Public keys as PEM, by their ids. */
  keys: ReadonlyMap<string, string>
  /** A block and its hash that somebody noted outside of the database: the chain must reach it. */
  head?: { block: number; hash: string }
}

const isSigned = (line: BlockLine, pem: string): boolean => {
  const text = `outbound-gateway audit-block\n${textOfHeader(line.header)}`
  return verify(
    null,
    Buffer.from(text),
    createPublicKey(pem),
    Buffer.from(line.signature, 'base64'),
  )
}

const faultsOfBlock = (line: BlockLine, last: BlockLine | null, trusted: Trusted): FaultKind[] => {
  const { header, entryHashes } = line
  const faults: FaultKind[] = []
  if (hashOfHeader(header) !== line.hash) faults.push('block-changed')
  if (hashOfEntries(entryHashes) !== header.entriesHash || entryHashes.length !== header.entries) {
    faults.push('entries-changed')
  }
  if (last !== null) {
    const next = last.header.firstEntry + last.header.entries
    if (header.block !== last.header.block + 1) faults.push('block-missing')
    if (header.previous !== last.hash || header.firstEntry !== next) faults.push('link-broken')
  }
  const pem = trusted.keys.get(header.keyId)
  if (pem === undefined) faults.push('key-unknown')
  else if (!isSigned(line, pem)) faults.push('signature-invalid')
  return faults
}

export type Verdict = {
  blocks: number
  /** Entries whose content was seen and is what was chained. */
  entries: number
  firstBlock: number | null
  lastBlock: number | null
  lastHash: string | null
  faults: ChainFault[]
}

/** One block with its entries at a time; a fault does not end it. */
export const createChainVerifier = (trusted: Trusted) => {
  const verdict: Verdict = {
    ...{ blocks: 0, entries: 0, firstBlock: null, lastBlock: null, lastHash: null, faults: [] },
  }
  let open: { whole: boolean; fromBlock: number | null } = { whole: true, fromBlock: null }
  let first: BlockLine | null = null
  let last: BlockLine | null = null
  let seen = new Set<number>()
  let pruned: { throughBlock: unknown; throughHash: unknown } | null = null
  let ended = false
  let headSeen = false
  const fault = (kind: FaultKind, entry: number | null = null): void => {
    verdict.faults.push({ block: last?.header.block ?? 0, entry, kind })
  }
  const closeBlock = (): void => {
    if (last === null || !open.whole) return
    const { firstEntry, entries } = last.header
    for (let seq = firstEntry; seq < firstEntry + entries; seq += 1) {
      if (!seen.has(seq)) fault('entry-missing', seq)
    }
  }
  const takeBlock = (line: BlockLine): void => {
    closeBlock()
    const faults = faultsOfBlock(line, last, trusted)
    last = line
    first ??= line
    seen = new Set()
    for (const kind of faults) fault(kind)
    const { block } = line.header
    if (trusted.head?.block === block) headSeen = trusted.head.hash === line.hash
    verdict.blocks += 1
    verdict.firstBlock ??= block
    verdict.lastBlock = block
    verdict.lastHash = line.hash
  }
  const takeEntry = (line: EntryLine): void => {
    const place = last === null ? -1 : line.seq - last.header.firstEntry
    const hash = last?.entryHashes[place]
    if (hash === undefined || seen.has(line.seq)) return fault('entry-unknown', line.seq)
    seen.add(line.seq)
    if (hashOfEntry(line) !== hash) return fault('entry-changed', line.seq)
    verdict.entries += 1
    if (line['action'] === 'audit.pruned') pruned = line['details'] as typeof pruned
  }
  const checkBeginning = (): void => {
    if (first === null) return
    const { block, previous, firstEntry } = first.header
    const isBeginning = block === 1 && previous === NO_HASH && firstEntry === 1
    const isAsked = open.fromBlock !== null && open.fromBlock === block
    const isPruned = pruned?.throughBlock === block - 1 && pruned.throughHash === previous
    if (!isBeginning && !isAsked && !isPruned) fault('beginning-missing')
  }
  return {
    take: (line: ChainLine): void => {
      if (line.type === 'export') open = line
      else if (line.type === 'block') takeBlock(line)
      else if (line.type === 'entry') takeEntry(line)
      else ended = line.block === (last?.header.block ?? 0) && line.hash === (last?.hash ?? NO_HASH)
    },
    end: (): Verdict => {
      closeBlock()
      checkBeginning()
      if (!ended) fault('end-missing')
      if (trusted.head !== undefined && !headSeen) fault('head-missing')
      return verdict
    },
  }
}
