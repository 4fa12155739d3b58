import { createHash, createPublicKey, verify } from 'node:crypto'

/**
 * Verifies an export of the audit chain. This file needs only Node, so an auditor can read it and
 * run it elsewhere.
 *
 * An entry's hash is the SHA-256 of its canonical JSON, including its number. A block's header has:
 * - the number of the block, its time, and the id of the signing key
 * - the number of the first entry of the block, and how many entries the block has
 * - the SHA-256 of the hashes of these entries (hexadecimal, one line each)
 * - the hash of the previous block
 *
 * The canonical JSON of the header is hashed. It is also signed (Ed25519), with the line
 * `outbound-gateway audit-block` before it.
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
  /** In base64. */
  signature: string
  /** The hashes of all entries of the block, in order, including those of other tenants. */
  entryHashes: readonly string[]
}
export type ChainLine =
  /**
   * `whole`: the export has the entries of all tenants. `fromBlock`: the first block that the
   * caller requested.
   */
  | { type: 'export'; whole: boolean; fromBlock: number | null }
  | BlockLine
  | EntryLine
  /** The end of the export. If it is missing, the export was cut off. */
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

const NO_HASH = '0'.repeat(64)

const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex')

/** JSON without spaces. Members are in the order of their names (UTF-16 code units). */
const canonical = (value: unknown): string => {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`
}

/**
 * The hash of an entry, 64 hexadecimal digits. It does not cover `type`, which only exports have.
 */
export const hashOfEntry = ({ type: _type, ...entry }: EntryLine): string =>
  sha256Hex(canonical(entry))
/** The `entriesHash` of a header. `hashes`: those of all entries of the block, in their order. */
export const hashOfEntries = (hashes: readonly string[]): string => sha256Hex(hashes.join('\n'))
/** The text that is hashed and signed for a block. */
export const textOfHeader = (header: BlockHeader): string => canonical(header)
/** The hash of a block. The header of the next block contains it as `previous`. */
export const hashOfHeader = (header: BlockHeader): string => sha256Hex(textOfHeader(header))

export type Trusted = {
  /** Public keys as PEM, by their ids. */
  keys: ReadonlyMap<string, string>
  /**
   * Blocks with their hashes, as someone noted them outside of the database. The chain must contain
   * every noted block that is not older than the first block of the chain. If there are noted
   * blocks, the chain must contain at least one of them.
   */
  heads?: readonly NotedHead[]
}

export type NotedHead = { block: number; hash: string }

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
  /** Entries whose content was read and matches the chain. */
  entries: number
  firstBlock: number | null
  lastBlock: number | null
  lastHash: string | null
  faults: ChainFault[]
}

type Opened = { whole: boolean; fromBlock: number | null }
type Pruned = { throughBlock: unknown; throughHash: unknown }

/**
 * Whether an export may begin with this block. It may be the first block of all, or the block that
 * the caller requested. It may also be the block after deleted blocks, if the chain itself records
 * the deletion. Each recorded deletion counts, not only the last one: retention may delete blocks
 * again after the export has read them.
 */
const isBeginning = (
  { header: { block, previous, firstEntry } }: BlockLine,
  { fromBlock }: Opened,
  pruned: readonly Pruned[],
): boolean =>
  (block === 1 && previous === NO_HASH && firstEntry === 1) ||
  fromBlock === block ||
  pruned.some(
    ({ throughBlock, throughHash }) => throughBlock === block - 1 && throughHash === previous,
  )

/** Verifies an export, line by line in order. A fault does not end the verification. */
export class ChainVerifier {
  readonly #trusted: Trusted
  readonly #hashesOfHeads: ReadonlyMap<number, readonly string[]>
  readonly #faults: ChainFault[] = []
  #opened: Opened = { whole: true, fromBlock: null }
  #first: BlockLine | null = null
  #last: BlockLine | null = null
  #seen = new Set<number>()
  readonly #pruned: Pruned[] = []
  #blocks = 0
  #entries = 0
  #ended = false
  /** The numbers of noted blocks whose hash is in the chain. */
  readonly #headsSeen = new Set<number>()

  constructor(trusted: Trusted) {
    this.#trusted = trusted
    this.#hashesOfHeads = new Map(
      [...Map.groupBy(trusted.heads ?? [], ({ block }) => block)].map(([block, heads]) => [
        block,
        heads.map(({ hash }) => hash),
      ]),
    )
  }

  /** How many of the noted blocks are in the chain. */
  get headsSeen(): number {
    return this.#headsSeen.size
  }

  take(line: ChainLine): void {
    if (line.type === 'export') this.#opened = line
    else if (line.type === 'block') this.#takeBlock(line)
    else if (line.type === 'entry') this.#takeEntry(line)
    else this.#ended = this.#isEnd(line)
  }

  end(): Verdict {
    this.#closeBlock()
    if (this.#first && !isBeginning(this.#first, this.#opened, this.#pruned)) {
      this.#fault('beginning-missing')
    }
    if (!this.#ended) this.#fault('end-missing')
    const missing = this.#missingHead()
    if (missing !== null) this.#faults.push({ block: missing, entry: null, kind: 'head-missing' })
    return {
      blocks: this.#blocks,
      entries: this.#entries,
      firstBlock: this.#first?.header.block ?? null,
      lastBlock: this.#last?.header.block ?? null,
      lastHash: this.#last?.hash ?? null,
      faults: this.#faults,
    }
  }

  #fault(kind: FaultKind, entry: number | null = null): void {
    this.#faults.push({ block: this.#last?.header.block ?? 0, entry, kind })
  }

  #isEnd({ block, hash }: { block: number; hash: string }): boolean {
    // If the export begins after the end of the chain, it has no block.
    if (this.#last === null) return hash === NO_HASH
    return block === this.#last.header.block && hash === this.#last.hash
  }

  #takeBlock(line: BlockLine): void {
    this.#closeBlock()
    this.#ended = false
    const faults = faultsOfBlock(line, this.#last, this.#trusted)
    this.#last = line
    this.#first ??= line
    this.#seen = new Set()
    this.#blocks += 1
    for (const kind of faults) this.#fault(kind)
    this.#compareHeads(line)
  }

  #compareHeads({ header: { block }, hash }: BlockLine): void {
    const noted = this.#hashesOfHeads.get(block)
    if (noted?.every((one) => one === hash) === true) this.#headsSeen.add(block)
  }

  /**
   * The number of the first noted block whose hash is missing in the chain. Noted blocks that are
   * older than the chain do not count. If all noted blocks are older, the newest of them counts as
   * missing. null: no noted block is missing.
   */
  #missingHead(): number | null {
    const blocks = [...this.#hashesOfHeads.keys()].toSorted((a, b) => a - b)
    const first = this.#first?.header.block ?? 0
    const missing = blocks.find((block) => block >= first && !this.#headsSeen.has(block))
    if (missing !== undefined) return missing
    return this.#headsSeen.size === 0 ? (blocks.at(-1) ?? null) : null
  }

  #takeEntry(line: EntryLine): void {
    const hash = this.#last?.entryHashes[line.seq - this.#last.header.firstEntry]
    if (hash === undefined || this.#seen.has(line.seq)) {
      this.#fault('entry-unknown', line.seq)
      return
    }
    this.#seen.add(line.seq)
    if (hashOfEntry(line) !== hash) {
      this.#fault('entry-changed', line.seq)
      return
    }
    this.#entries += 1
    // A changed entry proves nothing, so only a genuine one counts as a record of a deletion. The
    // owner of the database can make a block for any entry, also for one without details.
    const { action, details } = line
    if (action === 'audit.pruned' && details) this.#pruned.push(details as Pruned)
  }

  /**
   * Records which entries are missing. Only an export of all tenants has every entry of its blocks.
   */
  #closeBlock(): void {
    if (this.#last === null || !this.#opened.whole) return
    // The hashes are counted, because a changed header may claim any number of entries.
    const { firstEntry } = this.#last.header
    const entries = this.#last.entryHashes.length
    for (let seq = firstEntry; seq < firstEntry + entries; seq += 1) {
      if (!this.#seen.has(seq)) this.#fault('entry-missing', seq)
    }
  }
}
